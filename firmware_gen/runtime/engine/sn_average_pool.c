#include "engine/sn_average_pool.h"

#include <stdbool.h>

#include "engine/sn_dsp.h"
#include "engine/sn_pool_window.h"
#include "engine/sn_requantize.h"

// The pixels of one window: in each row that is inside the clip, `columns` from `offset` on.
typedef struct {
    const int8_t *const *rows;
    uint32_t offset;
    uint32_t columns;
    int32_t count;
    bool is_power;  // whether count is 2^shift
    int32_t shift;
} pool_pixels;

static pool_pixels find_pixels(const sn_pool *pool, const int8_t *const *rows, uint32_t present,
                               uint32_t column) {
    const sn_pool_window window = sn_pool_columns(pool, column);
    const uint32_t count = present * window.count;
    int32_t shift = 0;
    while (count >> shift > 1) {
        ++shift;
    }
    const uint32_t offset = window.first * pool->channels;
    const bool is_power = (count & (count - 1)) == 0;
    return (pool_pixels){rows, offset, window.count, (int32_t)count, is_power, shift};
}

static int8_t average(const sn_pool *pool, const pool_pixels *pixels, int32_t sum) {
    const int32_t mean = pixels->is_power ? sn_rounding_shift_right(sum, pixels->shift)
                                          : sn_divide_rounding(sum, pixels->count);
    return sn_clamp(mean, pool->low, pool->high);
}

#if SN_DSP
// Sums of so many int8 stay within an int16.
#define MOST_IN_PAIRS 255

typedef struct __attribute__((packed, may_alias)) {
    uint32_t bytes;
} four_values;

// The sums of four channels, two and two.
typedef struct {
    uint32_t even;
    uint32_t odd;
} four_sums;

static four_sums sum_fours(const sn_pool *pool, const pool_pixels *pixels, uint32_t channel) {
    four_sums sums = {0, 0};
    for (uint32_t i = 0; i < pool->kernel_rows; ++i) {
        const int8_t *const row = pixels->rows[i];
        const int8_t *values = row ? row + pixels->offset + channel : 0;
        for (uint32_t left = row ? pixels->columns : 0; left; --left) {
            const void *const source = values;
            const uint32_t bytes = ((const four_values *)source)->bytes;
            sums.even = sn_add_even(sums.even, bytes);
            sums.odd = sn_add_odd(sums.odd, bytes);
            values += pool->channels;
        }
    }
    return sums;
}

// Both sums divided by 2^shift, halves away from zero.
static uint32_t divide_pair(uint32_t sums, int32_t shift) {
    const uint32_t both = 0x10001u;
    const uint32_t half = (1u << shift) / 2;
    if (shift == 0) {
        return sums;
    }
    sums = sn_half_sums(sums, sn_choose_by_sign(sums, half * both, (half - 1) * both));
    for (int32_t i = 1; i < shift; ++i) {
        sums = sn_half_sums(sums, 0);
    }
    return sums;
}

// Four channels at a time; returns how many channels it has made.
static uint32_t average_fours(const sn_pool *pool, const pool_pixels *pixels, int8_t *output) {
    const bool is_short = pixels->is_power && pool->low == INT8_MIN && pool->high == INT8_MAX;
    uint32_t channel = 0;
    for (; pixels->count <= MOST_IN_PAIRS && channel + 4 <= pool->channels; channel += 4) {
        const four_sums sums = sum_fours(pool, pixels, channel);
        int8_t *const values = output + channel;
        if (is_short) {
            void *const target = values;
            ((four_values *)target)->bytes = sn_join_bytes(divide_pair(sums.even, pixels->shift),
                                                           divide_pair(sums.odd, pixels->shift));
            continue;
        }
        values[0] = average(pool, pixels, (int16_t)sums.even);
        values[1] = average(pool, pixels, (int16_t)sums.odd);
        values[2] = average(pool, pixels, (int16_t)(sums.even >> 16));
        values[3] = average(pool, pixels, (int16_t)(sums.odd >> 16));
    }
    return channel;
}
#else
static uint32_t average_fours(const sn_pool *pool, const pool_pixels *pixels, int8_t *output) {
    (void)pool, (void)pixels, (void)output;
    return 0;
}
#endif

static int32_t window_sum(const sn_pool *pool, const pool_pixels *pixels, uint32_t channel) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < pool->kernel_rows; ++i) {
        if (!pixels->rows[i]) {
            continue;
        }
        const int8_t *value = pixels->rows[i] + pixels->offset + channel;
        for (uint32_t column = 0; column < pixels->columns; ++column, value += pool->channels) {
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
    for (uint32_t column = 0; column < pool->output_width; ++column, output += pool->channels) {
        const pool_pixels pixels = find_pixels(pool, rows, present, column);
        uint32_t channel = average_fours(pool, &pixels, output);
        for (; channel < pool->channels; ++channel) {
            output[channel] = average(pool, &pixels, window_sum(pool, &pixels, channel));
        }
    }
}
