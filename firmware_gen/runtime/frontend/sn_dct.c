#include "engine/sn_dsp.h"
#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define HALF_BANDS (SN_MEL_BANDS / 2u)
#define QUARTER_BANDS (SN_MEL_BANDS / 4u)
#define ROUNDING_SHIFT 18u

static int32_t rounded(int64_t sum) {
    return (int32_t)((sum + (1 << (ROUNDING_SHIFT - 1u))) >> ROUNDING_SHIFT);
}

#if SN_DSP
// Sums of products of `count` values (a multiple of 8) with the rows of two coefficients, which
// are 64 cosines apart. Two values and two cosines of each row are loaded before they are used:
// a load right after another takes one cycle instead of two.
#define SN_TWO_PRODUCTS(offset)                                                                    \
    "ldr r8, [r1], #4\n\t"                                                                         \
    "ldr r9, [r1], #4\n\t"                                                                         \
    "ldrsh r10, [r2, #128 + " #offset "]\n\t"                                                      \
    "ldrsh r11, [r2, #128 + " #offset " + 2]\n\t"                                                  \
    "ldrsh r12, [r2, #" #offset "]\n\t"                                                            \
    "ldrsh lr, [r2, #" #offset " + 2]\n\t"                                                         \
    "smlal r6, r7, r8, r10\n\t"                                                                    \
    "smlal r6, r7, r9, r11\n\t"                                                                    \
    "smlal r4, r5, r8, r12\n\t"                                                                    \
    "smlal r4, r5, r9, lr\n\t"

#define SN_COSINE_SUMS(count)                                                                      \
    static SN_NAKED void sums_of_##count(int64_t *sums __attribute__((unused)),                    \
                                         const int32_t *values __attribute__((unused)),            \
                                         const int16_t *cosines __attribute__((unused))) {         \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "mov r4, #0\n\t"                                                                   \
                "mov r5, #0\n\t"                                                                   \
                "mov r6, #0\n\t"                                                                   \
                "mov r7, #0\n\t"                                                                   \
                "add r3, r1, #4 * " #count "\n"                                                    \
                "1:\n\t" SN_TWO_PRODUCTS(0) SN_TWO_PRODUCTS(4) SN_TWO_PRODUCTS(8)                  \
                    SN_TWO_PRODUCTS(12) /* */                                                      \
                "cmp r1, r3\n\t"                                                                   \
                "add r2, r2, #16\n\t"                                                              \
                "bne 1b\n\t"                                                                       \
                "stmia r0, {r4-r7}\n\t"                                                            \
                "pop {r4-r11, pc}");                                                               \
    }

SN_COSINE_SUMS(64)
SN_COSINE_SUMS(32)
#else
#if SN_NARROW
// In parts of 10 bits with their sign, 9 and 9, so that each sum stays below 2^31: the values lie
// within +-2^27.
SN_APART int64_t cosine_sum(const int32_t *values, const int16_t *cosines, uint32_t count) {
    int32_t high = 0;
    int32_t middle = 0;
    int32_t low = 0;
    for (const int32_t *end = values + count; values != end; values++) {
        const int32_t value = *values;
        const int32_t cosine = *cosines;
        high += sn_shift_down(value, 18u) * cosine;
        middle += (int32_t)(((uint32_t)value << 14) >> 23) * cosine;
        low += (value & 0x1FF) * cosine;
        cosines++;
    }
    return (int64_t)high * (1 << 18) + (int64_t)middle * (1 << 9) + low;
}
#else
static int64_t cosine_sum(const int32_t *values, const int16_t *cosines, uint32_t count) {
    int64_t sum = 0;
    for (uint32_t n = 0u; n < count; n++) {
        sum += (int64_t)values[n] * cosines[n];
    }
    return sum;
}
#endif

static void sums_of_64(int64_t *sums, const int32_t *values, const int16_t *cosines) {
    sums[0] = cosine_sum(values, cosines, 64u);
    sums[1] = cosine_sum(values, cosines + 64, 64u);
}

static void sums_of_32(int64_t *sums, const int32_t *values, const int16_t *cosines) {
    sums[0] = cosine_sum(values, cosines, 32u);
    sums[1] = cosine_sum(values, cosines + 64, 32u);
}
#endif

// Values and their mirror images: the sums go to the lower half, the differences to the upper one.
static void fold(int32_t *values, uint32_t half) {
    for (uint32_t n = 0u; n < half / 2u; n++) {
        int32_t *left = values + n;
        int32_t *left_end = values + half - 1u - n;
        int32_t *right = left + half;
        int32_t *right_end = left_end + half;
        const int32_t outer = *left - *right_end;
        const int32_t inner = *left_end - *right;
        *left += *right_end;
        *left_end += *right;
        *right = outer;
        *right_end = inner;
    }
}

// The cosines of an even coefficient mirror at half the bands, those of every fourth one also at a
// quarter; those between change their sign there.
void sn_dct(int32_t *sums, int32_t *log_mel, const sn_frontend *frontend) {
    fold(log_mel, HALF_BANDS);
    fold(log_mel, QUARTER_BANDS);
    int64_t pair[2];
    for (uint32_t k = 1u; k < SN_COEFFICIENTS; k += 4u) {
        sums_of_64(pair, log_mel + HALF_BANDS, frontend->odd_cosines + k / 2u * HALF_BANDS);
        sums[k] = rounded(pair[0]);
        sums[k + 2u] = rounded(pair[1]);
    }
    for (uint32_t k = 0u; k < SN_COEFFICIENTS; k += k % 8u == 0u ? 2u : 6u) {
        const int32_t *values = k % 8u == 0u ? log_mel : log_mel + QUARTER_BANDS;
        sums_of_32(pair, values, frontend->even_cosines + k / 2u * QUARTER_BANDS);
        sums[k] = rounded(pair[0]);
        sums[k + 4u] = rounded(pair[1]);
    }
}
