#include "engine/sn_winograd_edge.h"

#include "engine/sn_winograd_transform.h"

// 64 / 24 modulo 2^32.
#define EIGHT_THIRDS 0x55555558u

// The two columns of a quad of channels, transformed in `columns`, to the points of two pairs.
static void place(const uint32_t *columns, uint32_t *values, uint32_t tiles, uint32_t point) {
    for (uint32_t i = 0; i < 6; ++i, columns += SN_WINOGRAD_COLUMNS, values += 2 * point) {
        const uint32_t *const second = columns + 6 * SN_WINOGRAD_COLUMNS;
        values[0] = columns[0] + SN_WINOGRAD_EDGE_OFFSET;
        values[tiles] = second[0] + SN_WINOGRAD_EDGE_OFFSET;
        values[point] = columns[1] + SN_WINOGRAD_EDGE_OFFSET;
        values[point + tiles] = second[1] + SN_WINOGRAD_EDGE_OFFSET;
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
static void outputs(const uint32_t *sums, const int32_t *bias, int32_t *scaled) {
    uint32_t m[6];
    for (uint32_t i = 0; i < 6; ++i) {
        m[i] = sums[2 * i] + sums[2 * i + 1];
    }
    const uint32_t near_sum = m[1] + m[2];
    const uint32_t near = m[1] - m[2];
    const uint32_t far_sum = m[3] + m[4];
    const uint32_t far = m[3] - m[4];
    const uint32_t y[4] = {6 * m[0] - 4 * near_sum + far_sum, 2 * far - 4 * near,
                           4 * (far_sum - near_sum), 8 * far - 4 * near + 24 * m[5]};
    for (uint32_t i = 0; i < 4; ++i) {
        scaled[i] = (int32_t)(y[i] * EIGHT_THIRDS + (uint32_t)bias[i < 2 ? 0 : i - 1]);
    }
}

static void write(const sn_winograd *layer, const sn_winograd_rows *row, uint32_t number,
                  const uint32_t *sums, uint32_t at) {
    const uint32_t pool = layer->pool_rows;
    int32_t scaled[4];
    outputs(sums, layer->edge_biases + 3 * number, scaled);
    for (uint32_t i = 0; i < 4 / pool; ++i) {
        if (!row->outputs[i]) {
            continue;
        }
        int32_t best = INT32_MIN;
        for (uint32_t y = i * pool; y < (i + 1) * pool; ++y) {
            best = row->inside >> y & 1u && scaled[y] > best ? scaled[y] : best;
        }
        row->outputs[i][at] = sn_winograd_byte(layer, layer->channels + number, best);
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
