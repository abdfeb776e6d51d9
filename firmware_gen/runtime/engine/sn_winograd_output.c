#include "engine/sn_winograd_output.h"

#include "engine/sn_dsp.h"
#include "engine/sn_winograd_tile.h"
#include "engine/sn_winograd_transform.h"

#define MOST 4u
#define MOST_LANES 4u

// The largest of the sums that pool into output (i, j), of those in the clip.
static int32_t pooled(const sn_winograd *layer, uint32_t (*const sums)[4], uint32_t inside,
                      uint32_t columns, uint32_t i, uint32_t j) {
    int32_t best = INT32_MIN;
    for (uint32_t y = i * layer->pool_rows; y < (i + 1) * layer->pool_rows; ++y) {
        for (uint32_t x = j * layer->pool_columns; x < (j + 1) * layer->pool_columns; ++x) {
            const int32_t sum = (int32_t)sums[y][x];
            if (inside >> y & 1u && x < columns && sum > best) {
                best = sum;
            }
        }
    }
    return best;
}

// One tile of one output channel, of whose columns `columns` lie in the picture, to the bytes `at`
// behind the row's outputs.
static void write_part(const sn_winograd *layer, const sn_winograd_rows *row, uint32_t columns,
                       const sn_winograd_channel *channel, const uint32_t *tile_sums, uint32_t at) {
    uint32_t sums[MOST][MOST];
    sn_winograd_outputs(layer, tile_sums, channel, sums);
    for (uint32_t i = 0; i < sn_winograd_height(layer) / layer->pool_rows; ++i) {
        if (!row->outputs[i]) {
            continue;
        }
        int8_t *to = row->outputs[i] + at;
        for (uint32_t j = 0; j * layer->pool_columns < columns; ++j) {
            *to = sn_winograd_byte(layer, channel, pooled(layer, sums, row->inside, columns, i, j));
            to += layer->output_channels;
        }
    }
}

#if SN_DSP

// A tile that leaves the picture is made in bytes of its own, of which those inside are copied.
static void copy_inside(const sn_winograd *layer, const sn_winograd_rows *row, uint32_t columns,
                        const sn_winograd_target *target, const sn_winograd_channel *channel,
                        const uint32_t *sums) {
    int8_t bytes[MOST][MOST * MOST_LANES];
    int8_t *const rows[MOST] = {bytes[0], bytes[1], bytes[2], bytes[3]};
    const sn_winograd_target own = {rows, 0, target->lanes, target->lanes, target->next};
    sn_winograd_tile(sums, channel, &own, layer);
    for (uint32_t i = 0; i < sn_winograd_height(layer) / layer->pool_rows; ++i) {
        int8_t *to = row->outputs[i] ? row->outputs[i] + target->at : 0;
        const int8_t *from = bytes[i];
        for (uint32_t j = 0; to && j * layer->pool_columns < columns; ++j, to += target->step) {
            for (uint32_t lane = 0; lane < target->lanes; ++lane) {
                to[lane] = *from++;
            }
        }
    }
}

#endif

// One tile in the output channels of `target`, of whose columns `left` lie in the picture.
static void write_tile(const sn_winograd *layer, const sn_winograd_rows *row, uint32_t left,
                       const sn_winograd_target *target, const sn_winograd_channel *channel,
                       const uint32_t *sums) {
    const uint32_t width = sn_winograd_width(layer);
    const uint32_t columns = left < width ? left : width;
#if SN_DSP
    if (layer->is_plain && row->is_even && columns % layer->pool_columns == 0) {
        copy_inside(layer, row, columns, target, channel, sums);
        return;
    }
#endif
    for (uint32_t lane = 0; lane < target->lanes; ++lane, sums += target->next) {
        write_part(layer, row, columns, channel + lane, sums, target->at + lane);
    }
}

void sn_winograd_write(const sn_winograd *layer, const sn_winograd_batch *batch,
                       const sn_winograd_rows *rows, const uint32_t *sums, uint32_t number,
                       const sn_winograd_sets *sets) {
    const sn_winograd_channel *const channel = layer->channels + number;
    const uint32_t width = sn_winograd_width(layer);
    const uint32_t pixels = width / layer->pool_columns;
    sn_winograd_target target = {0, 0, layer->output_channels, sets->lanes,
                                 sets->next * SN_WINOGRAD_SUMS};
    for (uint32_t r = batch->tile_row; r < batch->tile_row + batch->tile_rows; ++r) {
        uint32_t left = layer->width - batch->column;
        target.rows = rows[r].outputs;
        target.at = batch->column / width * pixels * layer->output_channels + number;
        for (uint32_t tile = 0; tile < batch->columns; ++tile) {
#if SN_DSP
            const bool is_narrow = left == layer->pool_columns && left < width;
            const bool is_whole =
                layer->is_plain && rows[r].is_whole && (left >= width || is_narrow);
            target.step = is_whole && is_narrow ? 0 : layer->output_channels;
            if (is_whole) {
                sn_winograd_tile(sums, channel, &target, layer);
            } else
#endif
            {
                write_tile(layer, &rows[r], left, &target, channel, sums);
            }
            target.at += pixels * layer->output_channels;
            left -= width;
            sums += sets->step * SN_WINOGRAD_SUMS;
        }
    }
}
