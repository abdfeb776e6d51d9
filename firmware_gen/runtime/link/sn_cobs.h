// Consistent Overhead Byte Stuffing: any bytes in, bytes without a zero out.
#ifndef SN_COBS_H
#define SN_COBS_H

#include <stdint.h>

// Most bytes that encoding adds to `count` bytes.
#define SN_COBS_OVERHEAD(count) ((count) / 254u + 1u)

// Encodes `count` bytes; returns the encoded length. `encoded` needs room for
// count + SN_COBS_OVERHEAD(count). The two may overlap if `bytes` begins at least
// SN_COBS_OVERHEAD(count) after `encoded`.
uint32_t sn_cobs_encode(uint8_t *encoded, const uint8_t *bytes, uint32_t count);

// Decodes `count` bytes in place; returns the decoded length, 0 where they are no COBS.
// The bytes hold no zero.
uint32_t sn_cobs_decode(uint8_t *bytes, uint32_t count);

#endif
