// The steps of sn_winograd.h that the core's own assembly may replace: sn_winograd_transform.c and
// sn_winograd_products.c are its twins in C, with the same results byte for byte.
//
//     B = [4  0 -5  0  1  0]   G = [1  0  0]   S A = [6 -4 -4  1  1  0]
//         [0 -4 -4  1  1  0]       [1  1  1]         [0 -4  4  2 -2  0]
//         [0  4 -4 -1  1  0]       [1 -1  1]         [0 -4 -4  4  4  0]
//         [0 -2 -1  2  1  0]       [1  2  4]         [0 -4  4  8 -8 24]
//         [0  2 -1 -2  1  0]       [1 -2  4]
//         [0  4  0 -5  0  1]       [0  0  1]
#ifndef SN_WINOGRAD_TRANSFORM_H
#define SN_WINOGRAD_TRANSFORM_H

#include <stdint.h>

#include "engine/sn_winograd.h"

// Columns of the picture that a batch may read: 4 tiles of 4, and one more on either side.
#define SN_WINOGRAD_COLUMNS 18u

// B down `count` columns of a quad of channels: bytes rows[0..5][offset..offset + 3], the next
// column `stride` bytes on. Writes words target[12][SN_WINOGRAD_COLUMNS]: 6 rows of the first pair,
// 6 of the second.
void sn_winograd_columns(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                         uint32_t count, uint32_t stride);

// B along the rows of one tile, for both pairs: from `source`, inside such words, to
// values[36 points][`point` words]; the second pair lies `tiles` words behind the first.
void sn_winograd_points(const uint32_t *source, uint32_t *values, uint32_t tiles, uint32_t point);

// G g G' of one output channel: from int8 weights[pairs / 2][9][4] to words target[36][pairs][2],
// of which it writes every other one.
void sn_winograd_weights(const int8_t *weights, uint32_t *target, uint32_t pairs);

// sums[..][36], for each tile and output channel the products with values[36][pairs][tiles] and
// weights[36][pairs][lanes], added up over the pairs; at most 8 sets. With lanes = 2 or tiles = 3:
// sums[tiles][2] for the first two lanes; else sums[4][tiles], lane by lane.
void sn_winograd_products(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                          uint32_t pairs, uint32_t tiles, uint32_t lanes);

// A, the inverse of 9 and the bias: from sums[36] to 64 times the convolution's sums, [4][4].
void sn_winograd_outputs(const uint32_t *sums, const sn_winograd_channel *channel,
                         uint32_t (*outputs)[4]);

#endif
