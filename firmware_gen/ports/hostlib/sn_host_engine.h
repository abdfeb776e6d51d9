// The engine as a shared library of the host: each finished row goes to the caller's arrays.
#ifndef SN_HOST_ENGINE_H
#define SN_HOST_ENGINE_H

#include <stdint.h>

#include "engine/sn_engine.h"

// The caller's array for one observable tensor: the rows in order, `capacity` bytes of them.
typedef struct {
    int8_t *bytes;
    uint32_t capacity;
    uint32_t used;
} sn_host_capture;

// What a run writes to: model->tensor_count captures, the arena, and how the run ended.
// `missed`: rows that came out of order or did not fit their capture.
typedef struct {
    sn_host_capture *captures;
    uint64_t *arena;
    uint32_t arena_bytes;
    uint32_t missed;
} sn_host_run;

// An sn_tap that copies each row to its capture; the context is an sn_host_run.
void sn_host_capture_row(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                         uint32_t length);

// Runs `count` feature rows, one after the other in `rows`; returns an sn_status.
int sn_host_run_rows(sn_host_run *run, const int8_t *rows, uint32_t count);

// The same without looking at any tensor but the scores, which go to `scores`; for timing.
int sn_host_score_rows(sn_host_run *run, const int8_t *rows, uint32_t count, int8_t *scores);

#endif
