// The steps of sn_winograd.h that the core's own assembly may replace: sn_winograd_transform.c and
// sn_winograd_products.c are its twins in C, with the same results byte for byte.
//
// F(4, 3), points 0, 1, -1, 2, -2, infinity; S makes up for the fractions that G leaves out, times
// 24:
//     B = [4  0 -5  0  1  0]   G = [1  0  0]   S A = [6 -4 -4  1  1  0]
//         [0 -4 -4  1  1  0]       [1  1  1]         [0 -4  4  2 -2  0]
//         [0  4 -4 -1  1  0]       [1 -1  1]         [0 -4 -4  4  4  0]
//         [0 -2 -1  2  1  0]       [1  2  4]         [0 -4  4  8 -8 24]
//         [0  2 -1 -2  1  0]       [1 -2  4]
//         [0  4  0 -5  0  1]       [0  0  1]
// F(2, 3), points 0, 1, -1, infinity, so G has rows 0, 1, 2 and 5 of the other one; times 2:
//     B = [-1  0  1  0]        G = [1  0  0]   S A = [-2  1  1  0]
//         [ 0  1  1  0]            [1  1  1]         [ 0  1 -1  2]
//         [ 0 -1  1  0]            [1 -1  1]
//         [ 0 -1  0  1]            [0  0  1]
#ifndef SN_WINOGRAD_TRANSFORM_H
#define SN_WINOGRAD_TRANSFORM_H

#include <stdint.h>

#include "engine/sn_dsp.h"
#include "engine/sn_winograd.h"
#include "engine/sn_winograd_tile.h"

// Columns of the picture that a batch may read: 4 tiles of 4, and one more on either side.
#define SN_WINOGRAD_COLUMNS 18u

// B down `count` columns of a quad of channels: bytes rows[0..5][offset..offset + 3] (of 4 rows, 0
// to 3), the next column `stride` bytes on. Writes words target[2][6 or 4][SN_WINOGRAD_COLUMNS]:
// the rows of the first pair, then those of the second.
void sn_winograd_columns_6(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                           uint32_t count, uint32_t stride);
void sn_winograd_columns_4(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                           uint32_t count, uint32_t stride);

static inline void sn_winograd_columns(const sn_winograd *layer, const int8_t *const *rows,
                                       uint32_t offset, uint32_t *target, uint32_t count) {
    if (sn_winograd_height(layer) == 4) {
        sn_winograd_columns_6(rows, offset, target, count, layer->input_channels);
    } else {
        sn_winograd_columns_4(rows, offset, target, count, layer->input_channels);
    }
}

// B along the rows of one tile, for both pairs: from `source`, inside such words, to
// values[points][`point` words]; the second pair lies `tiles` words behind the first. In the name,
// the points of a tile.
void sn_winograd_points_6x6(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point);
void sn_winograd_points_6x4(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point);
void sn_winograd_points_4x6(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point);
void sn_winograd_points_4x4(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point);

static inline void sn_winograd_points(const sn_winograd *layer, const uint32_t *source,
                                      uint32_t *values, uint32_t tiles, uint32_t point) {
    const uint32_t width = sn_winograd_width(layer);
    if (sn_winograd_height(layer) == 4) {
        if (width == 4) {
            sn_winograd_points_6x6(source, values, tiles, point);
        } else {
            sn_winograd_points_6x4(source, values, tiles, point);
        }
    } else {
        if (width == 4) {
            sn_winograd_points_4x6(source, values, tiles, point);
        } else {
            sn_winograd_points_4x4(source, values, tiles, point);
        }
    }
}

// Values[point_rows][points][1 + pairs][tiles] against weights that the run makes, of `rows` rows
// at a time, [rows][pairs][columns][2]: a column for each of the `points` of a row. Where the layer
// has an edge (sn_winograd_edge.h), there is one more column: the points of a tile take the last
// ones, the 2 points of the edge the first 2.
typedef struct sn_winograd_grid {
    uint32_t pairs;
    uint32_t tiles;
    uint32_t point_rows;
    uint32_t points;
    uint32_t columns;
    uint32_t rows;
} sn_winograd_grid;

static inline uint32_t sn_winograd_point_rows(const sn_winograd_grid *grid) {
    return sn_winograd_along(sn_winograd_side(SN_WINOGRAD_HEIGHTS, grid->point_rows - 2));
}

// G g G' of one output channel, from row `row` on: from bytes g + 128, weights[pairs / 2][9
// taps][4], to words target[rows][pairs][columns][2], of which it writes every other one. Beside an
// edge the first two columns are the taps 1 and 0 across of G g. To keep low channels from
// borrowing there too, what arrives is larger by an offset, the same for both channels: the bytes'
// 128, 2304 more in the first tap of each column, and 512 more in the first value of the last row
// between the passes. The sums start lower for that: at so many times the sum of the values as
// sn_winograd_less_6 (rows of 6 points), _4 and, for the edge, _2 say for the points of F(4, 3) in
// time, of which F(2, 3) has rows 0, 1, 2 and 5.
void sn_winograd_weights(const uint8_t *weights, uint32_t *target, const sn_winograd_grid *grid,
                         uint32_t row);

extern const int32_t sn_winograd_less_6[36];
extern const int32_t sn_winograd_less_4[24];
extern const int32_t sn_winograd_less_2[12];

static inline const int32_t *sn_winograd_less(const sn_winograd_grid *grid) {
    if (grid->points == 2) {
        return sn_winograd_less_2;
    }
    return sn_winograd_side(SN_WINOGRAD_WIDTHS, grid->points - 2) == 4 ? sn_winograd_less_6
                                                                       : sn_winograd_less_4;
}

// Writes where the sums start, the first `tiles` words of each point.
void sn_winograd_starts(uint32_t *values, const sn_winograd_grid *grid);

// sums[tiles][2][SN_WINOGRAD_SUMS]: for each tile and output channel the start and the products of
// the values with the weights, added up over the pairs; of `rows` rows of points, to which `values`
// and `sums` point.
void sn_winograd_products_made(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                               const sn_winograd_grid *grid);

// The same with weights of the tables, weights[points][pairs][4], `points` in all, of which 3 tiles
// take the first two: sums[3][2][SN_WINOGRAD_SUMS]; else sums[4][tiles][SN_WINOGRAD_SUMS].
void sn_winograd_products_stored(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                                 uint32_t pairs, uint32_t tiles, uint32_t points);

#if SN_V6M
// There the weights of the tables are [output_channels / 2][points][1 + pairs][2], the low
// channel's in the upper half, the high channel's plus SN_WINOGRAD_RAISED in the lower one, and the
// first words are what belongs to the sums of sn_winograd_products_v6m.c for the weights alone.
// This writes what belongs to them for the values alone, to the first words of each point.
#define SN_WINOGRAD_RAISED 8192u
void sn_winograd_starts_stored(uint32_t *values, uint32_t points, uint32_t pairs, uint32_t tiles);
#endif

// How far the weights of output channel `lane` of four lie behind those of the first one, and the
// next four's.
static inline uint32_t sn_winograd_stored_words(uint32_t points, uint32_t pairs, uint32_t lane) {
#if SN_V6M
    return lane * points * (1 + pairs);
#else
    return lane < 4 ? lane : 4 * points * pairs;
#endif
}

// S A along points that lie `step` words apart, for a side of 4 or 2 outputs.
static inline void sn_winograd_output_vector(uint32_t side, const uint32_t *m, uint32_t step,
                                             uint32_t *y) {
    const uint32_t near_sum = m[step] + m[2 * step];
    const uint32_t near = m[step] - m[2 * step];
    if (side == 2) {
        y[0] = near_sum - 2 * m[0];
        y[1] = near + 2 * m[3 * step];
        return;
    }
    const uint32_t far_sum = m[3 * step] + m[4 * step];
    const uint32_t far = m[3 * step] - m[4 * step];
    y[0] = 6 * m[0] - 4 * near_sum + far_sum;
    y[1] = 2 * far - 4 * near;
    y[2] = 4 * (far_sum - near_sum);
    y[3] = 8 * far - 4 * near + 24 * m[5 * step];
}

// S A down and along, what is left of the scale, and the bias: from the sums of a tile's points to
// the scaled sums of the convolution, [height][width].
void sn_winograd_outputs(const sn_winograd *layer, const uint32_t *sums,
                         const sn_winograd_channel *channel, uint32_t (*outputs)[4]);

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
