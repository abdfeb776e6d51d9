#include "engine/sn_first_layer_sums.h"

#define COLUMNS SN_FIRST_LAYER_COLUMNS

// The places of a step's two words in the stream: the bias stands between those of step 1.
#define WEIGHTS(step) (2 * (step) + ((step) > 1 ? 1u : 0u))
#define DIFFERENCES(step) (2 * (step) + 1 + ((step) > 0 ? 1u : 0u))
#define BIAS 3

#if defined(__SSE2__)
#include <emmintrin.h>

static __m128i add_products(__m128i sums, __m128i words, int32_t weights) {
    return _mm_add_epi32(sums, _mm_madd_epi16(words, _mm_set1_epi32(weights)));
}

void sn_first_layer_sums(const uint32_t *words, const int32_t *stream, uint32_t steps,
                         int32_t *sums) {
    __m128i first = _mm_set1_epi32(stream[BIAS]);
    __m128i change = _mm_setzero_si128();
    for (uint32_t step = 0; step < steps; ++step) {
        const void *const source = words + COLUMNS * step;
        const __m128i values = _mm_loadu_si128((const __m128i *)source);
        first = add_products(first, values, stream[WEIGHTS(step)]);
        change = add_products(change, values, stream[DIFFERENCES(step)]);
    }
    const __m128i second = _mm_add_epi32(first, change);
    void *const target = sums;
    _mm_storeu_si128((__m128i *)target, _mm_unpacklo_epi32(first, second));
    _mm_storeu_si128((__m128i *)target + 1, _mm_unpackhi_epi32(first, second));
}
#else

// Sums may wrap: only those that a pool reads are sums of the convolution.
static inline uint32_t add_products(uint32_t sum, uint32_t words, int32_t weights) {
    const int32_t low = (int16_t)(words & 0xffffu) * (int16_t)weights;
    const int32_t high = (int16_t)(words >> 16) * (int16_t)(weights >> 16);
    return sum + (uint32_t)low + (uint32_t)high;
}

void sn_first_layer_sums(const uint32_t *words, const int32_t *stream, uint32_t steps,
                         int32_t *sums) {
    for (uint32_t column = 0; column < COLUMNS; ++column) {
        uint32_t first = (uint32_t)stream[BIAS];
        uint32_t change = 0;
        for (uint32_t step = 0; step < steps; ++step) {
            const uint32_t values = words[COLUMNS * step + column];
            first = add_products(first, values, stream[WEIGHTS(step)]);
            change = add_products(change, values, stream[DIFFERENCES(step)]);
        }
        sums[2 * column] = (int32_t)first;
        sums[2 * column + 1] = (int32_t)(first + change);
    }
}
#endif
