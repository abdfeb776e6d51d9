#include "engine/sn_first_layer.h"

#include <stdbool.h>

#include "engine/sn_first_layer_sums.h"
#include "engine/sn_requantize.h"

#define COLUMNS SN_FIRST_LAYER_COLUMNS
// Loops that keep their registers when they are not merged into their callers.
#define APART __attribute__((noinline))

// Two neighbouring values as one word, the first in its lower half, at any even address.
typedef struct __attribute__((packed, aligned(2), may_alias)) {
    uint32_t value;
} two_values;

typedef struct __attribute__((packed, may_alias)) {
    uint32_t value;
} four_bytes;

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

#if SN_DSP
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

static uint32_t blocks_of(const sn_first_layer *layer) {
    return (layer->width + COLUMNS - 1) / COLUMNS;
}

// The words of the windows of a row and the row below, [blocks][steps][4 columns]; `values` is the
// first window's.
static APART void load_vertical(const sn_first_layer *layer, const sn_first_layer_path *path,
                                const int16_t *values, uint32_t *words) {
    const uint32_t pitch = layer->pitch;
    const uint32_t pairs = (path->kernel_rows + 1) / 2;
    const uint32_t steps = path->steps;
    for (uint32_t step = 0; step < steps; ++step, words += COLUMNS) {
        const int16_t *upper = values + step / pairs + 2 * (step % pairs) * pitch;
        const int16_t *lower = upper + pitch;
        uint32_t *to = words;
        for (uint32_t left = blocks_of(layer); left; --left) {
            const uint32_t a = pair(upper);
            const uint32_t b = pair(lower);
            const uint32_t c = pair(upper + 2);
            const uint32_t d = pair(lower + 2);
            to[0] = (a & 0xffffu) | b << 16;
            to[1] = a >> 16 | (b & 0xffff0000u);
            to[2] = (c & 0xffffu) | d << 16;
            to[3] = c >> 16 | (d & 0xffff0000u);
            upper += COLUMNS;
            lower += COLUMNS;
            to += COLUMNS * steps;
        }
    }
}

// The same for a horizontal path: of each block's columns, only the first and the third count, in
// turn of the row and of the row below.
static APART void load_horizontal(const sn_first_layer *layer, const sn_first_layer_path *path,
                                  const int16_t *values, uint32_t *words) {
    const uint32_t pitch = layer->pitch;
    const uint32_t pairs = (path->kernel_columns + 1) / 2;
    const uint32_t steps = path->steps;
    for (uint32_t step = 0; step < steps; ++step, words += COLUMNS) {
        const int16_t *upper = values + step / pairs * pitch + 2 * (step % pairs);
        const int16_t *lower = upper + pitch;
        uint32_t *to = words;
        for (uint32_t left = blocks_of(layer); left; --left) {
            const uint32_t a = pair(upper);
            const uint32_t b = pair(lower);
            const uint32_t c = pair(upper + 2);
            const uint32_t d = pair(lower + 2);
            to[0] = a;
            to[1] = b;
            to[2] = c;
            to[3] = d;
            upper += COLUMNS;
            lower += COLUMNS;
            to += COLUMNS * steps;
        }
    }
}

// `scaling`: the last three words of a channel's stream; `sum` is doubled.
static int32_t requantize(const sn_first_layer_path *path, const int32_t *scaling, int32_t sum) {
    const int32_t right = (int8_t)(scaling[2] & 0xff);
    const int32_t scaled = sn_multiply_double_rounding(sum >> 1, scaling[0], -right);
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

// Makes the first pixels in assembly, and returns of how many blocks; 0 where there is none.
static uint32_t run_whole(const sn_first_layer *layer, const sn_first_layer_path *path,
                          const uint32_t *words, uint32_t inside_rows, int8_t *output) {
#if SN_DSP
    if (path->is_plain && inside_rows == 2) {
        return sn_first_layer_blocks(layer, path, words, output);
    }
#else
    (void)layer, (void)path, (void)words, (void)inside_rows, (void)output;
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
    if (path->is_vertical) {
        load_vertical(layer, path, values, words);
    } else {
        load_horizontal(layer, path, values, words);
    }
    uint32_t block = run_whole(layer, path, words, inside_rows, output);
    for (; block < blocks_of(layer); ++block) {
        const extent inside = {at_most(layer->width - COLUMNS * block, COLUMNS), inside_rows};
        run_block(layer, path, words + COLUMNS * path->steps * block, inside,
                  output + 2 * block * layer->channels);
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
