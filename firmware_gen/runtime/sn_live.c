#include "sn_live.h"

#include "sn_shapes.h"

#if SN_LIVE
static sn_status feed_engine(void *context, const int8_t *row) {
    sn_live *live = context;
    return sn_engine_push_endless(&live->classifier.engine, &live->slide, row);
}

sn_status sn_live_begin(sn_live *live, const sn_classifier_config *config) {
    if (config->frontend->form != SN_FORM_STREAM) {
        return SN_ERR_ARGUMENT;
    }
    const sn_status status =
        sn_classifier_begin(&live->classifier, config, SN_ENDLESS_SAMPLES, 0, 0);
    if (status != SN_OK) {
        return status;
    }
    return sn_slide_begin(&live->slide, config->model, config->model_rows);
}

sn_status sn_live_push(sn_live *live, const int16_t *samples, uint32_t count) {
    sn_features *features = &live->classifier.features;
    while (count > 0u) {
        const uint32_t now = count < SN_FRAME_LENGTH ? count : SN_FRAME_LENGTH;
        sn_features_rewind(features);
        const sn_status status = sn_features_push(features, samples, now, feed_engine, live);
        if (status != SN_OK) {
            return status;
        }
        samples += now;
        count -= now;
    }
    return SN_OK;
}

uint32_t sn_live_answers(const sn_live *live) {
    return live->slide.answers;
}

const int8_t *sn_live_scores(const sn_live *live) {
    return sn_engine_scores(&live->classifier.engine);
}
#endif
