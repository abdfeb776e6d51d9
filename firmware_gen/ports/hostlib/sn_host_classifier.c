// The front-end, and the whole chain from samples, as a shared library of the host.
#include "sn_classifier.h"

#include <string.h>

#include "sn_host_engine.h"

extern const sn_model sn_generated_model;
extern const sn_frontend sn_generated_frontend;

// The caller's memory for a clip: `kept_clip` for the `paper` form, otherwise null and 0.
typedef struct {
    const int16_t *samples;
    uint32_t count;
    uint32_t model_rows;
    int16_t *kept_clip;
    uint32_t kept_capacity;
} sn_host_clip;

int sn_host_features(const sn_host_clip *clip, sn_host_capture *rows);
int sn_host_run_samples(sn_host_run *run, const sn_host_clip *clip, int8_t *scores, int captured);

static sn_status append(void *context, const int8_t *row) {
    sn_host_capture *rows = context;
    if (rows->capacity - rows->used < SN_COEFFICIENTS) {
        return SN_ERR_MEMORY;
    }
    memcpy(rows->bytes + rows->used, row, SN_COEFFICIENTS);
    rows->used += SN_COEFFICIENTS;
    return SN_OK;
}

// Feature rows of a whole clip, appended to `rows`.
int sn_host_features(const sn_host_clip *clip, sn_host_capture *rows) {
    sn_features features;
    sn_features_work work;
    sn_status status = sn_features_begin(&features, &sn_generated_frontend, &work, clip->kept_clip,
                                         clip->kept_capacity, clip->model_rows, clip->count);
    if (status == SN_OK) {
        status = sn_features_push(&features, clip->samples, clip->count, append, rows);
    }
    return status == SN_OK ? (int)sn_features_finish(&features, append, rows) : (int)status;
}

// Runs the firmware's own classifier on a whole clip; `captured` asks for every tensor.
int sn_host_run_samples(sn_host_run *run, const sn_host_clip *clip, int8_t *scores, int captured) {
    sn_classifier classifier;
    const sn_classifier_config config = {
        .frontend = &sn_generated_frontend,
        .model = &sn_generated_model,
        .arena = run->arena,
        .arena_bytes = run->arena_bytes,
        .kept_clip = clip->kept_clip,
        .kept_capacity = clip->kept_capacity,
        .model_rows = clip->model_rows,
    };
    sn_status status = sn_classifier_begin(&classifier, &config, clip->count,
                                           captured ? sn_host_capture_row : NULL, run);
    if (status == SN_OK) {
        status = sn_classifier_push(&classifier, clip->samples, clip->count);
    }
    if (status == SN_OK) {
        status = sn_classifier_finish(&classifier);
    }
    if (status == SN_OK) {
        memcpy(scores, sn_classifier_scores(&classifier), sn_generated_model.classes);
    }
    return (int)status;
}
