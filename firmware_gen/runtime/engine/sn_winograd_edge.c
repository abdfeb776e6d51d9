#include "engine/sn_winograd_edge.h"

#include <stdbool.h>

#include "engine/sn_winograd_tile.h"
#include "engine/sn_winograd_transform.h"

#define MOST 4u

// The two columns of a quad of channels, transformed in `columns`, to the points of two pairs:
// of a row the last column first.
static void place(const uint32_t *columns, uint32_t rows, uint32_t *values, uint32_t tiles,
                  uint32_t point) {
    for (uint32_t i = 0; i < rows; ++i, columns += SN_WINOGRAD_COLUMNS, values += 2 * point) {
        const uint32_t *const second = columns + rows * SN_WINOGRAD_COLUMNS;
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
    const uint32_t height = sn_winograd_height(layer);
    rows += height * batch->tile_row;
    for (uint32_t tile = 0; tile < tiles; ++tile, rows += height) {
        uint32_t *to = values + tiles + tile;
        for (uint32_t channel = 0; channel < channels; channel += 4, to += 2 * tiles) {
            sn_winograd_columns(layer, rows, offset + channel, scratch, 2);
            place(scratch, sn_winograd_along(height), to, tiles, (1 + channels / 2) * tiles);
        }
    }
}

// The scaled sums of an output channel, as many as a tile is high.
static void outputs(const sn_winograd *layer, uint32_t number, const uint32_t *sums,
                    int32_t *scaled) {
    const uint32_t height = sn_winograd_height(layer);
    const uint32_t scale = sn_winograd_scale(layer);
    const sn_winograd_edge_channel *const edge = &layer->edges[number];
    const int32_t zero = layer->input_zero + 128;
    const int32_t beyond = edge->beyond;
    const int32_t raised[2] = {edge->raised[0], edge->raised[1]};
    const uint32_t bias =
        (uint32_t)layer->channels[number].bias + ((uint32_t)(zero * beyond) << scale);
    // The columns' factor is missing: no transform goes along them.
    const uint32_t factor = sn_winograd_side_inverse(height)
                            << sn_winograd_side_scale(sn_winograd_width(layer));
    const uint32_t offset = SN_WINOGRAD_EDGE_OFFSET << scale;
    const uint32_t upper = bias - offset * (uint32_t)raised[0];
    const uint32_t lower = bias - offset * (uint32_t)raised[1];
    const bool is_high = height == 4;
    const uint32_t m[6] = {sums[0] + sums[1],
                           sums[2] + sums[3],
                           sums[4] + sums[5],
                           sums[6] + sums[7],
                           is_high ? sums[8] + sums[9] : 0,
                           is_high ? sums[10] + sums[11] : 0};
    uint32_t y[MOST];
    sn_winograd_output_vector(height, m, 1, y);
    scaled[0] = (int32_t)(y[0] * factor + (is_high ? bias : upper));
    scaled[1] = (int32_t)(y[1] * factor + (is_high ? bias : lower));
    if (is_high) {
        scaled[2] = (int32_t)(y[2] * factor + upper);
        scaled[3] = (int32_t)(y[3] * factor + lower);
    }
}

static inline int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

// Rows that the clip's end parts, or that lie outside.
static void write_inside(const sn_winograd *layer, const sn_winograd_rows *row,
                         const sn_winograd_channel *channel, const int32_t *scaled, uint32_t at) {
    const uint32_t pool = layer->pool_rows;
    for (uint32_t i = 0; i < sn_winograd_height(layer) / pool; ++i) {
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
    int32_t scaled[MOST];
    outputs(layer, number, sums, scaled);
    if (row->is_whole && layer->pool_rows == 2) {
        row->outputs[0][at] = sn_winograd_byte(layer, channel, larger(scaled[0], scaled[1]));
        if (sn_winograd_height(layer) == 4) {
            row->outputs[1][at] = sn_winograd_byte(layer, channel, larger(scaled[2], scaled[3]));
        }
    } else {
        write_inside(layer, row, channel, scaled, at);
    }
}

void sn_winograd_edge_write(const sn_winograd *layer, const sn_winograd_batch *batch,
                            const sn_winograd_rows *rows, const uint32_t *sums, uint32_t number) {
    const uint32_t at = batch->column / layer->pool_columns * layer->output_channels + number;
    for (uint32_t tile = 0; tile < batch->tile_rows; ++tile) {
        for (uint32_t lane = 0; lane < 2; ++lane, sums += SN_WINOGRAD_SUMS) {
            write(layer, &rows[batch->tile_row + tile], number + lane, sums, at + lane);
        }
    }
}
