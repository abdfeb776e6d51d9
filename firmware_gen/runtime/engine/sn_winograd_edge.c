#include "engine/sn_winograd_edge.h"

#include "engine/sn_winograd_transform.h"

#define TILE 4u

// 64 / 24 modulo 2^32.
#define EIGHT_THIRDS 0x55555558u

#define RAISED (64 * SN_WINOGRAD_EDGE_OFFSET)

// The two columns of a quad of channels, transformed in `columns`, to the points of two pairs:
// of a row the last column first.
static void place(const uint32_t *columns, uint32_t *values, uint32_t tiles, uint32_t point) {
    for (uint32_t i = 0; i < 6; ++i, columns += SN_WINOGRAD_COLUMNS, values += 2 * point) {
        const uint32_t *const second = columns + 6 * SN_WINOGRAD_COLUMNS;
        values[0] = columns[1] + SN_WINOGRAD_EDGE_OFFSET;
        values[tiles] = second[1] + SN_WINOGRAD_EDGE_OFFSET;
        values[point] = columns[0] + SN_WINOGRAD_EDGE_OFFSET;
        values[point + tiles] = second[0] + SN_WINOGRAD_EDGE_OFFSET;
    }
}

void sn_winograd_edge_values(const sn_winograd *layer, const sn_winograd_batch *batch,
                             const int8_t *const *rows, uint32_t *scratch, uint32_t *values) {
    const uint32_t channels = layer->input_channels;
    const uint32_t tiles = batch->tile_rows;
    const uint32_t offset = (layer->width - 2) * channels;
    rows += 4 * batch->tile_row;
    for (uint32_t tile = 0; tile < tiles; ++tile, rows += 4) {
        uint32_t *to = values + tiles + tile;
        for (uint32_t channel = 0; channel < channels; channel += 4, to += 2 * tiles) {
            sn_winograd_columns(rows, offset + channel, scratch, 2, channels);
            place(scratch, to, tiles, (1 + channels / 2) * tiles);
        }
    }
}

// 64 times the four sums of an output channel.
static void outputs(const sn_winograd *layer, uint32_t number, const uint32_t *sums,
                    int32_t *scaled) {
    const sn_winograd_edge_channel *const edge = &layer->edges[number];
    const int32_t zero = layer->input_zero + 128;
    const int32_t beyond = edge->beyond;
    const int32_t raised[2] = {edge->raised[0], edge->raised[1]};
    const uint32_t bias = (uint32_t)layer->channels[number].bias + 64 * (uint32_t)(zero * beyond);
    const uint32_t m0 = sums[0] + sums[1];
    const uint32_t m1 = sums[2] + sums[3];
    const uint32_t m2 = sums[4] + sums[5];
    const uint32_t m3 = sums[6] + sums[7];
    const uint32_t m4 = sums[8] + sums[9];
    const uint32_t m5 = sums[10] + sums[11];
    const uint32_t y0 = 6 * m0 - 4 * (m1 + m2) + (m3 + m4);
    const uint32_t y1 = 2 * (m3 - m4) - 4 * (m1 - m2);
    const uint32_t y2 = 4 * (m3 + m4) - 4 * (m1 + m2);
    const uint32_t y3 = 8 * (m3 - m4) - 4 * (m1 - m2) + 24 * m5;
    scaled[0] = (int32_t)(y0 * EIGHT_THIRDS + bias);
    scaled[1] = (int32_t)(y1 * EIGHT_THIRDS + bias);
    scaled[2] = (int32_t)(y2 * EIGHT_THIRDS + bias - RAISED * (uint32_t)raised[0]);
    scaled[3] = (int32_t)(y3 * EIGHT_THIRDS + bias - RAISED * (uint32_t)raised[1]);
}

static inline int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

// Rows that the clip's end parts, or that lie outside.
static void write_inside(const sn_winograd *layer, const sn_winograd_rows *row,
                         const sn_winograd_channel *channel, const int32_t *scaled, uint32_t at) {
    const uint32_t pool = layer->pool_rows;
    for (uint32_t i = 0; i < TILE / pool; ++i) {
        int32_t best = INT32_MIN;
        for (uint32_t y = i * pool; y < (i + 1) * pool; ++y) {
            best = row->inside >> y & 1u ? larger(scaled[y], best) : best;
        }
        if (row->outputs[i]) {
            row->outputs[i][at] = sn_winograd_byte(layer, channel, best);
        }
    }
}

static void write(const sn_winograd *layer, const sn_winograd_rows *row, uint32_t number,
                  const uint32_t *sums, uint32_t at) {
    const sn_winograd_channel *const channel = layer->channels + number;
    int32_t scaled[TILE];
    outputs(layer, number, sums, scaled);
    if (row->is_whole && layer->pool_rows == 2) {
        const int32_t upper = larger(scaled[0], scaled[1]);
        const int32_t lower = larger(scaled[2], scaled[3]);
        row->outputs[0][at] = sn_winograd_byte(layer, channel, upper);
        row->outputs[1][at] = sn_winograd_byte(layer, channel, lower);
    } else {
        write_inside(layer, row, channel, scaled, at);
    }
}

void sn_winograd_edge_write(const sn_winograd *layer, const sn_winograd_batch *batch,
                            const sn_winograd_rows *rows, const uint32_t *sums, uint32_t number) {
    const uint32_t at = batch->column / layer->pool_columns * layer->output_channels + number;
    for (uint32_t tile = 0; tile < batch->tile_rows; ++tile) {
        for (uint32_t lane = 0; lane < 2; ++lane, sums += SN_WINOGRAD_POINTS) {
            write(layer, &rows[batch->tile_row + tile], number + lane, sums, at + lane);
        }
    }
}
