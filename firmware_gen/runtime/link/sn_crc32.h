// CRC-32 as in zlib and Ethernet (polynomial 0x04C11DB7, reflected, inverted at both ends).
#ifndef SN_CRC32_H
#define SN_CRC32_H

#include <stdint.h>

// Continues `crc` (0 at the start) over `count` bytes; same values as Python's zlib.crc32.
uint32_t sn_crc32(uint32_t crc, const uint8_t *bytes, uint32_t count);

#endif
