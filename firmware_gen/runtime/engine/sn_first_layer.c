#include "engine/sn_first_layer.h"

#include <stdbool.h>

#include "engine/sn_first_layer_sums.h"
#include "engine/sn_requantize.h"

// How many of a pixel's two columns and two rows in a convolution's output are inside the picture.
typedef struct {
    uint32_t columns;
    uint32_t rows;
} extent;

#if SN_DSP
// Two neighbouring values as one word, the first in its lower half, at any even address.
typedef struct __attribute__((packed, aligned(2), may_alias)) {
    uint32_t value;
} two_values;

typedef struct __attribute__((packed, may_alias)) {
    uint32_t value;
} four_bytes;

static inline void set_pair(int16_t *values, uint32_t pair_of_values) {
    void *const target = values;
    ((two_values *)target)->value = pair_of_values;
}

// Widens all but the last values, fewer than four, and returns how many.
static uint32_t widen_fours(const int8_t *row, uint32_t count, int16_t *to) {
    uint32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const void *const source = row + i;
        const uint32_t bytes = ((const four_bytes *)source)->value;
        const uint32_t even = sn_widen_even(bytes);
        const uint32_t odd = sn_widen_odd(bytes);
        set_pair(to + i, (even & 0xffffu) | odd << 16);
        set_pair(to + i + 2, even >> 16 | (odd & 0xffff0000u));
    }
    return i;
}
#else
static uint32_t widen_fours(const int8_t *row, uint32_t count, int16_t *to) {
    (void)row, (void)count, (void)to;
    return 0;
}
#endif

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
    for (uint32_t i = widen_fours(row, layer->width, to + layer->left); i < layer->width; ++i) {
        to[layer->left + i] = row[i];
    }
}

// `scaling`: the last three words of a channel's stream; `sum` is doubled.
static int32_t requantize(const sn_first_layer_path *path, const int32_t *scaling, int32_t sum) {
    const int32_t right = (int8_t)(scaling[2] & 0xff);
    if (path->is_plain) {
        return sn_requantize_plain(sum >> 1, scaling[0], scaling[1], right);
    }
    const int32_t scaled = sn_multiply_double_rounding(sum >> 1, scaling[0], -right);
    return sn_clamp(scaled + path->output_zero, path->low, path->high);
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

// The pools over the doubled sums of one pixel, [2 columns][2 rows]. The requantisation never
// decreases, so the largest sum gives the largest value.
static int32_t max_of(const sn_first_layer_path *path, const int32_t *scaling, const int32_t *sums,
                      extent inside) {
    int32_t largest = sums[0];
    if (inside.columns == 2) {
        largest = larger(largest, sums[2]);
    }
    if (inside.rows == 2) {
        largest = larger(largest, sums[1]);
        largest = inside.columns == 2 ? larger(largest, sums[3]) : largest;
    }
    return requantize(path, scaling, largest);
}

static int32_t average_of(const sn_first_layer_path *path, const int32_t *scaling,
                          const int32_t *sums, extent inside) {
    int32_t total = 0;
    for (uint32_t column = 0; column < inside.columns; ++column) {
        for (uint32_t row = 0; row < inside.rows; ++row) {
            total += requantize(path, scaling, sums[2 * column + row]);
        }
    }
    return sn_divide_rounding(total, (int32_t)(inside.columns * inside.rows));
}

// All channels of a path at one pixel.
static void run_pixel(const sn_first_layer *layer, const sn_first_layer_path *path,
                      const void *window, extent inside, int8_t *pixel) {
    const uint32_t words = 2 * path->steps + 4;
    const int32_t *stream = path->stream;
    if (!path->is_vertical) {  // its sums are [2 rows][2 columns]
        inside = (extent){inside.rows, inside.columns};
    }
    for (uint32_t channel = 0; channel < path->channels; ++channel, stream += words) {
        const int32_t *const scaling = stream + words - 3;
        int32_t sums[4];
        sn_first_layer_sums(window, stream, path->steps, sums);
        const int32_t value = layer->is_average ? average_of(path, scaling, sums, inside)
                                                : max_of(path, scaling, sums, inside);
        pixel[channel] = sn_clamp(value, layer->pool_low, layer->pool_high);
    }
}

// One path's channels of an output row; `values`: the widened rows of its windows, `inside_rows`:
// of the two rows of the convolution, those inside the clip.
static void run_path(const sn_first_layer *layer, const sn_first_layer_path *path,
                     const int16_t *values, uint32_t inside_rows, void *memory, int8_t *output) {
    uint32_t column = 0;
    values += (layer->rows_above - path->rows_above) * layer->pitch;
    values += layer->left - path->columns_left;
    output += path->first_channel;
#if SN_DSP || SN_V6M
    if (path->is_plain && inside_rows == 2) {
        column = sn_first_layer_blocks(layer, path, values, memory, output);
    }
#endif
    for (; column < layer->width; column += 2) {
        const extent inside = {column + 1 < layer->width ? 2 : 1, inside_rows};
        sn_first_layer_load(layer, path, values + column, memory);
        run_pixel(layer, path, memory, inside, output + column / 2 * layer->channels);
    }
}

void sn_first_layer_strip(const sn_first_layer *layer, const int8_t *const *input, void *workspace,
                          int8_t *const *outputs) {
    const uint32_t rows = 2 * layer->rows + layer->rows_above + layer->rows_below;
#if SN_MVE
    if (sn_first_layer_helium(layer, input, workspace, outputs)) {
        return;
    }
#endif
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
