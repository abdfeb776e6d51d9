// Little-endian numbers in byte buffers, without alignment or byte order of the machine.
#ifndef SN_BYTES_H
#define SN_BYTES_H

#include <stdint.h>

static inline uint32_t sn_get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline int16_t sn_get_s16(const uint8_t *bytes) {
    const int32_t word = (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8);
    return (int16_t)(word >= 0x8000 ? word - 0x10000 : word);
}

static inline void sn_put_u32(uint8_t *bytes, uint32_t value) {
    for (uint32_t index = 0; index < 4u; index++) {
        bytes[index] = (uint8_t)(value >> (8u * index));
    }
}

#endif
