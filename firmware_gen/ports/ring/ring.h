// A receiver that never stops: hardware writes what comes into a ring while the core computes, and
// the core asks how much that was. So the link keeps up to a whole ring of bytes that came
// meanwhile.
#ifndef SN_RING_H
#define SN_RING_H

#include <stdbool.h>
#include <stdint.h>

#define SN_RING_BITS 11u
#define SN_RING_BYTES (1u << SN_RING_BITS)

// --- What a port brings ---

// The ring, aligned as the hardware wants it.
extern uint8_t sn_ring[SN_RING_BYTES];

// Starts the hardware at the ring's first byte, with nothing received.
void sn_ring_receive(void);

// Puts the number of bytes that came since that start, modulo 2^32, into `count`; false when they
// did not all go where they belong.
bool sn_ring_received(uint32_t *count);

// --- What it gets ---

void sn_ring_start(void);

// As sn_port_read.
uint32_t sn_ring_read(uint8_t *bytes, uint32_t capacity);

// Bytes that were overwritten before they were read.
uint32_t sn_ring_overruns(void);

#endif
