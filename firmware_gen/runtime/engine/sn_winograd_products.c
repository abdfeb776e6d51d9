#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#ifndef SN_WINOGRAD_DSP

static inline uint32_t product(uint32_t a, uint32_t b) {
    const int32_t low = (int16_t)(uint16_t)a * (int16_t)(uint16_t)b;
    const int32_t high = (int16_t)(uint16_t)(a >> 16) * (int16_t)(uint16_t)(b >> 16);
    return (uint32_t)low + (uint32_t)high;
}

void sn_winograd_products(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                          uint32_t pairs, uint32_t tiles, uint32_t lanes) {
    const uint32_t used = tiles < 3 ? lanes : 2;
    const uint32_t tile_step = used == 4 ? 1 : 2;
    const uint32_t lane_step = used == 4 ? tiles : 1;
    for (uint32_t point = 0; point < SN_WINOGRAD_POINTS; ++point) {
        for (uint32_t set = 0; set < tiles * used; ++set) {
            const uint32_t tile = set % tiles;
            const uint32_t lane = set / tiles;
            uint32_t sum = 0;
            for (uint32_t pair = 0; pair < pairs; ++pair) {
                sum += product(values[pair * tiles + tile], weights[pair * lanes + lane]);
            }
            const uint32_t place = tile * tile_step + lane * lane_step;
            sums[place * SN_WINOGRAD_POINTS + point] = sum;
        }
        values += pairs * tiles;
        weights += pairs * lanes;
    }
}

#endif
