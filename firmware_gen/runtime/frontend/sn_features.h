// Samples in, int8 feature rows out: framing, both front-end forms, silence around short clips.
#ifndef SN_FEATURES_H
#define SN_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "frontend/sn_frontend.h"
#include "frontend/sn_level.h"
#include "sn_status.h"

// Receives one feature row of SN_COEFFICIENTS bytes; an error stops the caller and is passed on.
typedef sn_status (*sn_row_sink)(void *context, const int8_t *row);

// Workspace of a front-end. Its content matters within the calls of the functions below only, and
// not while the sink has a row: between them it is free for others.
typedef struct sn_features_work {
    int32_t log_mel[SN_MEL_BANDS];
    union {
        sn_point points[SN_FFT_POINTS];
        int32_t sums[SN_COEFFICIENTS];
        uint32_t histogram[SN_HISTOGRAM_BINS];
    } in_turn;
} sn_features_work;

// State of one clip, 2 KB; only the functions below touch it.
typedef struct sn_features {
    const sn_frontend *frontend;
    sn_level level;
    bool running;
    uint32_t total_samples;  // of the clip
    uint32_t seen_samples;   // pushed so far
    uint32_t rows_before;    // silent rows before the first frame
    uint32_t rows_after;     // and after the last one
    int16_t *kept_clip;      // `paper` only, and the two below
    uint32_t kept_first;     // the kept part's first sample
    uint32_t kept_count;
    uint32_t padding;  // zeros that fill the kept clip up to the model's length
    uint32_t framed_samples;
    int16_t ring[SN_FRAME_LENGTH];  // the newest samples, at their clip's level
    uint32_t hop_bits[SN_HOPS];     // what sn_level_apply returned for each quarter of the ring
    sn_features_work *work;
} sn_features;

// Starts a clip of `total_samples` samples (one frame at least). `model_rows`: rows of the model's
// clip length, one at least. `kept_clip`: memory of the model's clip length, `kept_capacity`
// samples; unused (may be null) unless the front-end is of the `paper` form, which gives model_rows
// rows for any clip.
SN_MUST_CHECK sn_status sn_features_begin(sn_features *features, const sn_frontend *frontend,
                                          sn_features_work *work, int16_t *kept_clip,
                                          uint32_t kept_capacity, uint32_t model_rows,
                                          uint32_t total_samples);

// Takes the next `count` samples; calls `sink` for each row that became complete. More samples
// than announced: SN_ERR_ARGUMENT, and nothing is taken. After an error of the sink the clip is
// over: begin again.
SN_MUST_CHECK sn_status sn_features_push(sn_features *features, const int16_t *samples,
                                         uint32_t count, sn_row_sink sink, void *context);

// Ends the clip: emits what is left (silence after a short clip; every row for `paper`).
// SN_ERR_STATE when samples are missing; they can still be pushed.
SN_MUST_CHECK sn_status sn_features_finish(sn_features *features, sn_row_sink sink, void *context);

// `total_samples` of a `stream` that never ends, for which the function below is called.
#define SN_ENDLESS_SAMPLES UINT32_MAX

// Takes the position back to one that means the same, before each sn_features_push (of up to
// SN_FRAME_LENGTH samples): it never grows beyond three frames.
static inline void sn_features_rewind(sn_features *features) {
    features->seen_samples = 0u;
    if (features->framed_samples >= 2u * SN_FRAME_LENGTH) {
        features->framed_samples -= SN_FRAME_LENGTH;
    }
}

#endif
