#include "frontend/sn_kernels.h"

#define HALF_BANDS (SN_MEL_BANDS / 2u)
#define ROUNDING_SHIFT 18u

static int32_t rounded(int64_t sum) {
    return (int32_t)((sum + (1 << (ROUNDING_SHIFT - 1u))) >> ROUNDING_SHIFT);
}

// Coefficients k and k + 2, which see the same values: each is loaded once.
static void cosine_sums(int32_t *sums, const int32_t *values, const int16_t *cosines) {
    const int16_t *other = cosines + 2u * HALF_BANDS;
    int64_t sum = 0;
    int64_t other_sum = 0;
    for (uint32_t n = 0u; n < HALF_BANDS; n++) {
        sum += (int64_t)values[n] * cosines[n];
        other_sum += (int64_t)values[n] * other[n];
    }
    sums[0] = rounded(sum);
    sums[2] = rounded(other_sum);
}

// Bands and their mirror images: the sums go to the lower half, the differences to the upper one.
static void fold(int32_t *log_mel) {
    for (uint32_t n = 0u; n < HALF_BANDS / 2u; n++) {
        int32_t *left = log_mel + n;
        int32_t *left_end = log_mel + HALF_BANDS - 1u - n;
        int32_t *right = left + HALF_BANDS;
        int32_t *right_end = left_end + HALF_BANDS;
        const int32_t outer = *left - *right_end;
        const int32_t inner = *left_end - *right;
        *left += *right_end;
        *left_end += *right;
        *right = outer;
        *right_end = inner;
    }
}

void sn_dct(int32_t *sums, int32_t *log_mel, const int16_t *cosines) {
    fold(log_mel);
    for (uint32_t k = 0u; k < SN_COEFFICIENTS; k += 4u) {
        cosine_sums(sums + k, log_mel, cosines + k * HALF_BANDS);
        cosine_sums(sums + k + 1u, log_mel + HALF_BANDS, cosines + (k + 1u) * HALF_BANDS);
    }
}
