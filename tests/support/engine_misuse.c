// Calls the engine wrongly in every way that it must notice; prints one line per surprise.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/sn_engine.h"

extern const sn_model sn_generated_model;

static int surprises;

static void expect(const char *what, sn_status seen, sn_status expected) {
    if (seen != expected) {
        printf("%s: status %d instead of %d\n", what, (int)seen, (int)expected);
        ++surprises;
    }
}

static void expect_true(const char *what, bool seen) {
    if (!seen) {
        printf("%s: not so\n", what);
        ++surprises;
    }
}

static void misuse_begin(sn_engine *engine, uint8_t *arena) {
    const uint32_t size = sn_generated_model.arena_bytes;
    sn_model spoilt = sn_generated_model;
    expect("no arena", sn_engine_begin(engine, &spoilt, NULL, size, NULL, NULL), SN_ERR_ARGUMENT);
    expect("odd arena", sn_engine_begin(engine, &spoilt, arena + 4, size, NULL, NULL),
           SN_ERR_ARGUMENT);
    expect("small arena", sn_engine_begin(engine, &spoilt, arena, size - 1, NULL, NULL),
           SN_ERR_MEMORY);
    spoilt.row_operator_count -= 1;
    expect("no mean", sn_engine_begin(engine, &spoilt, arena, size, NULL, NULL), SN_ERR_MODEL);
    spoilt.row_operator_count = 0;
    expect("no operators", sn_engine_begin(engine, &spoilt, arena, size, NULL, NULL), SN_ERR_MODEL);
}

static void misuse_order(sn_engine *engine, uint8_t *arena, const int8_t *row) {
    const uint32_t size = sn_generated_model.arena_bytes;
    sn_model brief = sn_generated_model;
    brief.max_rows = 2;
    expect("begin", sn_engine_begin(engine, &brief, arena, size, NULL, NULL), SN_OK);
    expect("finish without rows", sn_engine_finish(engine), SN_ERR_STATE);
    expect("row 0", sn_engine_push(engine, row), SN_OK);
    expect_true("scores too early", sn_engine_scores(engine) == NULL);
    expect("row 1", sn_engine_push(engine, row), SN_OK);
    expect("row 2 of 2", sn_engine_push(engine, row), SN_ERR_ARGUMENT);
    expect("finish", sn_engine_finish(engine), SN_OK);
    expect_true("scores", sn_engine_scores(engine) != NULL);
    expect("finish again", sn_engine_finish(engine), SN_ERR_STATE);
    expect("push after finish", sn_engine_push(engine, row), SN_ERR_STATE);
    expect("begin again", sn_engine_begin(engine, &brief, arena, size, NULL, NULL), SN_OK);
    expect_true("scores of the new clip", sn_engine_scores(engine) == NULL);
}

static void run_spoilt_tables(sn_engine *engine, uint8_t *arena, const int8_t *row) {
    const uint32_t size = sn_generated_model.arena_bytes;
    sn_operator vector = sn_generated_model.vector_operators[0];
    sn_operator rows[2] = {sn_generated_model.row_operators[0],
                           sn_generated_model.row_operators[1]};
    sn_model spoilt = sn_generated_model;
    vector.kernel = SN_KERNEL_DIRECT;
    spoilt.vector_operators = &vector;
    expect("begin", sn_engine_begin(engine, &spoilt, arena, size, NULL, NULL), SN_OK);
    expect("row", sn_engine_push(engine, row), SN_OK);
    expect("row kernel on a vector", sn_engine_finish(engine), SN_ERR_MODEL);
    expect_true("no scores then", sn_engine_scores(engine) == NULL);
    rows[0].kernel = SN_KERNEL_SOFTMAX;
    spoilt.row_operators = rows;
    expect("begin", sn_engine_begin(engine, &spoilt, arena, size, NULL, NULL), SN_OK);
    expect("vector kernel on rows", sn_engine_push(engine, row), SN_ERR_MODEL);
    expect("vector kernel on rows", sn_engine_finish(engine), SN_ERR_MODEL);
}

static void misuse_slide(void) {
    sn_slide slide;
    sn_mean mean = *sn_generated_model.row_operators[1].as.mean;
    sn_operator rows[2] = {sn_generated_model.row_operators[0],
                           sn_generated_model.row_operators[1]};
    sn_model spoilt = sn_generated_model;
    expect("slide", sn_slide_begin(&slide, &spoilt, 9), SN_OK);
    expect_true("nine rows, none yet", slide.rows == 9 && slide.filled == 0);
    expect("no rows", sn_slide_begin(&slide, &spoilt, 0), SN_ERR_MODEL);
    expect("many rows", sn_slide_begin(&slide, &spoilt, spoilt.max_rows + 1), SN_ERR_MODEL);
    rows[1].as.mean = &mean;
    spoilt.row_operators = rows;
    mean.width = SN_SLIDE_MAX_WIDTH;
    expect("wide rows", sn_slide_begin(&slide, &spoilt, 9), SN_OK);
    mean.width += 1;
    expect("too wide rows", sn_slide_begin(&slide, &spoilt, 9), SN_ERR_MODEL);
    mean.width = 1;
    rows[0].ticks_per_run = 0;
    expect("runs at no time", sn_slide_begin(&slide, &spoilt, 9), SN_ERR_MODEL);
    rows[0].ticks_per_run = UINT32_MAX / 4 + 1;
    expect("runs too far apart", sn_slide_begin(&slide, &spoilt, 9), SN_ERR_MODEL);
    rows[0].ticks_per_run = UINT32_MAX / 8;
    rows[1].ticks_per_run = UINT32_MAX / 8 - 1;
    expect("runs that meet too late", sn_slide_begin(&slide, &spoilt, 9), SN_ERR_MODEL);
    rows[1].ticks_per_run = 1;
    rows[1].lag = UINT32_MAX / 2;
    expect("a late start", sn_slide_begin(&slide, &spoilt, 9), SN_ERR_MODEL);
}

// The network must be a 1x1 convolution followed by the mean: two row operators without lag.
int main(void) {
    sn_engine engine;
    uint8_t *arena = malloc(sn_generated_model.arena_bytes + 8);
    int8_t *row = calloc(sn_generated_model.tensors[0].width, 1);
    misuse_begin(&engine, arena);
    misuse_order(&engine, arena, row);
    run_spoilt_tables(&engine, arena, row);
    misuse_slide();
    free(row);
    free(arena);
    return surprises ? 1 : 0;
}
