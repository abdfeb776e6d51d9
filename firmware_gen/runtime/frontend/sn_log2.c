#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// Before the block shift a mel sum of 1.0 is 2^MEL_BITS: 15 bits of sample and of weight, less 10
// for the spectrum / 1024 and 1 for the window.
#define MEL_BITS 19u
#define SAMPLE_BITS 15u
#define EPSILON_BITS 50u
#define LOG_BITS 20u

// The logarithm of `mantissa` / 2^31, which is 1.0 at least.
SN_INLINE uint32_t log2_of(uint32_t mantissa, const uint32_t *table) {
    const uint32_t *entry = table + ((mantissa << 1) >> 24);
    const uint32_t fraction = (mantissa >> 7) & 0xFFFFu;
    return entry[0] + (((entry[1] - entry[0]) * fraction) >> 16);
}

SN_INLINE int32_t log2_of_words(uint32_t high, uint32_t low, const uint32_t *table) {
    if (high == 0u) {
        const uint32_t shift = (uint32_t)__builtin_clz(low);
        return (int32_t)(((31u - shift) << LOG_BITS) + log2_of(low << shift, table));
    }
    const uint32_t shift = (uint32_t)__builtin_clz(high);
    return (int32_t)(((63u - shift) << LOG_BITS) + log2_of(sn_high_word(high, low, shift), table));
}

int32_t sn_log2(uint32_t value, const uint32_t *table) {
    return log2_of_words(0u, value, table);
}

void sn_log2_mel(int32_t *log_mel, const sn_point *sums, uint32_t shift, const sn_level *level,
                 const sn_frontend *frontend) {
    // `shift` is 15..47, so that epsilon stays below 2^63.
    const uint64_t epsilon = ((uint64_t)level->epsilon << (shift - SAMPLE_BITS)) >>
                             (EPSILON_BITS - MEL_BITS - SAMPLE_BITS);
    const int32_t unit = (int32_t)((MEL_BITS + shift) << LOG_BITS) + level->log2;
    for (uint32_t band = 0u; band < SN_MEL_BANDS; band++) {
        const uint64_t sum =
            epsilon + ((uint64_t)(uint32_t)sums[band].imaginary << 32 | (uint32_t)sums[band].real);
        log_mel[band] =
            log2_of_words((uint32_t)(sum >> 32), (uint32_t)sum, frontend->logarithms) - unit;
    }
}
