// What a port with a microphone provides beside sn_port.h. A firmware has it, and calls any of
// this, only where SN_MICROPHONE of sn_config.h is 1: built with --live for such a board.
#ifndef SN_MICROPHONE_H
#define SN_MICROPHONE_H

#include <stdbool.h>
#include <stdint.h>

// Starts to listen: one channel, 16,000 samples a second; what comes before the sound has settled
// is dropped.
void sn_microphone_start(void);

// Stops listening; what was not read is lost. Does nothing when nobody listens.
void sn_microphone_stop(void);

// Copies samples that have come, the oldest first, `capacity` at most; returns how many, and never
// waits. The port keeps at least 256 ms for a caller that is busy.
uint32_t sn_microphone_read(int16_t *samples, uint32_t capacity);

// Samples since the start for which there was no room, because nobody read in time.
uint32_t sn_microphone_lost(void);

// Memory that nothing else uses: room for a recording of `capacity` samples.
int16_t *sn_microphone_room(uint32_t *capacity);

// Whether sn_port_read would return at once.
bool sn_port_has_bytes(void);

#endif
