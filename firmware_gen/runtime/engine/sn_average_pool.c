#include "engine/sn_average_pool.h"

#include "engine/sn_pool_window.h"
#include "engine/sn_requantize.h"

static int32_t window_sum(const sn_pool *pool, const int8_t *const *rows, uint32_t offset,
                          uint32_t columns) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < pool->kernel_rows; ++i) {
        if (!rows[i]) {
            continue;
        }
        const int8_t *value = rows[i] + offset;
        for (uint32_t column = 0; column < columns; ++column, value += pool->channels) {
            sum += *value;
        }
    }
    return sum;
}

void sn_average_pool_row(const sn_pool *pool, const int8_t *const *rows, int8_t *output) {
    uint32_t present = 0;
    for (uint32_t i = 0; i < pool->kernel_rows; ++i) {
        present += rows[i] ? 1u : 0u;
    }
    for (uint32_t column = 0; column < pool->output_width; ++column) {
        const sn_pool_window window = sn_pool_columns(pool, column);
        const int32_t count = (int32_t)(present * window.count);
        const uint32_t offset = window.first * pool->channels;
        for (uint32_t channel = 0; channel < pool->channels; ++channel) {
            const int32_t sum = window_sum(pool, rows, offset + channel, window.count);
            *output++ = sn_clamp(sn_divide_rounding(sum, count), pool->low, pool->high);
        }
    }
}
