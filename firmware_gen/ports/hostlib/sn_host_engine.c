#include "sn_host_engine.h"

#include <string.h>

extern const sn_model sn_generated_model;

void sn_host_capture_row(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                         uint32_t length) {
    sn_host_run *run = context;
    sn_host_capture *capture = &run->captures[tensor];
    if (capture->used != row_index * length || capture->capacity - capture->used < length) {
        ++run->missed;
        return;
    }
    memcpy(capture->bytes + capture->used, row, length);
    capture->used += length;
}

static int run_rows(sn_engine *engine, sn_host_run *run, sn_tap tap, const int8_t *rows,
                    uint32_t count) {
    const sn_tensor *input = &sn_generated_model.tensors[0];
    sn_status status =
        sn_engine_begin(engine, &sn_generated_model, run->arena, run->arena_bytes, tap, run);
    for (uint32_t i = 0; i < count && status == SN_OK; ++i) {
        status = sn_engine_push(engine, rows + i * input->width * input->channels);
    }
    return status == SN_OK ? (int)sn_engine_finish(engine) : (int)status;
}

int sn_host_run_rows(sn_host_run *run, const int8_t *rows, uint32_t count) {
    sn_engine engine;
    return run_rows(&engine, run, sn_host_capture_row, rows, count);
}

int sn_host_score_rows(sn_host_run *run, const int8_t *rows, uint32_t count, int8_t *scores) {
    sn_engine engine;
    const int status = run_rows(&engine, run, NULL, rows, count);
    if (status == SN_OK) {
        memcpy(scores, sn_engine_scores(&engine), sn_generated_model.classes);
    }
    return status;
}
