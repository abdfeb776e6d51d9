#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define HALF_BANDS (SN_MEL_BANDS / 2u)
#define ROUNDING_SHIFT 18u

static int32_t cosine_sum(const int32_t *values, const int16_t *cosines) {
    int64_t sum = 1 << (ROUNDING_SHIFT - 1u);
    for (uint32_t n = 0u; n < HALF_BANDS; n++) {
        sum += (int64_t)values[n] * cosines[n];
    }
    return (int32_t)(sum >> ROUNDING_SHIFT);
}

void sn_dct(int32_t *sums, int32_t *log_mel, const int16_t *cosines) {
    // Even coefficients see the bands' sums with their mirror images, odd ones the differences.
    for (uint32_t n = 0u; n < HALF_BANDS; n++) {
        const int32_t low = log_mel[n];
        const int32_t high = log_mel[SN_MEL_BANDS - 1u - n];
        log_mel[n] = low + high;
        log_mel[SN_MEL_BANDS - 1u - n] = low - high;
    }
    // The differences lie mirrored in the upper half; put them in order.
    for (uint32_t n = 0u; n < HALF_BANDS / 2u; n++) {
        int32_t *left = log_mel + HALF_BANDS + n;
        int32_t *right = log_mel + SN_MEL_BANDS - 1u - n;
        const int32_t kept = *left;
        *left = *right;
        *right = kept;
    }
    for (uint32_t k = 0u; k < SN_COEFFICIENTS; k++) {
        const int32_t *values = k % 2u == 0u ? log_mel : log_mel + HALF_BANDS;
        sums[k] = cosine_sum(values, cosines + k * HALF_BANDS);
    }
}
