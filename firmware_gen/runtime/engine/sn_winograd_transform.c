#include "engine/sn_winograd_transform.h"

#include "engine/sn_dsp.h"

// 1 / 9 modulo 2^32.
#define INVERSE_OF_9 954437177u

const int32_t sn_winograd_less[SN_WINOGRAD_POINTS] = {
    -2432, -7296, -2432, -17024, -7296, -2432, -2688, -8064, -2688, -18816, -8064, -2688,
    -2432, -7296, -2432, -17024, -7296, -2432, -3200, -9600, -3200, -22400, -9600, -3200,
    -2688, -8064, -2688, -18816, -8064, -2688, -640,  -896,  -640,  -1408,  -896,  -128};

const int32_t sn_winograd_edge_less[12] = {-2432, -2432, -2688, -2688, -2432, -2432,
                                           -3200, -3200, -2688, -2688, -128,  -640};

#if !SN_DSP

#define LOW_BYTES 0x00ff00ffu

// Two channels in one word, high * 65536 + low, modulo 2^32.
static inline void input_vector(const uint32_t d[6], uint32_t *target, uint32_t step) {
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

void sn_winograd_columns(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                         uint32_t count, uint32_t stride) {
    for (uint32_t x = 0; x < count; ++x, offset += stride) {
        uint32_t first[6];
        uint32_t second[6];
        for (uint32_t i = 0; i < 6; ++i) {
            const uint32_t word = load(rows[i] + offset) ^ 0x80808080u;
            first[i] = word & LOW_BYTES;
            second[i] = word >> 8 & LOW_BYTES;
        }
        input_vector(first, target + x, SN_WINOGRAD_COLUMNS);
        input_vector(second, target + 6 * SN_WINOGRAD_COLUMNS + x, SN_WINOGRAD_COLUMNS);
    }
}

void sn_winograd_points(const uint32_t *source, uint32_t *values, uint32_t tiles, uint32_t point) {
    for (uint32_t i = 0; i < 12; ++i, source += SN_WINOGRAD_COLUMNS) {
        uint32_t *const target = values + (i / 6) * tiles + (i % 6) * 6 * point;
        const uint32_t d[6] = {source[0],
                               source[1],
                               source[2],
                               source[3],
                               source[4] + SN_WINOGRAD_OFFSET,
                               source[5] + SN_WINOGRAD_OFFSET};
        input_vector(d, target, point);
    }
}

static inline void weight_vector(uint32_t a, uint32_t b, uint32_t c, uint32_t *target,
                                 uint32_t step) {
    const uint32_t far = a + 4 * c;
    target[0] = a;
    target[step] = a + c + b;
    target[2 * step] = a + c - b;
    target[3 * step] = far + 2 * b;
    target[4 * step] = far - 2 * b;
    target[5 * step] = c;
}

// The taps of a pair of channels, each high * 65536 + low, to target[rows][pairs][columns][2].
static void weight_points(const uint32_t taps[9], uint32_t *target, const sn_winograd_grid *grid,
                          uint32_t row) {
    uint32_t first[3][6];
    for (uint32_t j = 0; j < 3; ++j) {
        weight_vector(taps[j] + 0x09000900u, taps[3 + j], taps[6 + j], first[j], 1);
    }
    first[0][5] += 0x02000200u;
    for (uint32_t i = row; i < row + grid->rows; ++i) {
        if (grid->columns == 7) {
            target[0] = first[1][i];
        }
        weight_vector(first[0][i], first[1][i], first[2][i], target + 2 * (grid->columns - 6), 2);
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

void sn_winograd_starts(uint32_t *values, const sn_winograd_grid *grid) {
    const int32_t *const less = grid->points == 6 ? sn_winograd_less : sn_winograd_edge_less;
    for (uint32_t point = 0; point < 6 * grid->points; ++point) {
        for (uint32_t tile = 0; tile < grid->tiles; ++tile) {
            uint32_t sum = 0;
            for (uint32_t pair = 1; pair <= grid->pairs; ++pair) {
                const uint32_t word = values[pair * grid->tiles + tile];
                const int32_t high = (int16_t)(uint16_t)(word >> 16);
                sum += word & 0xffffu;
                sum += (uint32_t)high;
            }
            values[tile] = (uint32_t)less[point] * sum;
        }
        values += (1 + grid->pairs) * grid->tiles;
    }
}

#endif

static inline void output_vector(const uint32_t m[6], uint32_t target[4]) {
    const uint32_t near_sum = m[1] + m[2];
    const uint32_t near = m[1] - m[2];
    const uint32_t far_sum = m[3] + m[4];
    const uint32_t far = m[3] - m[4];
    target[0] = 6 * m[0] - 4 * near_sum + far_sum;
    target[1] = 2 * far - 4 * near;
    target[2] = 4 * (far_sum - near_sum);
    target[3] = 8 * far - 4 * near + 24 * m[5];
}

void sn_winograd_outputs(const uint32_t *sums, const sn_winograd_channel *channel,
                         uint32_t (*outputs)[4]) {
    uint32_t columns[4][6];
    for (uint32_t j = 0; j < 6; ++j) {
        const uint32_t m[6] = {sums[j],      sums[6 + j],  sums[12 + j],
                               sums[18 + j], sums[24 + j], sums[30 + j]};
        uint32_t column[4];
        output_vector(m, column);
        for (uint32_t i = 0; i < 4; ++i) {
            columns[i][j] = column[i];
        }
    }
    for (uint32_t i = 0; i < 4; ++i) {
        output_vector(columns[i], outputs[i]);
        for (uint32_t j = 0; j < 4; ++j) {
            const int32_t raised = i < 2 || j < 2 ? 0 : channel->raised[2 * i + j - 6];
            outputs[i][j] = outputs[i][j] * INVERSE_OF_9 + (uint32_t)channel->bias -
                            64 * SN_WINOGRAD_OFFSET * (uint32_t)raised;
        }
    }
}
