// 3x3 convolution, stride 1, SAME, and the max pool behind it, by exact integer Winograd F(m x n,
// 3x3), m and n either 4 or 2: a strip of output rows per call, byte for byte what the direct sums
// give.
//
// A tile is m x n outputs of the convolution (`tile_height` x `tile_width`). It reads (m + 2) x (n
// + 2) inputs d, and for one output channel
//     y = A (sum over input channels of (G g G') * (B d B')) A'
// with the integer matrices of sn_winograd_transform.h, on either side those of F(4, 3) or F(2, 3).
// The mathematics, and why it is exact:
// * d is u = x + 128 as an unsigned byte; the input's zero point is folded into the bias.
//   |B d B'| <= 25,500 and, g within +-127, |G g G'| <= 6,223: both fit int16. Those are the bounds
//   of F(4x4); the smaller tiles stay far below.
// * Sums of products, and all that follows, wrap modulo 2^32. The outcome is 576, 48 or 4 times the
//   direct sum s (4x4, 4x2 and 2x4, 2x2); times the inverse of 9, 3 or 1 it is s << 6, 4 or 2
//   modulo 2^32 (sn_winograd_scale), and so s itself, as |s| < 2^25, 2^27 or 2^29 with the bias
//   (the generator refuses a layer whose own weights allow more).
// * Two channels share a word as high * 65536 + low, so B is plain 32-bit arithmetic. To keep the
//   low channel from borrowing, SN_WINOGRAD_OFFSET is added to the last two columns of each row
//   between the two passes; that is an image of the offset at the last two rows and columns of the
//   inputs, seen by the last two rows and columns of the outputs only, and what it brings there is
//   taken off again. The low half then lies within 1,330..31,420.
// * Max pools before requantisation: that never decreases, so the largest sum gives the largest
//   byte.
#ifndef SN_WINOGRAD_H
#define SN_WINOGRAD_H

#include <stdint.h>

#include "engine/sn_dsp.h"

#define SN_WINOGRAD_OFFSET 14080u
#define SN_WINOGRAD_EDGE_OFFSET 4096u
// Words from the sums of a tile and output channel to the next: the points of the largest tile.
#define SN_WINOGRAD_SUMS 36u

// One output channel. `bias`: what is added to the sum of u * g, scaled as that is (above), modulo
// 2^32. `raised`: the sums of the weights that meet the offset at the last two outputs of the row
// before the last one of a tile, and of the last row.
// `right`: the shift of the requantisation, negative where it is to the left.
typedef struct sn_winograd_channel {
    int32_t bias;
    int16_t raised[4];
    int32_t multiplier;
    int32_t right;
} sn_winograd_channel;

// One output channel where a batch is an edge. `beyond`: the sum of the weights that meet padding
// there, of which the edge brings nothing. `raised`: those that meet the edge's offset at the
// last two outputs along time.
typedef struct sn_winograd_edge_channel {
    int16_t beyond;
    int16_t raised[2];
} sn_winograd_edge_channel;

// A rectangle of 1 to 4 tiles (3 where weights are stored) that meet each weight together:
// `columns` tiles across from output column `column` on (where a tile begins), `tile_rows` down
// from tile row `tile_row` on. `is_edge`: it is the last column, as sn_winograd_edge.h makes it.
// `values`, `sums`: where in the workspace, in words, its transformed input and its sums lie.
typedef struct sn_winograd_batch {
    uint32_t column;
    uint32_t columns;
    uint32_t tile_row;
    uint32_t tile_rows;
    uint32_t is_edge;
    uint32_t values;
    uint32_t sums;
} sn_winograd_batch;

// A run makes `rows` rows of the output, which take rows * pool_rows = tile_height * tile_rows rows
// of the convolution and two more of its input. `pool_rows` x `pool_columns`: 1x1 (no pool), 2x1,
// 2x2. `low`, `high`: what convolution and pool together clamp to. `is_plain`: low and output_zero
// are -128, high is 127, all of `right` are in 0..23.
//
// Words of two int16: of a quad of channels c..c+3, first the pair (c, c+2), then (c+1, c+3), the
// lower channel in the lower half. A tile has (tile_height + 2) * (tile_width + 2) points.
// Transformed input of a batch: [points][1 + pairs][tiles], the first word being where the sums
// start. Transformed weights: of the first `stored` output channels in `transformed`,
// [stored / 4][points][pairs][4]; those of the others are made in every run (in every batch of a
// run where `is_by_batch`), of two output channels at a time, `rows_made` of the tile_height + 2
// rows of points at a time (a divisor), in the workspace from word `made` on, from bytes g + 128 in
// `weights`, [output_channels - stored][quads][9 taps][4 channels]. `edges`: where a batch is an
// edge, one for each output channel; else 0. `padding`: a row of width * input_channels input zero
// points. `workspace`: its place in the arena. The workspace begins with words that are used for
// several ends: for half transformed input, 216, and for sums.
typedef struct sn_winograd {
    uint32_t width;
    uint32_t input_channels;   // a multiple of 4
    uint32_t output_channels;  // a multiple of 2
    uint32_t rows;
    uint32_t tile_rows;
    uint8_t tile_height;
    uint8_t tile_width;
    uint8_t pool_rows;
    uint8_t pool_columns;
    int8_t input_zero;
    int8_t output_zero;
    int8_t low;
    int8_t high;
    uint8_t is_plain;
    uint8_t is_by_batch;
    uint32_t workspace;
    uint32_t stored;  // a multiple of 4
    uint32_t made;
    uint32_t rows_made;
    uint32_t batch_count;
    const sn_winograd_batch *batches;
    const sn_winograd_channel *channels;
    const sn_winograd_edge_channel *edges;
    const uint32_t *transformed;
    const uint8_t *weights;
    const int8_t *padding;
} sn_winograd;

// `input`: the tile_height * tile_rows + 2 rows that a run reads, top first, 0 for a row outside
// the clip; `workspace` is aligned to 4; `outputs`: the `rows` rows to make, 0 for one outside the
// clip. A row of the convolution is in the clip where its centre input row is; the pool ignores the
// others.
void sn_winograd_strip(const sn_winograd *layer, const int8_t *const *input, void *workspace,
                       int8_t *const *outputs);

#endif
