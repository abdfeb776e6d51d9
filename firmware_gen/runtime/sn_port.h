// What a microcontroller family's port provides to the runtime; implemented in ports/<family>/.
#ifndef SN_PORT_H
#define SN_PORT_H

#include <stdint.h>

// Starts clocks, FPU, cycle counter and the serial link. Called once, first.
void sn_port_init(void);

// Waits until at least one byte is there; returns how many (1..capacity) were put into `bytes`.
// 0 means that the link is closed for good (posix only) and that the firmware should end.
uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity);

// Sends `count` bytes and returns when `bytes` may be reused.
void sn_port_write(const uint8_t *bytes, uint32_t count);

// Bytes that the receiver lost since the start (overrun or framing errors).
uint32_t sn_port_overruns(void);

// A free-running counter, and its rate; the rate is 0 where the board has no clock.
uint32_t sn_port_ticks(void);
uint32_t sn_port_ticks_per_second(void);

#endif
