#include "engine/sn_engine.h"

#include <stddef.h>

#include "engine/sn_average_pool.h"
#include "engine/sn_concatenation.h"
#include "engine/sn_fully_connected.h"
#include "engine/sn_max_pool.h"
#include "engine/sn_mean.h"
#include "engine/sn_softmax.h"
#include "sn_shapes.h"

#define ARENA_ALIGNMENT 8u

// Whether an operator runs by the kernel NAME. One that the network does not need is known to be
// none of them when this is compiled, so that the linker leaves its code out.
#define RUNS(op, NAME) (SN_HAS_##NAME && (op)->kernel == SN_KERNEL_##NAME)

static int8_t *bytes_at(const sn_engine *engine, uint32_t offset) {
    return (int8_t *)(engine->arena + offset);
}

// The planner aligns what holds 32-bit sums, as the caller aligns the arena.
static int32_t *sums_at(const sn_engine *engine, uint32_t offset) {
    void *const sums = engine->arena + offset;
    return sums;
}

static int8_t *row_at(const sn_engine *engine, uint32_t tensor, uint32_t row) {
    const sn_tensor *ring = &engine->model->tensors[tensor];
    return bytes_at(engine, ring->slots[row % ring->capacity]);
}

// Rows of a tensor in the whole clip; far beyond any row while the clip's length is unknown.
static uint32_t rows_of(const sn_engine *engine, uint32_t tensor) {
    const uint32_t period = engine->model->tensors[tensor].period;
    return engine->rows_total / period + (engine->rows_total % period ? 1u : 0u);
}

static void report(const sn_engine *engine, uint32_t tensor, uint32_t row) {
    if (engine->tap) {
        const sn_tensor *ring = &engine->model->tensors[tensor];
        engine->tap(engine->tap_context, tensor, row, row_at(engine, tensor, row),
                    ring->width * ring->channels);
    }
}

// The tensor whose rows an operator makes; the mean makes none, and adds those of its input.
static uint32_t paced_by(const sn_operator *op) {
    return op->kernel == SN_KERNEL_MEAN ? op->input : op->output;
}

// Fills `rows` with all input rows that a run reads, null where they are outside the clip.
static void find_window(const sn_engine *engine, const sn_operator *op, uint32_t run,
                        const int8_t **rows) {
    const uint32_t limit = rows_of(engine, op->input);
    const uint32_t above = op->rows_early * op->window_stride + op->rows_above;
    const uint32_t count = (op->rows_per_run - 1) * op->window_stride + op->window_rows;
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t below_top = run * op->rows_per_run * op->window_stride + i;
        const bool inside = below_top >= above && below_top - above < limit;
        rows[i] = inside ? row_at(engine, op->input, below_top - above) : NULL;
    }
}

static void find_joined(const sn_engine *engine, const sn_concatenation *concatenation,
                        uint32_t row, const int8_t **rows) {
    for (uint32_t i = 0; i < concatenation->count; ++i) {
        rows[i] = row_at(engine, concatenation->inputs[i], row);
    }
}

// The rows first.. of the clip that a run makes, `count` of them; before the first come `skipped`
// that are above the clip.
typedef struct {
    uint32_t first;
    uint32_t count;
    uint32_t skipped;
} row_span;

static row_span rows_of_run(const sn_engine *engine, const sn_operator *op, uint32_t run) {
    const uint32_t limit = rows_of(engine, paced_by(op));
    const uint32_t start = run * op->rows_per_run;
    const uint32_t skipped = start < op->rows_early ? op->rows_early - start : 0;
    const uint32_t first = start + skipped - op->rows_early;
    const uint32_t wanted = op->rows_per_run - skipped;
    const uint32_t left = first < limit ? limit - first : 0;
    return (row_span){first, wanted < left ? wanted : left, skipped};
}

// Makes one output row from the rows of its window.
static sn_status run_row(const sn_engine *engine, const sn_operator *op, uint32_t row,
                         const int8_t *const *rows) {
    if (op->kernel == SN_KERNEL_MEAN) {
        // Its output is not a row yet: sn_engine_finish makes and reports it.
        sn_mean_add_row(op->as.mean, rows[0], sums_at(engine, op->as.mean->sums));
    } else if (RUNS(op, AVERAGE_POOL)) {
        sn_average_pool_row(op->as.pool, rows, row_at(engine, op->output, row));
    } else if (RUNS(op, MAX_POOL)) {
        sn_max_pool_row(op->as.pool, rows, row_at(engine, op->output, row));
    } else {
        return SN_ERR_MODEL;
    }
    return SN_OK;
}

static sn_status run_rows(const sn_engine *engine, const sn_operator *op, uint32_t run,
                          row_span span) {
    const int8_t *rows[SN_MAX_WINDOW_ROWS];
    if (RUNS(op, CONCATENATION)) {
        for (uint32_t i = 0; i < span.count; ++i) {
            find_joined(engine, op->as.concatenation, span.first + i, rows);
            sn_concatenation_row(op->as.concatenation, rows,
                                 row_at(engine, op->output, span.first + i));
        }
        return SN_OK;
    }
    find_window(engine, op, run, rows);
    for (uint32_t i = 0; i < span.count; ++i) {
        const int8_t *const *const window = rows + (span.skipped + i) * op->window_stride;
        const sn_status status = run_row(engine, op, span.first + i, window);
        if (status != SN_OK) {
            return status;
        }
    }
    return SN_OK;
}

// Fills `outputs` with all output rows of a run, null where they are outside the clip.
static void find_outputs(const sn_engine *engine, const sn_operator *op, row_span span,
                         int8_t **outputs) {
    for (uint32_t i = 0; i < op->rows_per_run; ++i) {
        const bool inside = i >= span.skipped && i - span.skipped < span.count;
        outputs[i] = inside ? row_at(engine, op->output, span.first + i - span.skipped) : NULL;
    }
}

// Makes all rows of a run by one call of a kernel that works on strips.
static void run_strip(const sn_engine *engine, const sn_operator *op, uint32_t run, row_span span) {
    const int8_t *rows[SN_MAX_WINDOW_ROWS];
    int8_t *outputs[SN_MAX_RUN_ROWS];
    find_window(engine, op, run, rows);
    find_outputs(engine, op, span, outputs);
    if (RUNS(op, DIRECT)) {
        const sn_direct *layer = op->as.direct;
        sn_direct_strip(layer, rows, bytes_at(engine, layer->workspace), outputs);
    } else if (RUNS(op, WINOGRAD)) {
        const sn_winograd *layer = op->as.winograd;
        sn_winograd_strip(layer, rows, bytes_at(engine, layer->workspace), outputs);
    } else if (RUNS(op, FIRST_LAYER)) {
        const sn_first_layer *layer = op->as.first_layer;
        sn_first_layer_strip(layer, rows, bytes_at(engine, layer->workspace), outputs);
    }
}

static bool works_on_strips(const sn_operator *op) {
    return RUNS(op, DIRECT) || RUNS(op, WINOGRAD) || RUNS(op, FIRST_LAYER);
}

static sn_status run_operator(const sn_engine *engine, const sn_operator *op, uint32_t run) {
    const row_span span = rows_of_run(engine, op, run);
    if (span.count == 0) {
        return SN_OK;
    }
    sn_status status = SN_OK;
    if (works_on_strips(op)) {
        run_strip(engine, op, run, span);
    } else {
        status = run_rows(engine, op, run, span);
    }
    if (status != SN_OK || op->kernel == SN_KERNEL_MEAN) {
        return status;
    }
    for (uint32_t i = 0; i < span.count; ++i) {
        report(engine, op->output, span.first + i);
    }
    return SN_OK;
}

// Runs each operator that is due at this tick.
static sn_status run_tick(const sn_engine *engine, uint32_t tick) {
    const sn_model *model = engine->model;
    for (uint32_t i = 0; i < model->row_operator_count; ++i) {
        const sn_operator *op = &model->row_operators[i];
        if (tick < op->lag || (tick - op->lag) % op->ticks_per_run != 0) {
            continue;
        }
        const sn_status status = run_operator(engine, op, (tick - op->lag) / op->ticks_per_run);
        if (status != SN_OK) {
            return status;
        }
    }
    return SN_OK;
}

static sn_status run_vectors(const sn_engine *engine) {
    const sn_model *model = engine->model;
    for (uint32_t i = 0; i < model->vector_operator_count; ++i) {
        const sn_operator *op = &model->vector_operators[i];
        const int8_t *input = row_at(engine, op->input, 0);
        int8_t *const output = row_at(engine, op->output, 0);
        if (op->kernel == SN_KERNEL_FULLY_CONNECTED) {
            sn_fully_connected_run(op->as.fully_connected, input, output);
        } else if (op->kernel == SN_KERNEL_SOFTMAX) {
            sn_softmax_run(op->as.softmax, input, output);
        } else {
            return SN_ERR_MODEL;
        }
        report(engine, op->output, 0);
    }
    return SN_OK;
}

// The tick at which the last row of any tensor is made. It may come after the mean's last row: a
// pool with a window below its stride leaves rows unread.
static uint32_t last_tick(const sn_engine *engine) {
    const sn_model *model = engine->model;
    uint32_t last = 0;
    for (uint32_t i = 0; i < model->row_operator_count; ++i) {
        const sn_operator *op = &model->row_operators[i];
        const uint32_t run =
            (rows_of(engine, paced_by(op)) - 1 + op->rows_early) / op->rows_per_run;
        const uint32_t tick = op->lag + run * op->ticks_per_run;
        last = tick > last ? tick : last;
    }
    return last;
}

static const sn_operator *mean_of(const sn_model *model) {
    return &model->row_operators[model->row_operator_count - 1];
}

sn_status sn_engine_begin(sn_engine *engine, const sn_model *model, void *arena,
                          uint32_t arena_bytes, sn_tap tap, void *tap_context) {
    if (!arena || (uintptr_t)arena % ARENA_ALIGNMENT != 0) {
        return SN_ERR_ARGUMENT;
    }
    if (arena_bytes < model->arena_bytes) {
        return SN_ERR_MEMORY;
    }
    if (model->row_operator_count == 0 || mean_of(model)->kernel != SN_KERNEL_MEAN) {
        return SN_ERR_MODEL;
    }
    *engine = (sn_engine){model, arena, tap, tap_context, 0, UINT32_MAX, false};
    const sn_mean *mean = mean_of(model)->as.mean;
    sn_mean_begin(mean, sums_at(engine, mean->sums));
    return SN_OK;
}

sn_status sn_engine_push(sn_engine *engine, const int8_t *row) {
    const sn_model *model = engine->model;
    if (engine->rows_total != UINT32_MAX) {
        return SN_ERR_STATE;
    }
    if (engine->rows_pushed >= model->max_rows) {
        return SN_ERR_ARGUMENT;
    }
    const uint32_t tick = engine->rows_pushed++;
    int8_t *const slot = row_at(engine, 0, tick);
    for (uint32_t i = 0; i < model->tensors[0].width * model->tensors[0].channels; ++i) {
        slot[i] = row[i];
    }
    report(engine, 0, tick);
    return run_tick(engine, tick);
}

#if SN_LIVE
// Gives an answer for each row of a run of the mean, once there are enough.
static sn_status slide_rows(sn_engine *engine, sn_slide *slide, uint32_t run) {
    const sn_operator *op = mean_of(engine->model);
    const row_span span = rows_of_run(engine, op, run);
    const sn_mean *mean = op->as.mean;
    void *const ring = engine->arena + mean->sums;
    for (uint32_t i = 0; i < span.count; ++i) {
        sn_slide_add_row(slide, mean, row_at(engine, op->input, span.first + i), ring);
        if (!sn_slide_is_full(slide)) {
            continue;
        }
        sn_slide_finish(slide, mean, ring, row_at(engine, op->output, 0));
        report(engine, op->output, 0);
        const sn_status status = run_vectors(engine);
        if (status != SN_OK) {
            return status;
        }
        engine->finished = true;
        slide->answers++;
    }
    return SN_OK;
}

sn_status sn_engine_push_endless(sn_engine *engine, sn_slide *slide, const int8_t *row) {
    const sn_model *model = engine->model;
    const uint32_t length = model->tensors[0].width * model->tensors[0].channels;
    const uint32_t tick = engine->rows_pushed++;
    int8_t *const slot = row_at(engine, 0, tick);
    for (uint32_t i = 0; i < length; ++i) {
        slot[i] = row[i];
    }
    report(engine, 0, tick);
    sn_status status = SN_OK;
    for (uint32_t i = 0; i < model->row_operator_count && status == SN_OK; ++i) {
        const sn_operator *op = &model->row_operators[i];
        if (tick >= op->lag && (tick - op->lag) % op->ticks_per_run == 0) {
            const uint32_t run = (tick - op->lag) / op->ticks_per_run;
            status = op == mean_of(model) ? slide_rows(engine, slide, run)
                                          : run_operator(engine, op, run);
        }
    }
    // Twice the cycle is as good as once: nothing above the stream's start is in reach any more.
    if (engine->rows_pushed == 2u * slide->cycle) {
        engine->rows_pushed = slide->cycle;
    }
    return status;
}
#endif

sn_status sn_engine_finish(sn_engine *engine) {
    if (engine->rows_pushed == 0 || engine->rows_total != UINT32_MAX) {
        return SN_ERR_STATE;
    }
    engine->rows_total = engine->rows_pushed;
    const uint32_t end = last_tick(engine);
    for (uint32_t tick = engine->rows_total; tick <= end; ++tick) {
        const sn_status status = run_tick(engine, tick);
        if (status != SN_OK) {
            return status;
        }
    }
    const sn_operator *last = mean_of(engine->model);
    sn_mean_finish(last->as.mean, sums_at(engine, last->as.mean->sums),
                   rows_of(engine, last->input), row_at(engine, last->output, 0));
    report(engine, last->output, 0);
    const sn_status status = run_vectors(engine);
    engine->finished = status == SN_OK;
    return status;
}

void *sn_engine_scratch(const sn_engine *engine) {
    return engine->arena + engine->model->scratch;
}

const int8_t *sn_engine_scores(const sn_engine *engine) {
    return engine->finished ? row_at(engine, engine->model->tensor_count - 1, 0) : NULL;
}
