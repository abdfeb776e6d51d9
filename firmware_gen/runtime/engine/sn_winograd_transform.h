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

#include "engine/sn_dsp.h"
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

// Values[6][points][1 + pairs][tiles] against weights that the run makes, of 6, 3 or 2 rows at a
// time, [rows][pairs][columns][2]: 6 points and columns. Where the layer has an edge
// (sn_winograd_edge.h), there are 7 columns: the points of a tile take the last 6, the 2 points of
// the edge the first 2.
typedef struct sn_winograd_grid {
    uint32_t pairs;
    uint32_t tiles;
    uint32_t points;
    uint32_t columns;
    uint32_t rows;
} sn_winograd_grid;

// G g G' of one output channel, from row `row` on: from bytes g + 128, weights[pairs / 2][9
// taps][4], to words target[rows][pairs][columns][2], of which it writes every other one. Of 7
// columns the first two are the taps 1 and 0 across of G g. To keep low channels from borrowing
// there too, what arrives is larger by an offset, the same for both channels: the bytes' 128, 2304
// more in the first tap of each column, and 512 more in the first value of row 5 between the
// passes. The sums start lower for that: at sn_winograd_less[point] times the sum of the values.
void sn_winograd_weights(const uint8_t *weights, uint32_t *target, const sn_winograd_grid *grid,
                         uint32_t row);

extern const int32_t sn_winograd_less[36];
extern const int32_t sn_winograd_edge_less[12];

// Writes where the sums start, the first `tiles` words of each point.
void sn_winograd_starts(uint32_t *values, const sn_winograd_grid *grid);

// sums[tiles][2][36]: for each tile and output channel the start and the products of the values
// with the weights, added up over the pairs; of `rows` rows of points, to which `values` and `sums`
// point.
void sn_winograd_products_made(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                               const sn_winograd_grid *grid);

// The same with weights of the tables, weights[36][pairs][4], of which 3 tiles take the first two:
// sums[3][2][36]; else sums[4][tiles][36].
void sn_winograd_products_stored(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                                 uint32_t pairs, uint32_t tiles);

#if SN_V6M
// There the weights of the tables are [output_channels / 2][36 points][1 + pairs][2], the low
// channel's in the upper half, the high channel's plus SN_WINOGRAD_RAISED in the lower one, and the
// first words are what belongs to the sums of sn_winograd_products_v6m.c for the weights alone.
// This writes what belongs to them for the values alone, to the first words of each point.
#define SN_WINOGRAD_RAISED 8192u
void sn_winograd_starts_stored(uint32_t *values, uint32_t pairs, uint32_t tiles);
#endif

// How far the weights of output channel `lane` of four lie behind those of the first one, and the
// next four's.
static inline uint32_t sn_winograd_stored_words(uint32_t pairs, uint32_t lane) {
#if SN_V6M
    return lane * SN_WINOGRAD_POINTS * (1 + pairs);
#else
    return lane < 4 ? lane : 4 * SN_WINOGRAD_POINTS * pairs;
#endif
}

// A, the inverse of 9 and the bias: from sums[36] to 64 times the convolution's sums, [4][4].
void sn_winograd_outputs(const uint32_t *sums, const sn_winograd_channel *channel,
                         uint32_t (*outputs)[4]);

// Where the bytes of a tile go: those of output channel c lie `at` + c behind the rows, the next
// pixel `step` bytes on; with a step of 0 only the first pixel stays. `lanes`: output channels,
// whose sums lie `next` words apart.
typedef struct sn_winograd_target {
    int8_t *const *rows;
    uint32_t at;
    uint32_t step;
    uint32_t lanes;
    uint32_t next;
} sn_winograd_target;

#if SN_DSP
// All at once, where the table is plain and the whole tile is wanted.
void sn_winograd_tile(const uint32_t *sums, const sn_winograd_channel *channels,
                      const sn_winograd_target *target, const sn_winograd *layer);
#endif

#endif
