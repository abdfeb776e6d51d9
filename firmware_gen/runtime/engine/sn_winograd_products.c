#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#if !SN_DSP

static inline uint32_t product(uint32_t a, uint32_t b) {
    const int32_t low = (int16_t)(uint16_t)a * (int16_t)(uint16_t)b;
    const int32_t high = (int16_t)(uint16_t)(a >> 16) * (int16_t)(uint16_t)(b >> 16);
    return (uint32_t)low + (uint32_t)high;
}

// One point of one tile and output channel; the weights of the pairs lie `step` words apart.
static uint32_t sum_point(const uint32_t *values, const uint32_t *weights, uint32_t pairs,
                          uint32_t tiles, uint32_t step) {
    uint32_t sum = values[0];
    for (uint32_t pair = 0; pair < pairs; ++pair) {
        sum += product(values[(pair + 1) * tiles], weights[pair * step]);
    }
    return sum;
}

void sn_winograd_products_stored(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                                 uint32_t pairs, uint32_t tiles) {
    const uint32_t lanes = tiles == 3 ? 2 : 4;
    const uint32_t tile_step = tiles == 3 ? 2 : 1;
    const uint32_t lane_step = tiles == 3 ? 1 : tiles;
    for (uint32_t point = 0; point < SN_WINOGRAD_POINTS; ++point) {
        for (uint32_t set = 0; set < tiles * lanes; ++set) {
            const uint32_t tile = set % tiles;
            const uint32_t lane = set / tiles;
            const uint32_t place = tile * tile_step + lane * lane_step;
            sums[place * SN_WINOGRAD_POINTS + point] =
                sum_point(values + tile, weights + lane, pairs, tiles, 4);
        }
        values += (1 + pairs) * tiles;
        weights += 4 * pairs;
    }
}

void sn_winograd_products_made(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                               uint32_t pairs, uint32_t tiles) {
    for (uint32_t point = 0; point < SN_WINOGRAD_POINTS; ++point) {
        const uint32_t *const first = weights + point / 6 * pairs * 12 + point % 6 * 2;
        for (uint32_t set = 0; set < 2 * tiles; ++set) {
            sums[set * SN_WINOGRAD_POINTS + point] =
                sum_point(values + set / 2, first + set % 2, pairs, tiles, 12);
        }
        values += (1 + pairs) * tiles;
    }
}

#endif
