#include "engine/sn_winograd.h"

#include <stdbool.h>

#include "engine/sn_dsp.h"
#include "engine/sn_requantize.h"
#include "engine/sn_winograd_transform.h"

#define TILE 4u
#define MOST_TILE_ROWS 4u

// What a row of tiles writes: `outputs`, one for each row behind the pool, 0 where there is none;
// bit i of `inside`: whether row i of the convolution is in the clip.
typedef struct {
    int8_t *outputs[TILE];
    uint32_t inside;
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
        for (uint32_t i = 0; i < TILE / layer->pool_rows; ++i) {
            row->outputs[i] = outputs[TILE / layer->pool_rows * r + i];
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
    const uint32_t point = channels / 2 * tiles;
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

// One tile of one output channel, whose first column is `column` of the picture.
static void write_tile(const sn_winograd *layer, const tile_row *row, uint32_t column,
                       uint32_t number, const uint32_t *tile_sums) {
    const sn_winograd_channel *const channel = layer->channels + number;
    const uint32_t left = layer->width - column;
    const uint32_t columns = left < TILE ? left : TILE;
    const uint32_t at = column / layer->pool_columns * layer->output_channels + number;
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

// The outputs of a batch in `lanes` channels from `channel` on, in as many calls of the products as
// their sums ask for.
static void multiply(const strip *run, const sn_winograd_batch *batch, uint32_t *values,
                     const uint32_t *weights, uint32_t channel) {
    const sn_winograd *const layer = run->layer;
    const uint32_t tiles = batch->columns * batch->tile_rows;
    const uint32_t together = tiles < 3 ? layer->lanes : 2;
    const uint32_t tile_step = together == 4 ? 1 : 2;
    const uint32_t lane_step = together == 4 ? tiles : 1;
    for (uint32_t first = 0; first < layer->lanes; first += together) {
        sn_winograd_products(values, weights + first, run->scratch, layer->input_channels / 2,
                             tiles, layer->lanes);
        for (uint32_t tile = 0; tile < tiles; ++tile) {
            const tile_row *const row = &run->rows[batch->tile_row + tile / batch->columns];
            const uint32_t column = batch->column + TILE * (tile % batch->columns);
            for (uint32_t lane = 0; lane < together; ++lane) {
                const uint32_t place = tile * tile_step + lane * lane_step;
                write_tile(layer, row, column, channel + first + lane,
                           run->scratch + place * SN_WINOGRAD_POINTS);
            }
        }
    }
}

static void run_from_flash(const strip *run, const int8_t *const *input, uint32_t *words) {
    const sn_winograd *const layer = run->layer;
    const uint32_t size = SN_WINOGRAD_POINTS * layer->input_channels / 2 * layer->lanes;
    for (uint32_t b = 0; b < layer->batch_count; ++b) {
        const sn_winograd_batch *const batch = &layer->batches[b];
        const uint32_t *weights = layer->transformed;
        transform_batch(run, batch, input, words + batch->values);
        for (uint32_t channel = 0; channel < layer->output_channels; channel += layer->lanes) {
            multiply(run, batch, words + batch->values, weights, channel);
            weights += size;
        }
    }
}

static void run_on_the_fly(const strip *run, const int8_t *const *input, uint32_t *words) {
    const sn_winograd *const layer = run->layer;
    const uint32_t size = 9 * layer->input_channels;
    uint32_t *const transformed = words + layer->transform;
    for (uint32_t b = 0; b < layer->batch_count; ++b) {
        const sn_winograd_batch *const batch = &layer->batches[b];
        transform_batch(run, batch, input, words + batch->values);
    }
    for (uint32_t channel = 0; channel < layer->output_channels; channel += 2) {
        const int8_t *const weights = layer->weights + channel * size;
        sn_winograd_weights(weights, transformed, layer->input_channels / 2);
        sn_winograd_weights(weights + size, transformed + 1, layer->input_channels / 2);
        for (uint32_t b = 0; b < layer->batch_count; ++b) {
            const sn_winograd_batch *const batch = &layer->batches[b];
            multiply(run, batch, words + batch->values, transformed, channel);
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
        run_from_flash(&run, input, workspace);
    } else {
        run_on_the_fly(&run, input, workspace);
    }
}
