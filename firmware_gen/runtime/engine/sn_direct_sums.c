#include "engine/sn_direct_sums.h"

#if defined(__SSE2__)
#include <emmintrin.h>

// The halves of 16 int8, as int16.
typedef struct {
    __m128i low;
    __m128i high;
} wide;

static inline wide widen(const int8_t *values) {
    const void *const source = values;
    const __m128i bytes = _mm_loadu_si128((const __m128i *)source);
    return (wide){_mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8),
                  _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8)};
}

static inline __m128i add_products(__m128i sums, wide a, wide b) {
    const __m128i low = _mm_madd_epi16(a.low, b.low);
    return _mm_add_epi32(sums, _mm_add_epi32(low, _mm_madd_epi16(a.high, b.high)));
}

static inline int32_t total(__m128i sums) {
    const __m128i pairs = _mm_add_epi32(sums, _mm_srli_si128(sums, 8));
    return _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_srli_si128(pairs, 4)));
}

void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums) {
    __m128i a0 = _mm_setzero_si128();
    __m128i a1 = a0;
    __m128i b0 = a0;
    __m128i b1 = a0;
    __m128i c0 = a0;
    __m128i c1 = a0;
    for (; blocks; --blocks, patch += 3 * SN_DIRECT_BLOCK, weights += 2 * SN_DIRECT_BLOCK) {
        const wide w0 = widen(weights);
        const wide w1 = widen(weights + SN_DIRECT_BLOCK);
        const wide a = widen(patch);
        a0 = add_products(a0, a, w0);
        a1 = add_products(a1, a, w1);
        const wide b = widen(patch + SN_DIRECT_BLOCK);
        b0 = add_products(b0, b, w0);
        b1 = add_products(b1, b, w1);
        const wide c = widen(patch + 2 * SN_DIRECT_BLOCK);
        c0 = add_products(c0, c, w0);
        c1 = add_products(c1, c, w1);
    }
    sums[0] = total(a0);
    sums[1] = total(a1);
    sums[2] = total(b0);
    sums[3] = total(b1);
    sums[4] = total(c0);
    sums[5] = total(c1);
}
#elif !SN_DSP && !SN_V6M

// Four times the loop's body is faster where the registers suffice: not on a Cortex-M0+.
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define UNROLLED 1u
#else
#define UNROLLED 4u
#endif

typedef struct {
    int32_t a0;
    int32_t a1;
    int32_t b0;
    int32_t b1;
    int32_t c0;
    int32_t c1;
} block_sums;

static inline block_sums add_products(block_sums sums, const int8_t *patch, const int8_t *weights) {
    const int32_t w0 = weights[0];
    const int32_t w1 = weights[SN_DIRECT_BLOCK];
    const int32_t a = patch[0];
    sums.a0 += w0 * a;
    sums.a1 += w1 * a;
    const int32_t b = patch[SN_DIRECT_BLOCK];
    sums.b0 += w0 * b;
    sums.b1 += w1 * b;
    const int32_t c = patch[2 * SN_DIRECT_BLOCK];
    sums.c0 += w0 * c;
    sums.c1 += w1 * c;
    return sums;
}

void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums) {
    block_sums all = {0, 0, 0, 0, 0, 0};
    for (; blocks; --blocks) {
        for (uint32_t i = 0; i < SN_DIRECT_BLOCK; i += UNROLLED) {
            all = add_products(all, patch, weights);
#if UNROLLED == 4u
            all = add_products(all, patch + 1, weights + 1);
            all = add_products(all, patch + 2, weights + 2);
            all = add_products(all, patch + 3, weights + 3);
#endif
            patch += UNROLLED;
            weights += UNROLLED;
        }
        patch += 2 * SN_DIRECT_BLOCK;
        weights += SN_DIRECT_BLOCK;
    }
    sums[0] = all.a0;
    sums[1] = all.a1;
    sums[2] = all.b0;
    sums[3] = all.b1;
    sums[4] = all.c0;
    sums[5] = all.c1;
}
#endif
