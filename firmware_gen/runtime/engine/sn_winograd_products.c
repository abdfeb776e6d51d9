#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#if !SN_DSP && !SN_V6M

// Both outputs of one point of `tiles` (1 to 4) tiles: sums[tile * tile_step + output *
// output_step]. The weights of the pairs lie `step` words apart, those of the two outputs side by
// side.
typedef struct {
    const uint32_t *values;
    const uint32_t *weights;
    uint32_t pairs;
    uint32_t step;
    uint32_t *sums;
    uint32_t tile_step;
    uint32_t output_step;
} point;

#if defined(__SSE2__)
#include <emmintrin.h>

static inline __m128i two_words(const uint32_t *words) {
    const void *const source = words;
    return _mm_loadl_epi64((const __m128i *)source);
}

// Words (a, b) of one tile or two as (a, a, b, b), times (u, v, u, v).
static inline __m128i add_products(__m128i sums, __m128i values, __m128i weights) {
    const __m128i twice = _mm_unpacklo_epi32(values, values);
    return _mm_add_epi32(sums, _mm_madd_epi16(twice, weights));
}

static inline void store(const point *made, uint32_t tile, uint32_t tiles, __m128i sums) {
    for (uint32_t t = tile; t < tiles && t < tile + 2; ++t) {
        const uint32_t start = made->values[t];
        uint32_t *const to = made->sums + t * made->tile_step;
        to[0] = start + (uint32_t)_mm_cvtsi128_si32(sums);
        to[made->output_step] = start + (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(sums, 4));
        sums = _mm_srli_si128(sums, 8);
    }
}

static inline void sum_tiles(const point *made, uint32_t tiles) {
    __m128i first = _mm_setzero_si128();
    __m128i second = first;
    const uint32_t *values = made->values + tiles;
    const uint32_t *weights = made->weights;
    for (uint32_t pair = 0; pair < made->pairs; ++pair, values += tiles, weights += made->step) {
        const __m128i two = two_words(weights);
        const __m128i both = _mm_unpacklo_epi64(two, two);
        const __m128i one = _mm_cvtsi32_si128((int)values[tiles % 2 ? tiles - 1 : 0]);
        if (tiles == 1) {
            first = add_products(first, one, both);
        } else {
            first = add_products(first, two_words(values), both);
        }
        if (tiles == 3) {
            second = add_products(second, one, both);
        } else if (tiles == 4) {
            second = add_products(second, two_words(values + 2), both);
        }
    }
    store(made, 0, tiles, first);
    store(made, 2, tiles, second);
}

#else

static inline uint32_t product(uint32_t a, uint32_t b) {
    const int32_t low = (int16_t)(uint16_t)a * (int16_t)(uint16_t)b;
    const int32_t high = (int16_t)(uint16_t)(a >> 16) * (int16_t)(uint16_t)(b >> 16);
    return (uint32_t)low + (uint32_t)high;
}

static inline void sum_tiles(const point *made, uint32_t tiles) {
    for (uint32_t tile = 0; tile < tiles; ++tile) {
        const uint32_t *values = made->values + tiles + tile;
        const uint32_t *weights = made->weights;
        uint32_t first = made->values[tile];
        uint32_t second = first;
        for (uint32_t pair = 0; pair < made->pairs; ++pair) {
            first += product(*values, weights[0]);
            second += product(*values, weights[1]);
            values += tiles;
            weights += made->step;
        }
        made->sums[tile * made->tile_step] = first;
        made->sums[tile * made->tile_step + made->output_step] = second;
    }
}

#endif

// The compiler sees the number of tiles as a constant.
static void sum_point(const point *made, uint32_t tiles) {
    switch (tiles) {
    case 1:
        sum_tiles(made, 1);
        break;
    case 2:
        sum_tiles(made, 2);
        break;
    case 3:
        sum_tiles(made, 3);
        break;
    default:
        sum_tiles(made, 4);
        break;
    }
}

void sn_winograd_products_stored(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                                 uint32_t pairs, uint32_t tiles, uint32_t points) {
    const uint32_t outputs = tiles == 3 ? 2 : 4;
    const uint32_t tile_step = (tiles == 3 ? 2 : 1) * SN_WINOGRAD_SUMS;
    const uint32_t output_step = (tiles == 3 ? 1 : tiles) * SN_WINOGRAD_SUMS;
    for (uint32_t i = 0; i < points; ++i) {
        for (uint32_t output = 0; output < outputs; output += 2) {
            const point made = {
                values,    weights + output, pairs, 4, sums + output * output_step + i,
                tile_step, output_step};
            sum_point(&made, tiles);
        }
        values += (1 + pairs) * tiles;
        weights += 4 * pairs;
    }
}

void sn_winograd_products_made(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                               const sn_winograd_grid *grid) {
    const uint32_t step = 2 * grid->columns;
    for (uint32_t i = 0; i < grid->rows * grid->points; ++i) {
        const uint32_t *const first =
            weights + i / grid->points * grid->pairs * step + i % grid->points * 2;
        const point made = {
            values, first, grid->pairs, step, sums + i, 2 * SN_WINOGRAD_SUMS, SN_WINOGRAD_SUMS};
        sum_point(&made, grid->tiles);
        values += (1 + grid->pairs) * grid->tiles;
    }
}

#endif
