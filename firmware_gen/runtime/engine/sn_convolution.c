#include "engine/sn_convolution.h"

#include "engine/sn_requantize.h"

#define UNROLL 4u

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

// Two channels of two pixels: four products for four loads.
static void dot_two_pixels(const int8_t *weights, const int8_t *patch, uint32_t count,
                           int32_t sums[4]) {
    const int8_t *second = patch + count;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t b0 = 0;
    int32_t b1 = 0;
    for (; count >= UNROLL; count -= UNROLL) {
        for (uint32_t i = 0; i < UNROLL; ++i) {
            a0 += weights[2 * i] * patch[i];
            a1 += weights[2 * i + 1] * patch[i];
            b0 += weights[2 * i] * second[i];
            b1 += weights[2 * i + 1] * second[i];
        }
        weights += 2 * UNROLL;
        patch += UNROLL;
        second += UNROLL;
    }
    for (uint32_t i = 0; i < count; ++i) {
        a0 += weights[2 * i] * patch[i];
        a1 += weights[2 * i + 1] * patch[i];
        b0 += weights[2 * i] * second[i];
        b1 += weights[2 * i + 1] * second[i];
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = b0;
    sums[3] = b1;
}

static void dot_one_pixel(const int8_t *weights, const int8_t *patch, uint32_t count,
                          int32_t sums[2]) {
    int32_t a0 = 0;
    int32_t a1 = 0;
    for (; count >= UNROLL; count -= UNROLL) {
        for (uint32_t i = 0; i < UNROLL; ++i) {
            a0 += weights[2 * i] * patch[i];
            a1 += weights[2 * i + 1] * patch[i];
        }
        weights += 2 * UNROLL;
        patch += UNROLL;
    }
    for (uint32_t i = 0; i < count; ++i) {
        a0 += weights[2 * i] * patch[i];
        a1 += weights[2 * i + 1] * patch[i];
    }
    sums[0] = a0;
    sums[1] = a1;
}

static int8_t requantize(const sn_convolution *convolution, uint32_t channel, int32_t sum) {
    const sn_channel *scaling = &convolution->channels[channel];
    const int32_t scaled =
        sn_multiply_double_rounding(sum + scaling->bias, scaling->multiplier, scaling->shift);
    return sn_clamp(scaled + convolution->output_zero, convolution->low, convolution->high);
}

// Stores the channel pair's sums of one pixel; an odd last channel has no partner.
static void store(const sn_convolution *convolution, uint32_t channel, const int32_t sums[2],
                  int8_t *pixel) {
    pixel[channel] = requantize(convolution, channel, sums[0]);
    if (channel + 1 < convolution->output_channels) {
        pixel[channel + 1] = requantize(convolution, channel + 1, sums[1]);
    }
}

void sn_convolution_row(const sn_convolution *convolution, const int8_t *const *rows,
                        int8_t *workspace, int8_t *output) {
    const uint32_t channels = convolution->output_channels;
    const uint32_t count =
        convolution->kernel_rows * convolution->kernel_columns * convolution->input_channels;
    int32_t sums[4];
    uint32_t pixel = 0;
    for (; pixel + 1 < convolution->width; pixel += 2, output += 2 * channels) {
        gather(convolution, rows, pixel, workspace);
        gather(convolution, rows, pixel + 1, workspace + count);
        const int8_t *weights = convolution->weights;
        for (uint32_t channel = 0; channel < channels; channel += 2, weights += 2 * count) {
            dot_two_pixels(weights, workspace, count, sums);
            store(convolution, channel, sums, output);
            store(convolution, channel, sums + 2, output + channels);
        }
    }
    if (pixel < convolution->width) {
        gather(convolution, rows, pixel, workspace);
        const int8_t *weights = convolution->weights;
        for (uint32_t channel = 0; channel < channels; channel += 2, weights += 2 * count) {
            dot_one_pixel(weights, workspace, count, sums);
            store(convolution, channel, sums, output);
        }
    }
}
