// A stream of the DMA controllers of the F2, F4 and F7 that fills the ring, round and round.
// Registers: RM0390 9.5, RM0410 8.5.
#ifndef SN_STM32F4F7_STREAM_H
#define SN_STM32F4F7_STREAM_H

#include <stdbool.h>
#include <stdint.h>

// `dma`: the controller's base address. `stream` 0..7 and `channel` 0..7 of the request: RM0390
// tables 28 and 29, RM0410 tables 26 and 27.
typedef struct sn_stream {
    uint32_t dma;
    uint32_t stream;
    uint32_t channel;
} sn_stream;

// Whether the stream keeps what is written to it: QEMU has no DMA. The clock must be on.
bool sn_stream_is_there(const sn_stream *stream);

// Writes every byte that the peripheral's data register at address `source` asks to be fetched into
// sn_ring.
void sn_stream_start(const sn_stream *stream, uint32_t source);

// How many bytes it has written since its start, modulo 2^32. To be asked once in each turn round
// the ring: of two or more it sees one.
uint32_t sn_stream_received(const sn_stream *stream);

#endif
