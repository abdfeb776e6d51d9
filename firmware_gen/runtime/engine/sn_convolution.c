#include "engine/sn_convolution.h"

#include <stdbool.h>

#include "engine/sn_requantize.h"

// The sums of two output channels (0, 1) of two pixels (a, b).
typedef struct {
    int32_t a0;
    int32_t a1;
    int32_t b0;
    int32_t b1;
} block_sums;

static int8_t *fill(int8_t *target, int8_t value, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        target[i] = value;
    }
    return target + count;
}

static int8_t *copy(int8_t *target, const int8_t *source, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        target[i] = source[i];
    }
    return target + count;
}

// Lays the window around `pixel` out as one run of bytes, zero points where it leaves the picture.
static void gather(const sn_convolution *convolution, const int8_t *const *rows, uint32_t pixel,
                   int8_t *patch) {
    const uint32_t channels = convolution->input_channels;
    const uint32_t before = convolution->columns_left;
    const uint32_t columns = convolution->kernel_columns;
    const uint32_t end = pixel + columns;
    const uint32_t limit = convolution->width + before;
    const uint32_t missing_left = pixel < before ? before - pixel : 0;
    const uint32_t missing_right = end > limit ? end - limit : 0;
    const uint32_t present = columns - missing_left - missing_right;
    const uint32_t start = pixel + missing_left - before;
    for (uint32_t i = 0; i < convolution->kernel_rows; ++i) {
        if (!rows[i]) {
            patch = fill(patch, convolution->input_zero, columns * channels);
            continue;
        }
        patch = fill(patch, convolution->input_zero, missing_left * channels);
        patch = copy(patch, rows[i] + start * channels, present * channels);
        patch = fill(patch, convolution->input_zero, missing_right * channels);
    }
}

static inline block_sums add_products(block_sums sums, const int8_t *weights, int32_t a,
                                      int32_t b) {
    sums.a0 += weights[0] * a;
    sums.a1 += weights[1] * a;
    sums.b0 += weights[0] * b;
    sums.b1 += weights[1] * b;
    return sums;
}

// Four products for four loads, and a quarter of the loop's own instructions.
static block_sums dot(const int8_t *weights, const int8_t *a, const int8_t *b, uint32_t count) {
    block_sums sums = {0, 0, 0, 0};
    for (; count >= 4; count -= 4) {
        sums = add_products(sums, weights, a[0], b[0]);
        sums = add_products(sums, weights + 2, a[1], b[1]);
        sums = add_products(sums, weights + 4, a[2], b[2]);
        sums = add_products(sums, weights + 6, a[3], b[3]);
        weights += 8;
        a += 4;
        b += 4;
    }
    for (uint32_t i = 0; i < count; ++i) {
        sums = add_products(sums, weights + 2 * i, a[i], b[i]);
    }
    return sums;
}

static int8_t requantize(const sn_convolution *convolution, uint32_t channel, int32_t sum) {
    const sn_channel *scaling = &convolution->channels[channel];
    const int32_t scaled =
        sn_multiply_double_rounding(sum + scaling->bias, scaling->multiplier, scaling->shift);
    return sn_clamp(scaled + convolution->output_zero, convolution->low, convolution->high);
}

// Stores a channel pair's sums of one pixel; an odd last channel has no partner.
static void store(const sn_convolution *convolution, uint32_t channel, int32_t sum, int32_t next,
                  int8_t *pixel) {
    pixel[channel] = requantize(convolution, channel, sum);
    if (channel + 1 < convolution->output_channels) {
        pixel[channel + 1] = requantize(convolution, channel + 1, next);
    }
}

void sn_convolution_row(const sn_convolution *convolution, const int8_t *const *rows,
                        int8_t *workspace, int8_t *output) {
    const uint32_t channels = convolution->output_channels;
    const uint32_t count =
        convolution->kernel_rows * convolution->kernel_columns * convolution->input_channels;
    for (uint32_t pixel = 0; pixel < convolution->width; pixel += 2, output += 2 * channels) {
        // Of an odd width, the last pixel is its own partner.
        const bool pair = pixel + 1 < convolution->width;
        const int8_t *const second = pair ? workspace + count : workspace;
        gather(convolution, rows, pixel, workspace);
        if (pair) {
            gather(convolution, rows, pixel + 1, workspace + count);
        }
        const int8_t *weights = convolution->weights;
        for (uint32_t channel = 0; channel < channels; channel += 2, weights += 2 * count) {
            const block_sums sums = dot(weights, workspace, second, count);
            store(convolution, channel, sums.a0, sums.a1, output);
            if (pair) {
                store(convolution, channel, sums.b0, sums.b1, output + channels);
            }
        }
    }
}
