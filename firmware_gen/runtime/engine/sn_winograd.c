#include "engine/sn_winograd.h"

#include <stdbool.h>

#include "engine/sn_dsp.h"
#include "engine/sn_requantize.h"
#include "engine/sn_winograd_transform.h"

#define TILE 4u
#define MOST_TILE_ROWS 4u
#define MOST_LANES 4u

// What a row of tiles writes: `outputs`, one for each row behind the pool, 0 where there is none;
// bit i of `inside`: whether row i of the convolution is in the clip. `is_whole`: all are there.
// `is_fast`: the table is plain, and no row behind the pool has rows both inside and outside.
typedef struct {
    int8_t *outputs[TILE];
    uint32_t inside;
    bool is_whole;
    bool is_fast;
} tile_row;

// A run. The first words of the workspace are `scratch`: the input half transformed, then sums.
typedef struct {
    const sn_winograd *layer;
    uint32_t *scratch;
    tile_row rows[MOST_TILE_ROWS];
} strip;

static void find_rows(strip *run, const int8_t *const *input, int8_t *const *outputs) {
    const sn_winograd *const layer = run->layer;
    for (uint32_t r = 0; r < layer->tile_rows; ++r) {
        tile_row *const row = &run->rows[r];
        row->inside = 0;
        for (uint32_t i = 0; i < TILE; ++i) {
            row->inside |= input[TILE * r + i + 1] ? 1u << i : 0;
        }
        row->is_whole = row->inside == 15;
        row->is_fast = layer->is_plain &&
                       (layer->pool_rows == 1 || ((row->inside ^ row->inside >> 1) & 5u) == 0);
        for (uint32_t i = 0; i < TILE / layer->pool_rows; ++i) {
            row->outputs[i] = outputs[TILE / layer->pool_rows * r + i];
            row->is_whole = row->is_whole && row->outputs[i];
        }
    }
}

// The columns outside the picture hold a constant, of whose transform only row 1 is not 0.
static void pad_columns(uint32_t *columns, uint32_t from, uint32_t end, int8_t zero) {
    const uint32_t byte = (uint32_t)(zero + 128);
    for (uint32_t x = from; x < end; ++x) {
        for (uint32_t i = 0; i < 12; ++i) {
            columns[SN_WINOGRAD_COLUMNS * i + x] = i % 6 == 1 ? 0u - 6 * (byte << 16 | byte) : 0;
        }
    }
}

// The transformed input of one row of a batch's tiles, which begin at `values`.
static void transform_row(const strip *run, const sn_winograd_batch *batch,
                          const int8_t *const *six, uint32_t *values) {
    const sn_winograd *const layer = run->layer;
    const uint32_t channels = layer->input_channels;
    const uint32_t tiles = batch->columns * batch->tile_rows;
    const uint32_t point = (1 + channels / 2) * tiles;
    const uint32_t skipped = batch->column ? 0 : 1;
    const uint32_t from = batch->column + skipped - 1;
    const uint32_t wanted = TILE * batch->columns + 2;
    const uint32_t left = layer->width - from;
    const uint32_t present = left < wanted - skipped ? left : wanted - skipped;
    uint32_t *const columns = run->scratch;
    pad_columns(columns, 0, skipped, layer->input_zero);
    pad_columns(columns, skipped + present, wanted, layer->input_zero);
    for (uint32_t channel = 0; channel < channels; channel += 4, values += 2 * tiles) {
        sn_winograd_columns(six, from * channels + channel, columns + skipped, present, channels);
        for (uint32_t tile = 0; tile < batch->columns; ++tile) {
            sn_winograd_points(columns + TILE * tile, values + tile, tiles, point);
        }
    }
}

static void transform_batch(const strip *run, const sn_winograd_batch *batch,
                            const int8_t *const *input, uint32_t *values) {
    const uint32_t tiles = batch->columns * batch->tile_rows;
    const uint32_t point = (1 + run->layer->input_channels / 2) * tiles;
    for (uint32_t i = 0; i < SN_WINOGRAD_POINTS; ++i) {
        for (uint32_t tile = 0; tile < tiles; ++tile) {
            values[i * point + tile] = 0;
        }
    }
    values += tiles;
    for (uint32_t r = 0; r < batch->tile_rows; ++r, values += batch->columns) {
        const int8_t *six[TILE + 2];
        for (uint32_t i = 0; i < TILE + 2; ++i) {
            const int8_t *const row = input[TILE * (batch->tile_row + r) + i];
            six[i] = row ? row : run->layer->padding;
        }
        transform_row(run, batch, six, values);
    }
}

static int8_t requantize(const sn_winograd *layer, const sn_winograd_channel *channel,
                         int32_t scaled_sum) {
    const int32_t scaled =
        sn_multiply_double_rounding(scaled_sum >> 6, channel->multiplier, channel->shift);
    return sn_clamp(scaled + layer->output_zero, layer->low, layer->high);
}

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
static void write_part(const sn_winograd *layer, const tile_row *row, uint32_t columns,
                       const sn_winograd_channel *channel, const uint32_t *tile_sums, uint32_t at) {
    uint32_t sums[TILE][TILE];
    sn_winograd_outputs(tile_sums, channel, sums);
    for (uint32_t i = 0; i < TILE / layer->pool_rows; ++i) {
        if (!row->outputs[i]) {
            continue;
        }
        int8_t *to = row->outputs[i] + at;
        for (uint32_t j = 0; j * layer->pool_columns < columns; ++j) {
            *to = requantize(layer, channel, pooled(layer, sums, row->inside, columns, i, j));
            to += layer->output_channels;
        }
    }
}

#if SN_DSP

static void write_whole(const sn_winograd *layer, const sn_winograd_target *target,
                        const sn_winograd_channel *channel, const uint32_t *sums) {
    if (layer->pool_columns == 2) {
        sn_winograd_tile_2x2(sums, channel, target);
    } else if (layer->pool_rows == 2) {
        sn_winograd_tile_2x1(sums, channel, target);
    } else {
        sn_winograd_tile_1x1(sums, channel, target);
    }
}

// A tile that leaves the picture is made in bytes of its own, of which those inside are copied.
static void write_inside(const sn_winograd *layer, const tile_row *row, uint32_t columns,
                         const sn_winograd_target *target, const sn_winograd_channel *channel,
                         const uint32_t *sums) {
    int8_t bytes[TILE][TILE * MOST_LANES];
    int8_t *const rows[TILE] = {bytes[0], bytes[1], bytes[2], bytes[3]};
    const sn_winograd_target own = {rows, 0, target->lanes, target->lanes, target->next};
    write_whole(layer, &own, channel, sums);
    for (uint32_t i = 0; i < TILE / layer->pool_rows; ++i) {
        if (!row->outputs[i]) {
            continue;
        }
        int8_t *to = row->outputs[i] + target->at;
        const int8_t *from = bytes[i];
        for (uint32_t j = 0; j * layer->pool_columns < columns; ++j, to += target->step) {
            for (uint32_t lane = 0; lane < target->lanes; ++lane) {
                to[lane] = *from++;
            }
        }
    }
}

#endif

// One tile in the output channels of `target`, of whose columns `left` lie in the picture.
static void write_tile(const sn_winograd *layer, const tile_row *row, uint32_t left,
                       const sn_winograd_target *target, const sn_winograd_channel *channel,
                       const uint32_t *sums) {
    const uint32_t columns = left < TILE ? left : TILE;
#if SN_DSP
    if (row->is_fast && columns % layer->pool_columns == 0) {
        write_inside(layer, row, columns, target, channel, sums);
        return;
    }
#endif
    for (uint32_t lane = 0; lane < target->lanes; ++lane, sums += target->next) {
        write_part(layer, row, columns, channel + lane, sums, target->at + lane);
    }
}

// A batch in `lanes` output channels from `number` on, whose sums lie `next` sets apart; those of
// the tiles lie `step` sets apart.
static void write_batch(const strip *run, const sn_winograd_batch *batch, uint32_t number,
                        uint32_t lanes, uint32_t next, uint32_t step) {
    const sn_winograd *const layer = run->layer;
    const sn_winograd_channel *const channel = layer->channels + number;
    const uint32_t pixels = TILE / layer->pool_columns;
    const uint32_t *sums = run->scratch;
    sn_winograd_target target = {0, 0, layer->output_channels, lanes, next * SN_WINOGRAD_POINTS};
    for (uint32_t r = 0; r < batch->tile_rows; ++r) {
        const tile_row *const row = &run->rows[batch->tile_row + r];
        uint32_t left = layer->width - batch->column;
        target.rows = row->outputs;
        target.at = batch->column / TILE * pixels * layer->output_channels + number;
        for (uint32_t tile = 0; tile < batch->columns; ++tile) {
#if SN_DSP
            if (row->is_fast && row->is_whole && left >= TILE) {
                write_whole(layer, &target, channel, sums);
            } else
#endif
            {
                write_tile(layer, row, left, &target, channel, sums);
            }
            target.at += pixels * layer->output_channels;
            left -= TILE;
            sums += step * SN_WINOGRAD_POINTS;
        }
    }
}

// Four output channels from `number` on: four at once with up to 2 tiles, else two and two.
static void multiply_stored(const strip *run, const sn_winograd_batch *batch,
                            const uint32_t *values, const uint32_t *weights, uint32_t number) {
    const uint32_t pairs = run->layer->input_channels / 2;
    const uint32_t tiles = batch->columns * batch->tile_rows;
    if (tiles < 3) {
        sn_winograd_products_stored(values, weights, run->scratch, pairs, tiles);
        write_batch(run, batch, number, 4, tiles, 1);
    } else {
        for (uint32_t lane = 0; lane < 4; lane += 2) {
            sn_winograd_products_stored(values, weights + lane, run->scratch, pairs, tiles);
            write_batch(run, batch, number + lane, 2, 1, 2);
        }
    }
}

static void run_stored(const strip *run, const int8_t *const *input, uint32_t *words) {
    const sn_winograd *const layer = run->layer;
    const uint32_t size = SN_WINOGRAD_POINTS * layer->input_channels / 2 * 4;
    for (uint32_t b = 0; b < layer->batch_count; ++b) {
        const sn_winograd_batch *const batch = &layer->batches[b];
        const uint32_t *weights = layer->transformed;
        transform_batch(run, batch, input, words + batch->values);
        for (uint32_t number = 0; number < layer->output_channels; number += 4) {
            multiply_stored(run, batch, words + batch->values, weights, number);
            weights += size;
        }
    }
}

static void run_made(const strip *run, const int8_t *const *input, uint32_t *words) {
    const sn_winograd *const layer = run->layer;
    const uint32_t pairs = layer->input_channels / 2;
    const uint32_t size = 9 * layer->input_channels;
    uint32_t *const made = words + layer->made;
    for (uint32_t b = 0; b < layer->batch_count; ++b) {
        const sn_winograd_batch *const batch = &layer->batches[b];
        transform_batch(run, batch, input, words + batch->values);
        sn_winograd_starts(words + batch->values, pairs, batch->columns * batch->tile_rows);
    }
    for (uint32_t number = 0; number < layer->output_channels; number += 2) {
        const uint8_t *const weights = layer->weights + number * size;
        sn_winograd_weights(weights, made, pairs);
        sn_winograd_weights(weights + size, made + 1, pairs);
        for (uint32_t b = 0; b < layer->batch_count; ++b) {
            const sn_winograd_batch *const batch = &layer->batches[b];
            sn_winograd_products_made(words + batch->values, made, run->scratch, pairs,
                                      batch->columns * batch->tile_rows);
            write_batch(run, batch, number, 2, 1, 2);
        }
    }
}

void sn_winograd_strip(const sn_winograd *layer, const int8_t *const *input, void *workspace,
                       int8_t *const *outputs) {
    strip run;
    run.layer = layer;
    run.scratch = workspace;
    find_rows(&run, input, outputs);
    if (layer->transformed) {
        run_stored(&run, input, workspace);
    } else {
        run_made(&run, input, workspace);
    }
}
