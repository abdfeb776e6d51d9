#include "engine/sn_first_layer.h"

#include <stdbool.h>

#include "engine/sn_first_layer_sums.h"
#include "engine/sn_requantize.h"

#define COLUMNS SN_FIRST_LAYER_COLUMNS

// Two neighbouring values as one word, the first in its lower half, from any even address.
typedef struct __attribute__((packed, aligned(2), may_alias)) {
    uint32_t value;
} two_values;

// Up to two pixels of the output: how many of their columns and rows in the convolution's output
// are inside the picture.
typedef struct {
    uint32_t columns;
    uint32_t rows;
} extent;

static inline uint32_t pair(const int16_t *values) {
    const void *const source = values;
    return ((const two_values *)source)->value;
}

static void fill(int16_t *to, int16_t value, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        to[i] = value;
    }
}

static void widen(const sn_first_layer *layer, const int8_t *row, int16_t *to) {
    const uint32_t end = layer->left + layer->width;
    if (!row) {
        fill(to, layer->input_zero, layer->pitch);
        return;
    }
    fill(to, layer->input_zero, layer->left);
    fill(to + end, layer->input_zero, layer->pitch - end);
    for (uint32_t i = 0; i < layer->width; ++i) {
        to[layer->left + i] = row[i];
    }
}

// The words of the windows of four columns and the row below; `values` is the first window's.
static void load_vertical(const sn_first_layer *layer, const sn_first_layer_path *path,
                          const int16_t *values, uint32_t *words) {
    const uint32_t pitch = layer->pitch;
    for (uint32_t column = 0; column < path->kernel_columns; ++column, ++values) {
        const int16_t *upper = values;
        for (uint32_t i = 0; i < path->kernel_rows; i += 2, upper += 2 * pitch, words += COLUMNS) {
            const int16_t *const lower = upper + pitch;
            const uint32_t a = pair(upper);
            const uint32_t b = pair(lower);
            const uint32_t c = pair(upper + 2);
            const uint32_t d = pair(lower + 2);
            words[0] = (a & 0xffffu) | b << 16;
            words[1] = a >> 16 | (b & 0xffff0000u);
            words[2] = (c & 0xffffu) | d << 16;
            words[3] = c >> 16 | (d & 0xffff0000u);
        }
    }
}

// The words of the windows of every other column, in turn of the row and of the row below.
static void load_horizontal(const sn_first_layer *layer, const sn_first_layer_path *path,
                            const int16_t *values, uint32_t *words) {
    const uint32_t pitch = layer->pitch;
    for (uint32_t row = 0; row < path->kernel_rows; ++row, values += pitch) {
        const int16_t *left = values;
        for (uint32_t i = 0; i < path->kernel_columns; i += 2, left += 2, words += COLUMNS) {
            words[0] = pair(left);
            words[1] = pair(left + pitch);
            words[2] = pair(left + 2);
            words[3] = pair(left + pitch + 2);
        }
    }
}

// `scaling`: multiplier, round, right; `sum` is doubled.
static int32_t requantize(const sn_first_layer_path *path, const int32_t *scaling, int32_t sum) {
    const int32_t scaled = sn_multiply_double_rounding(sum >> 1, scaling[0], -scaling[2]);
    return sn_clamp(scaled + path->output_zero, path->low, path->high);
}

// The pool over the doubled sums of one pixel: `count.columns` * `count.rows` of
// [2 columns][2 rows].
static int8_t pool(const sn_first_layer *layer, const sn_first_layer_path *path,
                   const int32_t *scaling, const int32_t *sums, extent count) {
    int32_t largest = INT32_MIN;
    int32_t total = 0;
    for (uint32_t column = 0; column < count.columns; ++column) {
        for (uint32_t row = 0; row < count.rows; ++row) {
            const int32_t sum = sums[2 * column + row];
            largest = sum > largest ? sum : largest;
            total += layer->is_average ? requantize(path, scaling, sum) : 0;
        }
    }
    // The requantisation never decreases, so the largest sum gives the largest value.
    const int32_t value = layer->is_average
                              ? sn_divide_rounding(total, (int32_t)(count.columns * count.rows))
                              : requantize(path, scaling, largest);
    return sn_clamp(value, layer->pool_low, layer->pool_high);
}

static uint32_t at_most(uint32_t value, uint32_t limit) {
    return value < limit ? value : limit;
}

// All channels of a path at one or two pixels, from the words of their windows.
static void run_block(const sn_first_layer *layer, const sn_first_layer_path *path,
                      const uint32_t *words, extent inside, int8_t *pixel) {
    const int32_t *stream = path->stream;
    for (uint32_t channel = 0; channel < path->channels; ++channel) {
        int32_t sums[2 * COLUMNS];
        sn_first_layer_sums(words, stream, path->steps, sums);
        stream += 2 * path->steps + 4;
        for (uint32_t i = 0; 2 * i < inside.columns; ++i) {
            extent count = {at_most(inside.columns - 2 * i, 2), inside.rows};
            if (!path->is_vertical) {
                count = (extent){count.rows, count.columns};
            }
            pixel[i * layer->channels + channel] =
                pool(layer, path, stream - 3, sums + COLUMNS * i, count);
        }
    }
}

// Does what run_block does, in assembly; returns 0 where there is none for it.
static uint32_t run_whole(const sn_first_layer *layer, const sn_first_layer_path *path,
                          const uint32_t *words, extent inside, int8_t *pixel) {
#if SN_DSP
    if (path->is_plain && inside.rows == 2 && inside.columns % 2 == 0) {
        const uint32_t step = inside.columns == COLUMNS ? layer->channels : 0;
        return sn_first_layer_pixels(layer, path, words, pixel, step);
    }
#else
    (void)layer, (void)path, (void)words, (void)inside, (void)pixel;
#endif
    return 0;
}

// One path's channels of an output row; `values`: the widened rows of its windows, `inside_rows`:
// of the two rows of the convolution, those inside the clip.
static void run_path(const sn_first_layer *layer, const sn_first_layer_path *path,
                     const int16_t *values, uint32_t inside_rows, uint32_t *words, int8_t *output) {
    values += (layer->rows_above - path->rows_above) * layer->pitch;
    values += layer->left - path->columns_left;
    output += path->first_channel;
    for (uint32_t column = 0; column < layer->width; column += COLUMNS) {
        if (path->is_vertical) {
            load_vertical(layer, path, values + column, words);
        } else {
            load_horizontal(layer, path, values + column, words);
        }
        const extent inside = {at_most(layer->width - column, COLUMNS), inside_rows};
        int8_t *const pixel = output + column / 2 * layer->channels;
        if (!run_whole(layer, path, words, inside, pixel)) {
            run_block(layer, path, words, inside, pixel);
        }
    }
}

void sn_first_layer_strip(const sn_first_layer *layer, const int8_t *const *input, void *workspace,
                          int8_t *const *outputs) {
    const uint32_t rows = 2 * layer->rows + layer->rows_above + layer->rows_below;
    int16_t *const values = workspace;
    void *const behind = values + rows * layer->pitch;
    for (uint32_t i = 0; i < rows; ++i) {
        widen(layer, input[i], values + i * layer->pitch);
    }
    for (uint32_t i = 0; i < layer->rows; ++i) {
        const uint32_t inside_rows = input[2 * i + 1 + layer->rows_above] ? 2 : 1;
        for (uint32_t n = 0; outputs[i] && n < layer->path_count; ++n) {
            run_path(layer, &layer->paths[n], values + 2 * i * layer->pitch, inside_rows, behind,
                     outputs[i]);
        }
    }
}
