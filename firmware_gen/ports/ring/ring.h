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

// Starts the hardware at the ring's first byte, with nothing received. The port calls it first,
// sn_ring_read again where bytes were lost.
void sn_ring_receive(void);

// How many bytes came since that start, behind the first `taken` of them; counts wrap at 2^32. With
// SN_RING_BROKEN when they did not all go where they belong.
uint32_t sn_ring_received(uint32_t taken);
#define SN_RING_BROKEN 0x80000000u

// --- What it gets ---

// As sn_port_read.
uint32_t sn_ring_read(uint8_t *bytes, uint32_t capacity);

// Whether sn_ring_read would return at once.
bool sn_ring_has_bytes(void);

// As sn_port_overruns: bytes that were overwritten before they were read, and those that the port
// knows of; `more` of these came since the last call.
uint32_t sn_ring_overruns(uint32_t more);

#endif
