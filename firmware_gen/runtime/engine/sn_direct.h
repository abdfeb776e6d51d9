// Convolution of any size, stride 1, SAME, as plain sums of products: a strip of output rows per
// call. The strip's pixels are taken a few at a time (SN_DIRECT_PIXELS in sn_direct_sums.h), across
// the ends of rows, so that each weight is read once for all of them.
#ifndef SN_DIRECT_H
#define SN_DIRECT_H

#include <stdint.h>

// Values of a window, or weights, that lie together.
#define SN_DIRECT_BLOCK 16u

// One output channel. `bias` includes -input_zero * (sum of the weights); `right`: the shift of the
// requantisation, negative where it is to the left.
typedef struct sn_direct_channel {
    int32_t bias;
    int32_t multiplier;
    int32_t right;
} sn_direct_channel;

// A run makes `rows` output rows. The values of a window (rows, then columns, then input channels)
// fill `blocks` blocks of 16; weights of 0 stand beside the surplus of the last one. `weights`, a
// multiple of 4 bytes from address 0: [pairs of output channels][blocks][2 channels][16];
// `channels` has one for each of them, so an odd last channel has an idle partner in both.
// `is_plain`: low and output_zero are -128, high is 127, all of `right` are in 0..23. `workspace`:
// arena offset of blocks * 48 bytes.
typedef struct sn_direct {
    uint32_t rows;
    uint32_t width;
    uint32_t input_channels;
    uint32_t output_channels;
    uint32_t kernel_rows;
    uint32_t kernel_columns;
    uint32_t columns_left;
    uint32_t blocks;
    int8_t input_zero;
    int8_t output_zero;
    int8_t low;
    int8_t high;
    uint32_t is_plain;
    uint32_t workspace;
    const sn_direct_channel *channels;
    const int8_t *weights;
} sn_direct;

// `input`: the rows + kernel_rows - 1 rows that a run reads, top first, 0 for a row outside the
// clip; `workspace` is aligned to 4; `outputs`: the `rows` rows to make, 0 for one outside the
// clip. None of them overlap.
void sn_direct_strip(const sn_direct *layer, const int8_t *const *input, void *workspace,
                     int8_t *const *outputs);

#endif
