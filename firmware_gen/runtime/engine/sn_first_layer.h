// The first layer in one pass: convolutions of the network's input, which has one channel, each
// with a 2x2 pool, side by side in the output's pixels. None of the tensors between is made.
//
// Two neighbouring outputs of a convolution, in the direction of `is_vertical`, read the same
// values under taps that are one place apart. So values lie as pairs in the words of a window one
// place longer than the kernel, and a channel has two weight words for each of them: those of the
// first output, and those of the second less those of the first. The sum with the latter is the
// second output less the first, and max(a, b) = a + max(b - a, 0).
#ifndef SN_FIRST_LAYER_H
#define SN_FIRST_LAYER_H

#include <stdint.h>

#include "engine/sn_dsp.h"

// One convolution. `steps`: words of a window. Vertical (the two outputs lie one above the other):
// for each column of the kernel, (kernel_rows + 1) / 2 words of two rows, the upper one in the
// lower half; horizontal: for each row, (kernel_columns + 1) / 2 words of two columns.
// `first_channel`: of the output's pixel. `is_plain`: low and output_zero are -128, high is 127,
// all of `right` (below) are in 0..23, and the pool's limits cut nothing. `stream` has 2 * steps +
// 4 words for each channel: the weights of step 0 and their differences, the weights of step 1,
// twice the bias, the differences of step 1; weights and differences of the steps from 2 on; then
// multiplier, round, right. Weights are doubled, and so the sums are; the bias includes -input_zero
// * (sum of the weights). `right`: the shift of the requantisation, negative where it is to the
// left; `round`: where `is_plain`, (2^right / 2) + output_zero * 2^right.
// `pairs`, for sn_first_layer_v6m.c, or 0: for each channel where its sums start, the words of its
// taps, two and two, multiplier, round, right.
typedef struct sn_first_layer_path {
    uint32_t is_vertical;
    uint32_t steps;
    uint32_t kernel_rows;
    uint32_t kernel_columns;
    uint32_t rows_above;
    uint32_t columns_left;
    uint32_t channels;
    uint32_t first_channel;
    int8_t output_zero;
    int8_t low;
    int8_t high;
    uint32_t is_plain;
    const int32_t *stream;
#if SN_MVE
    const int32_t *helium;
#endif
#if SN_V6M
    const int32_t *pairs;
#endif
} sn_first_layer_path;

// A run makes `rows` output rows of (width + 1) / 2 pixels of `channels` bytes, and reads
// 2 * rows + rows_above + rows_below input rows of `width` bytes, which it widens to `pitch` int16
// each, `left` and more values of input_zero around them. `pool_low`, `pool_high`: the pool's
// limits. `workspace`: arena offset of 2 * pitch bytes for each input row, and 16 bytes for each
// step of the path with the most.
typedef struct sn_first_layer {
    uint32_t rows;
    uint32_t width;
    uint32_t channels;
    uint32_t rows_above;
    uint32_t rows_below;
    uint32_t left;
    uint32_t pitch;
    int8_t input_zero;
    int8_t pool_low;
    int8_t pool_high;
    uint32_t is_average;
    uint32_t workspace;
    uint32_t path_count;
    const sn_first_layer_path *paths;
} sn_first_layer;

// `input`: the input rows of a run, top first, 0 for a row outside the clip; `workspace` is aligned
// to 4; `outputs`: the `rows` rows to make, 0 for one outside the clip. The pool ignores rows of
// the convolutions outside the clip. None of them overlap.
void sn_first_layer_strip(const sn_first_layer *layer, const int8_t *const *input, void *workspace,
                          int8_t *const *outputs);

#endif
