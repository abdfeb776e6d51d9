#include "engine/sn_winograd_transform.h"

#include "engine/sn_dsp.h"
#include "engine/sn_winograd_tile.h"

const int32_t sn_winograd_less_6[36] = {
    -2432, -7296, -2432, -17024, -7296, -2432, -2688, -8064, -2688, -18816, -8064, -2688,
    -2432, -7296, -2432, -17024, -7296, -2432, -3200, -9600, -3200, -22400, -9600, -3200,
    -2688, -8064, -2688, -18816, -8064, -2688, -640,  -896,  -640,  -1408,  -896,  -128};

const int32_t sn_winograd_less_4[24] = {-2432, -7296, -2432, -2432, -2688, -8064, -2688, -2688,
                                        -2432, -7296, -2432, -2432, -3200, -9600, -3200, -3200,
                                        -2688, -8064, -2688, -2688, -640,  -896,  -640,  -128};

const int32_t sn_winograd_less_2[12] = {-2432, -2432, -2688, -2688, -2432, -2432,
                                        -3200, -3200, -2688, -2688, -128,  -640};

#if !SN_DSP

#define LOW_BYTES 0x00ff00ffu

// Two channels in one word, high * 65536 + low, modulo 2^32. `points`: 6 or 4.
static inline void input_vector(uint32_t points, const uint32_t *d, uint32_t *target,
                                uint32_t step) {
    if (points == 4) {
        target[0] = d[2] - d[0];
        target[step] = d[2] + d[1];
        target[2 * step] = d[2] - d[1];
        target[3 * step] = d[3] - d[1];
        return;
    }
    const uint32_t even = d[4] - d[2];
    const uint32_t odd = 2 * (d[3] - d[1]);
    const uint32_t even4 = d[4] - 4 * d[2];
    const uint32_t odd4 = d[3] - 4 * d[1];
    target[0] = even + 4 * (d[0] - d[2]);
    target[step] = even4 + odd4;
    target[2 * step] = even4 - odd4;
    target[3 * step] = even + odd;
    target[4 * step] = even - odd;
    target[5 * step] = d[5] - d[3] - 2 * odd;
}

static inline uint32_t load(const int8_t *bytes) {
    return (uint32_t)(uint8_t)bytes[0] | (uint32_t)(uint8_t)bytes[1] << 8 |
           (uint32_t)(uint8_t)bytes[2] << 16 | (uint32_t)(uint8_t)bytes[3] << 24;
}

static inline void transform_columns(uint32_t points, const int8_t *const *rows, uint32_t offset,
                                     uint32_t *target, uint32_t count, uint32_t stride) {
    for (uint32_t x = 0; x < count; ++x, offset += stride) {
        uint32_t first[6];
        uint32_t second[6];
        for (uint32_t i = 0; i < points; ++i) {
            const uint32_t word = load(rows[i] + offset) ^ 0x80808080u;
            first[i] = word & LOW_BYTES;
            second[i] = word >> 8 & LOW_BYTES;
        }
        input_vector(points, first, target + x, SN_WINOGRAD_COLUMNS);
        input_vector(points, second, target + points * SN_WINOGRAD_COLUMNS + x,
                     SN_WINOGRAD_COLUMNS);
    }
}

void sn_winograd_columns_6(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                           uint32_t count, uint32_t stride) {
    transform_columns(6, rows, offset, target, count, stride);
}

void sn_winograd_columns_4(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                           uint32_t count, uint32_t stride) {
    transform_columns(4, rows, offset, target, count, stride);
}

// A tile of `rows` x `points` points.
static inline void transform_rows(uint32_t rows, uint32_t points, const uint32_t *source,
                                  uint32_t *values, uint32_t tiles, uint32_t point) {
    for (uint32_t i = 0; i < 2 * rows; ++i, source += SN_WINOGRAD_COLUMNS) {
        const uint32_t row = i < rows ? i : i - rows;
        uint32_t *const target = values + (i < rows ? 0 : tiles) + row * points * point;
        uint32_t d[6];
        for (uint32_t j = 0; j < points; ++j) {
            d[j] = source[j] + (j < points - 2 ? 0 : SN_WINOGRAD_OFFSET);
        }
        input_vector(points, d, target, point);
    }
}

void sn_winograd_points_6x6(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point) {
    transform_rows(6, 6, source, values, tiles, point);
}

void sn_winograd_points_6x4(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point) {
    transform_rows(6, 4, source, values, tiles, point);
}

void sn_winograd_points_4x6(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point) {
    transform_rows(4, 6, source, values, tiles, point);
}

void sn_winograd_points_4x4(const uint32_t *source, uint32_t *values, uint32_t tiles,
                            uint32_t point) {
    transform_rows(4, 4, source, values, tiles, point);
}

// All six points, or, where `points` is 4, those of F(2, 3).
static inline void weight_vector(uint32_t points, uint32_t a, uint32_t b, uint32_t c,
                                 uint32_t *target, uint32_t step) {
    target[0] = a;
    target[step] = a + c + b;
    target[2 * step] = a + c - b;
    if (points == 6) {
        const uint32_t far = a + 4 * c;
        target[3 * step] = far + 2 * b;
        target[4 * step] = far - 2 * b;
    }
    target[(points - 1) * step] = c;
}

// The taps of a pair of channels, each high * 65536 + low, to target[rows][pairs][columns][2].
static void weight_points(const uint32_t taps[9], uint32_t *target, const sn_winograd_grid *grid,
                          uint32_t row) {
    const uint32_t rows = sn_winograd_point_rows(grid);
    const uint32_t points =
        sn_winograd_along(sn_winograd_side(SN_WINOGRAD_WIDTHS, grid->points - 2));
    const uint32_t beside = grid->columns - points;
    uint32_t first[3][6];
    for (uint32_t j = 0; j < 3; ++j) {
        weight_vector(rows, taps[j] + 0x09000900u, taps[3 + j], taps[6 + j], first[j], 1);
    }
    first[0][rows - 1] += 0x02000200u;
    for (uint32_t i = row; i < row + grid->rows; ++i) {
        if (beside) {
            target[0] = first[1][i];
        }
        weight_vector(points, first[0][i], first[1][i], first[2][i], target + 2 * beside, 2);
        target += 2 * grid->columns * grid->pairs;
    }
}

void sn_winograd_weights(const uint8_t *weights, uint32_t *target, const sn_winograd_grid *grid,
                         uint32_t row) {
    for (uint32_t pair = 0; pair < grid->pairs; pair += 2) {
        uint32_t first[9];
        uint32_t second[9];
        for (uint32_t tap = 0; tap < 9; ++tap) {
            const uint8_t *const quad = weights + 4 * tap;
            first[tap] = (uint32_t)quad[2] << 16 | quad[0];
            second[tap] = (uint32_t)quad[3] << 16 | quad[1];
        }
        weight_points(first, target, grid, row);
        weight_points(second, target + 2 * grid->columns, grid, row);
        weights += 36;
        target += 4 * grid->columns;
    }
}

static inline uint32_t sum_of_values(const uint32_t *values, const sn_winograd_grid *grid) {
    uint32_t sum = 0;
    for (uint32_t pair = 1; pair <= grid->pairs; ++pair) {
        const uint32_t word = values[pair * grid->tiles];
        const int32_t high = (int16_t)(uint16_t)(word >> 16);
        sum += word & 0xffffu;
        sum += (uint32_t)high;
    }
    return sum;
}

void sn_winograd_starts(uint32_t *values, const sn_winograd_grid *grid) {
    for (uint32_t row = 0; row < sn_winograd_point_rows(grid); ++row) {
        const uint32_t same = row == 3 && sn_winograd_point_rows(grid) == 4 ? 5 : row;
        const int32_t *const less = sn_winograd_less(grid) + same * grid->points;
        for (uint32_t point = 0; point < grid->points; ++point) {
            for (uint32_t tile = 0; tile < grid->tiles; ++tile) {
                values[tile] = (uint32_t)less[point] * sum_of_values(values + tile, grid);
            }
            values += (1 + grid->pairs) * grid->tiles;
        }
    }
}

#endif

void sn_winograd_outputs(const sn_winograd *layer, const uint32_t *sums,
                         const sn_winograd_channel *channel, uint32_t (*outputs)[4]) {
    const uint32_t height = sn_winograd_height(layer);
    const uint32_t width = sn_winograd_width(layer);
    const uint32_t points = sn_winograd_along(width);
    const uint32_t inverse = sn_winograd_side_inverse(height) * sn_winograd_side_inverse(width);
    const uint32_t offset = SN_WINOGRAD_OFFSET << sn_winograd_scale(layer);
    uint32_t columns[24];
    for (uint32_t j = 0; j < points; ++j) {
        sn_winograd_output_vector(height, sums + j, points, columns + 4 * j);
    }
    for (uint32_t i = 0; i < height; ++i) {
        sn_winograd_output_vector(width, columns + i, 4, outputs[i]);
        for (uint32_t j = 0; j < width; ++j) {
            outputs[i][j] = outputs[i][j] * inverse + (uint32_t)channel->bias;
        }
    }
    for (uint32_t i = 0; i < 4; ++i) {
        const int32_t raised = channel->raised[i];
        outputs[height - 2 + i / 2][width - 2 + i % 2] -= offset * (uint32_t)raised;
    }
}
