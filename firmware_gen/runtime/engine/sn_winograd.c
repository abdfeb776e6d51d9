#include "engine/sn_winograd.h"

#include <stdbool.h>

#include "engine/sn_winograd_edge.h"
#include "engine/sn_winograd_output.h"
#include "engine/sn_winograd_tile.h"
#include "engine/sn_winograd_transform.h"

#define MOST_HEIGHT 4u
#define MOST_TILE_ROWS 4u

// A run. `input`: its rows, padding for those outside the clip. The first words of the workspace
// are `scratch`: the input half transformed, then sums.
typedef struct {
    const sn_winograd *layer;
    uint32_t *scratch;
    const int8_t *input[MOST_HEIGHT * MOST_TILE_ROWS + 2];
    sn_winograd_rows rows[MOST_TILE_ROWS];
} strip;

static void find_rows(strip *run, const int8_t *const *input, int8_t *const *outputs) {
    const sn_winograd *const layer = run->layer;
    const uint32_t height = sn_winograd_height(layer);
    const uint32_t made = height / layer->pool_rows;
    for (uint32_t i = 0; i < height * layer->tile_rows + 2; ++i) {
        run->input[i] = input[i] ? input[i] : layer->padding;
    }
    for (uint32_t r = 0; r < layer->tile_rows; ++r) {
        sn_winograd_rows *const row = &run->rows[r];
        row->inside = 0;
        for (uint32_t i = 0; i < height; ++i) {
            row->inside |= input[height * r + i + 1] ? 1u << i : 0;
        }
        row->is_whole = row->inside == (1u << height) - 1;
        row->is_even = layer->pool_rows == 1 || ((row->inside ^ row->inside >> 1) & 5u) == 0;
        for (uint32_t i = 0; i < made; ++i) {
            row->outputs[i] = outputs[made * r + i];
            row->is_whole = row->is_whole && row->outputs[i];
        }
    }
}

// The columns outside the picture hold a constant, of whose transform only row 1 is not 0.
static void pad_columns(const sn_winograd *layer, uint32_t *columns, uint32_t from, uint32_t end) {
    const uint32_t byte = (uint32_t)(layer->input_zero + 128);
    const uint32_t rows = sn_winograd_along(sn_winograd_height(layer));
    const uint32_t second = (rows == 6 ? 0u - 6 : 2) * (byte << 16 | byte);
    for (uint32_t x = from; x < end; ++x) {
        for (uint32_t i = 0; i < 2 * rows; ++i) {
            columns[SN_WINOGRAD_COLUMNS * i + x] = i == 1 || i == rows + 1 ? second : 0;
        }
    }
}

// The transformed input of one row of a batch's tiles, which begin at `values`.
static void transform_row(const strip *run, const sn_winograd_batch *batch,
                          const int8_t *const *input, uint32_t *values) {
    const sn_winograd *const layer = run->layer;
    const uint32_t width = sn_winograd_width(layer);
    const uint32_t channels = layer->input_channels;
    const uint32_t tiles = batch->columns * batch->tile_rows;
    const uint32_t point = (1 + channels / 2) * tiles;
    const uint32_t skipped = batch->column ? 0 : 1;
    const uint32_t from = batch->column + skipped - 1;
    const uint32_t wanted = width * batch->columns + 2;
    const uint32_t left = layer->width - from;
    const uint32_t present = left < wanted - skipped ? left : wanted - skipped;
    uint32_t *const columns = run->scratch;
    pad_columns(layer, columns, 0, skipped);
    pad_columns(layer, columns, skipped + present, wanted);
    for (uint32_t channel = 0; channel < channels; channel += 4, values += 2 * tiles) {
        sn_winograd_columns(layer, input, from * channels + channel, columns + skipped, present);
        for (uint32_t tile = 0; tile < batch->columns; ++tile) {
            sn_winograd_points(layer, columns + width * tile, values + tile, tiles, point);
        }
    }
}

static void transform_batch(const strip *run, const sn_winograd_batch *batch, uint32_t *values) {
    values += batch->columns * batch->tile_rows;
    for (uint32_t r = batch->tile_row; r < batch->tile_row + batch->tile_rows; ++r) {
        transform_row(run, batch, run->input + sn_winograd_height(run->layer) * r, values);
        values += batch->columns;
    }
}

// Where the sums with weights of the tables start: at 0 but for Armv6-M.
static void set_starts(const sn_winograd *layer, uint32_t *values, uint32_t tiles) {
#if SN_V6M
    sn_winograd_starts_stored(values, sn_winograd_points_of(layer), layer->input_channels / 2,
                              tiles);
#else
    for (uint32_t i = 0; i < sn_winograd_points_of(layer); ++i) {
        for (uint32_t tile = 0; tile < tiles; ++tile) {
            values[tile] = 0;
        }
        values += (1 + layer->input_channels / 2) * tiles;
    }
#endif
}

// Four output channels from `number` on: four at once with up to 2 tiles, else two and two.
static void multiply_stored(const strip *run, const sn_winograd_batch *batch,
                            const uint32_t *values, const uint32_t *weights, uint32_t number) {
    const uint32_t tiles = batch->columns * batch->tile_rows;
    const uint32_t pairs = run->layer->input_channels / 2;
    const uint32_t points = sn_winograd_points_of(run->layer);
    const sn_winograd_sets four = {4, tiles, 1};
    const sn_winograd_sets two = {2, 1, 2};
    const sn_winograd_sets *const sets = tiles < 3 ? &four : &two;
    for (uint32_t lane = 0; lane < 4; lane += sets->lanes) {
        sn_winograd_products_stored(values, weights + sn_winograd_stored_words(points, pairs, lane),
                                    run->scratch, pairs, tiles, points);
        sn_winograd_write(run->layer, batch, run->rows, run->scratch, number + lane, sets);
    }
}

// A batch without the tile rows at its ends that lie outside the clip; tile_rows is 0 where all do.
static sn_winograd_batch wanted_of(const strip *run, uint32_t number) {
    sn_winograd_batch batch = run->layer->batches[number];
    while (batch.tile_rows && !run->rows[batch.tile_row].inside) {
        ++batch.tile_row;
        --batch.tile_rows;
    }
    while (batch.tile_rows && !run->rows[batch.tile_row + batch.tile_rows - 1].inside) {
        --batch.tile_rows;
    }
    return batch;
}

static sn_winograd_grid grid_of(const sn_winograd *layer, const sn_winograd_batch *batch) {
    const uint32_t points = sn_winograd_along(sn_winograd_width(layer));
    const sn_winograd_grid grid = {
        .pairs = layer->input_channels / 2,
        .tiles = batch->columns * batch->tile_rows,
        .point_rows = sn_winograd_along(sn_winograd_height(layer)),
        .points = batch->is_edge ? 2 : points,
        .columns = layer->edges ? points + 1 : points,
        .rows = layer->rows_made,
    };
    return grid;
}

static void prepare_made(const strip *run, const sn_winograd_batch *batch, uint32_t *values) {
    const sn_winograd_grid grid = grid_of(run->layer, batch);
    if (batch->is_edge) {
        sn_winograd_edge_values(run->layer, batch, run->input, run->scratch, values);
    } else {
        transform_batch(run, batch, values);
    }
    sn_winograd_starts(values, &grid);
}

// The rows of points from `row` on.
static void multiply_made(const strip *run, const sn_winograd_batch *batch, const uint32_t *values,
                          const uint32_t *weights, uint32_t row) {
    const sn_winograd_grid grid = grid_of(run->layer, batch);
    const uint32_t point = row * grid.points;
    sn_winograd_products_made(values + point * (1 + grid.pairs) * grid.tiles,
                              weights + (batch->is_edge ? 0 : 2 * (grid.columns - grid.points)),
                              run->scratch + batch->sums + point, &grid);
}

static void write_made(const strip *run, const sn_winograd_batch *batch, uint32_t number) {
    const uint32_t *const sums = run->scratch + batch->sums;
    if (batch->is_edge) {
        sn_winograd_edge_write(run->layer, batch, run->rows, sums, number);
    } else {
        const sn_winograd_sets sets = {2, 1, 2};
        sn_winograd_write(run->layer, batch, run->rows, sums, number, &sets);
    }
}

// Two output channels from `number` on, in the batches from `begin` to before `end`.
static void run_two(const strip *run, uint32_t *words, uint32_t number, uint32_t begin,
                    uint32_t end) {
    const sn_winograd *const layer = run->layer;
    const sn_winograd_grid grid = grid_of(layer, &layer->batches[0]);
    const uint32_t size = 9 * layer->input_channels;
    const uint8_t *const weights = layer->weights + (number - layer->stored) * size;
    uint32_t *const made = words + layer->made;
    for (uint32_t row = 0; row < sn_winograd_point_rows(&grid); row += layer->rows_made) {
        sn_winograd_weights(weights, made, &grid, row);
        sn_winograd_weights(weights + size, made + 1, &grid, row);
        for (uint32_t b = begin; b < end; ++b) {
            const sn_winograd_batch batch = wanted_of(run, b);
            if (batch.tile_rows) {
                multiply_made(run, &batch, words + batch.values, made, row);
            }
            if (row + layer->rows_made == sn_winograd_point_rows(&grid)) {
                write_made(run, &batch, number);
            }
        }
    }
}

static void run_made(const strip *run, uint32_t *words) {
    const sn_winograd *const layer = run->layer;
    for (uint32_t b = 0; b < layer->batch_count; ++b) {
        const sn_winograd_batch batch = wanted_of(run, b);
        if (batch.tile_rows) {
            prepare_made(run, &batch, words + batch.values);
        }
    }
    for (uint32_t number = 0; number < layer->output_channels; number += 2) {
        run_two(run, words, number, 0, layer->batch_count);
    }
}

// Batch after batch: the channels whose weights are in the tables, then those that are left.
static void run_by_batch(const strip *run, uint32_t *words) {
    const sn_winograd *const layer = run->layer;
    const uint32_t size =
        sn_winograd_stored_words(sn_winograd_points_of(layer), layer->input_channels / 2, 4);
    for (uint32_t b = 0; b < layer->batch_count; ++b) {
        const sn_winograd_batch batch = wanted_of(run, b);
        const sn_winograd_grid grid = grid_of(layer, &batch);
        uint32_t *const values = words + batch.values;
        const uint32_t *weights = layer->transformed;
        if (!batch.tile_rows) {
            continue;
        }
        if (layer->stored) {
            transform_batch(run, &batch, values);
            set_starts(layer, values, grid.tiles);
        }
        for (uint32_t number = 0; number < layer->stored; number += 4, weights += size) {
            multiply_stored(run, &batch, values, weights, number);
        }
        if (!layer->stored) {
            prepare_made(run, &batch, values);
        } else if (layer->stored < layer->output_channels) {
            sn_winograd_starts(values, &grid);
        }
        for (uint32_t number = layer->stored; number < layer->output_channels; number += 2) {
            run_two(run, words, number, b, b + 1);
        }
    }
}

void sn_winograd_strip(const sn_winograd *layer, const int8_t *const *input, void *workspace,
                       int8_t *const *outputs) {
    strip run;
    run.layer = layer;
    run.scratch = workspace;
    find_rows(&run, input, outputs);
    if (layer->is_by_batch) {
        run_by_batch(&run, workspace);
    } else {
        run_made(&run, workspace);
    }
}
