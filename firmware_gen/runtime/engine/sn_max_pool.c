#include "engine/sn_max_pool.h"

#include "engine/sn_dsp.h"
#include "engine/sn_pool_window.h"
#include "engine/sn_requantize.h"

#if SN_MVE
#include <arm_mve.h>

static uint32_t larger_parts(int8_t *output, const int8_t *a, const int8_t *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 16) {
        const mve_pred16_t some = vctp8q(count - i);
        const int8x16_t first = vldrbq_z_s8(a + i, some);
        vstrbq_p_s8(output + i, vmaxq_s8(first, vldrbq_z_s8(b + i, some)), some);
    }
    return count;
}
#elif SN_DSP
typedef struct __attribute__((packed, may_alias)) {
    uint32_t bytes;
} four_values;

static uint32_t larger_parts(int8_t *output, const int8_t *a, const int8_t *b, uint32_t count) {
    void *const target = output;
    const void *const first = a;
    const void *const second = b;
    four_values *to = target;
    const four_values *x = first;
    const four_values *y = second;
    for (uint32_t left = count / 4; left; --left) {
        const uint32_t bytes = x++->bytes;
        to++->bytes = sn_larger_bytes(bytes, y++->bytes);
    }
    return count & ~3u;
}
#else
static uint32_t larger_parts(int8_t *output, const int8_t *a, const int8_t *b, uint32_t count) {
    (void)output, (void)a, (void)b, (void)count;
    return 0;
}
#endif

// The larger of each two values; `output` may be `a`.
static void take_larger(int8_t *output, const int8_t *a, const int8_t *b, uint32_t count) {
    for (uint32_t i = larger_parts(output, a, b, count); i < count; ++i) {
        output[i] = a[i] > b[i] ? a[i] : b[i];
    }
}

static void clamp(const sn_pool *pool, int8_t *output) {
    for (uint32_t i = 0; i < pool->channels; ++i) {
        output[i] = sn_clamp(output[i], pool->low, pool->high);
    }
}

void sn_max_pool_row(const sn_pool *pool, const int8_t *const *rows, int8_t *output) {
    const uint32_t channels = pool->channels;
    for (uint32_t column = 0; column < pool->output_width; ++column, output += channels) {
        const sn_pool_window window = sn_pool_columns(pool, column);
        const int8_t *largest = 0;
        for (uint32_t i = 0; i < pool->kernel_rows; ++i) {
            const int8_t *values = rows[i] ? rows[i] + window.first * channels : 0;
            for (uint32_t left = values ? window.count : 0; left; --left, values += channels) {
                take_larger(output, largest ? largest : values, values, channels);
                largest = output;
            }
        }
        if (pool->low > INT8_MIN || pool->high < INT8_MAX) {
            clamp(pool, output);
        }
    }
}
