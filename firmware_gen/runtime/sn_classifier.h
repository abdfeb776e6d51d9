// Samples in, class scores out: the front-end feeding the network, row by row.
#ifndef SN_CLASSIFIER_H
#define SN_CLASSIFIER_H

#include <stdint.h>

#include "engine/sn_engine.h"
#include "frontend/sn_features.h"
#include "sn_status.h"

// Constants and memory of a classifier. All of it belongs to the caller and must stay valid and
// unshared while a clip runs. `arena`: at least model->arena_bytes, aligned to 8. `kept_clip`:
// `kept_capacity` samples, only for a front-end of the `paper` form, otherwise null and 0.
// `model_rows`: rows of the model's clip length.
typedef struct {
    const sn_frontend *frontend;
    const sn_model *model;
    void *arena;
    uint32_t arena_bytes;
    int16_t *kept_clip;
    uint32_t kept_capacity;
    uint32_t model_rows;
} sn_classifier_config;

typedef struct sn_classifier {
    sn_features features;
    sn_engine engine;
} sn_classifier;

// Starts a clip of `total_samples` samples. `tap` sees every finished row of every observable
// tensor (see sn_engine.h) and may be null.
SN_MUST_CHECK sn_status sn_classifier_begin(sn_classifier *classifier,
                                            const sn_classifier_config *config,
                                            uint32_t total_samples, sn_tap tap, void *tap_context);

// Takes the next `count` samples and runs everything that they complete.
SN_MUST_CHECK sn_status sn_classifier_push(sn_classifier *classifier, const int16_t *samples,
                                           uint32_t count);

// Ends the clip; the scores are valid afterwards.
SN_MUST_CHECK sn_status sn_classifier_finish(sn_classifier *classifier);

// The int8 scores, model->classes of them; null before sn_classifier_finish.
const int8_t *sn_classifier_scores(const sn_classifier *classifier);

#endif
