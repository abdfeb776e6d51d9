#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define LOG_BITS 20u

int32_t sn_log2(uint64_t value, const uint32_t *table) {
    const uint32_t exponent = sn_bit_length_64(value) - 1u;
    const uint32_t mantissa = exponent > 31u ? (uint32_t)(value >> (exponent - 31u))
                                             : (uint32_t)value << (31u - exponent);
    const uint32_t *entry = table + ((mantissa >> 23) & 0xFFu);
    const uint32_t fraction = (mantissa >> 7) & 0xFFFFu;
    const uint32_t part = entry[0] + (((entry[1] - entry[0]) * fraction) >> 16);
    return (int32_t)((exponent << LOG_BITS) + part);
}
