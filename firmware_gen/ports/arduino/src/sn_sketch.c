#include "sn_sketch.h"

#include "sn_generated.h"
#include "sn_shapes.h"
#include "sn_sketch_config.h"
#include "sn_sketch_sizes.h"  // generated: SN_CLASSES, SN_MODEL_ROWS
#if SN_LIVE
#include "sn_live.h"
#endif

typedef enum { SN_SKETCH_IDLE, SN_SKETCH_CLIP, SN_SKETCH_LISTENING } sn_sketch_mode;

static struct {
    sn_sketch_mode mode;
    uint32_t missing;  // samples that the clip still needs
    uint32_t answers;
    int8_t scores[SN_CLASSES];
    union {
        sn_classifier clip;
#if SN_LIVE
        sn_live live;
#endif
    } use;
} sketch;

static bool begin_clip(uint32_t samples) {
    sketch.missing = samples;
    return sn_classifier_begin(&sketch.use.clip, &sn_sketch_config, samples, 0, 0) == SN_OK;
}

static void keep_answer(const int8_t *scores) {
    for (uint32_t index = 0; index < SN_CLASSES; index++) {
        sketch.scores[index] = scores[index];
    }
    sketch.answers++;
}

static bool push_clip(const int16_t *samples, uint32_t count) {
    if (sn_classifier_push(&sketch.use.clip, samples, count) != SN_OK) {
        return false;
    }
    sketch.missing -= count;
    return true;
}

static bool finish_clip(void) {
    if (sn_classifier_finish(&sketch.use.clip) != SN_OK) {
        return false;
    }
    keep_answer(sn_classifier_scores(&sketch.use.clip));
    return true;
}

#if SN_LIVE

static bool begin_listening(void) {
    return sn_live_begin(&sketch.use.live, &sn_sketch_config) == SN_OK;
}

static bool push_listening(const int16_t *samples, uint32_t count) {
    const uint32_t before = sn_live_answers(&sketch.use.live);
    const bool taken = sn_live_push(&sketch.use.live, samples, count) == SN_OK;
    const uint32_t made = sn_live_answers(&sketch.use.live) - before;
    if (made > 0u) {
        keep_answer(sn_live_scores(&sketch.use.live));
        sketch.answers += made - 1u;
    }
    return taken;
}

#else

static bool begin_listening(void) {
    return begin_clip(sn_generated_identity.clip_samples);
}

static bool push_listening(const int16_t *samples, uint32_t count) {
    while (count > 0u) {
        const uint32_t now = count < sketch.missing ? count : sketch.missing;
        if (!push_clip(samples, now)) {
            return false;
        }
        samples += now;
        count -= now;
        if (sketch.missing == 0u && !(finish_clip() && begin_listening())) {
            return false;
        }
    }
    return true;
}

#endif

static bool enter(sn_sketch_mode mode, bool begun) {
    sketch.mode = begun ? mode : SN_SKETCH_IDLE;
    sketch.answers = 0u;
    return begun;
}

bool sn_sketch_listen(void) {
    return enter(SN_SKETCH_LISTENING, begin_listening());
}

bool sn_sketch_begin(uint32_t samples) {
    return enter(SN_SKETCH_CLIP, begin_clip(samples));
}

bool sn_sketch_push(const int16_t *samples, uint32_t count) {
    switch (sketch.mode) {
    case SN_SKETCH_CLIP:
        return push_clip(samples, count);
    case SN_SKETCH_LISTENING:
        return push_listening(samples, count);
    case SN_SKETCH_IDLE:
        break;
    }
    return false;
}

bool sn_sketch_flush(void) {
    return sketch.mode == SN_SKETCH_CLIP && finish_clip();
}

uint32_t sn_sketch_answers(void) {
    return sketch.answers;
}

const int8_t *sn_sketch_scores(void) {
    return sketch.answers > 0u ? sketch.scores : 0;
}

uint32_t sn_sketch_class_count(void) {
    return SN_CLASSES;
}

const char *sn_sketch_class_name(uint32_t index) {
    return index < SN_CLASSES ? sn_generated_identity.classes[index] : "";
}

uint32_t sn_sketch_clip_samples(void) {
    return sn_generated_identity.clip_samples;
}
