#include "sn_classifier.h"

static sn_status feed_engine(void *context, const int8_t *row) {
    sn_classifier *classifier = context;
    return sn_engine_push(&classifier->engine, row);
}

sn_status sn_classifier_begin(sn_classifier *classifier, const sn_classifier_config *config,
                              uint32_t total_samples, sn_tap tap, void *tap_context) {
    const sn_status status = sn_engine_begin(&classifier->engine, config->model, config->arena,
                                             config->arena_bytes, tap, tap_context);
    if (status != SN_OK) {
        return status;
    }
    if (config->model->scratch_bytes < sizeof(sn_features_work)) {
        return SN_ERR_MODEL;
    }
    sn_features_work *const work = sn_engine_scratch(&classifier->engine);
    return sn_features_begin(&classifier->features, config->frontend, work, config->kept_clip,
                             config->kept_capacity, config->model_rows, total_samples);
}

sn_status sn_classifier_push(sn_classifier *classifier, const int16_t *samples, uint32_t count) {
    return sn_features_push(&classifier->features, samples, count, feed_engine, classifier);
}

sn_status sn_classifier_finish(sn_classifier *classifier) {
    const sn_status status = sn_features_finish(&classifier->features, feed_engine, classifier);
    if (status != SN_OK) {
        return status;
    }
    return sn_engine_finish(&classifier->engine);
}

const int8_t *sn_classifier_scores(const sn_classifier *classifier) {
    return sn_engine_scores(&classifier->engine);
}
