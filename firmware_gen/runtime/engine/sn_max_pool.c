#include "engine/sn_max_pool.h"

#include "engine/sn_pool_window.h"
#include "engine/sn_requantize.h"

static int32_t window_max(const sn_pool *pool, const int8_t *const *rows, uint32_t offset,
                          uint32_t columns) {
    int32_t largest = INT8_MIN;
    for (uint32_t i = 0; i < pool->kernel_rows; ++i) {
        if (!rows[i]) {
            continue;
        }
        const int8_t *value = rows[i] + offset;
        for (uint32_t column = 0; column < columns; ++column, value += pool->channels) {
            largest = *value > largest ? *value : largest;
        }
    }
    return largest;
}

void sn_max_pool_row(const sn_pool *pool, const int8_t *const *rows, int8_t *output) {
    for (uint32_t column = 0; column < pool->output_width; ++column) {
        const sn_pool_window window = sn_pool_columns(pool, column);
        const uint32_t offset = window.first * pool->channels;
        for (uint32_t channel = 0; channel < pool->channels; ++channel) {
            const int32_t largest = window_max(pool, rows, offset + channel, window.count);
            *output++ = sn_clamp(largest, pool->low, pool->high);
        }
    }
}
