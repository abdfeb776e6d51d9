// Samples in, int8 feature rows out: framing, both front-end forms, silence around short clips.
// (The owner of this room fills in the structs; the functions below are the contract.)
#ifndef SN_FEATURES_H
#define SN_FEATURES_H

#include <stdint.h>

#include "frontend/sn_frontend.h"
#include "sn_status.h"

// Receives one feature row of SN_COEFFICIENTS bytes; an error stops the caller and is passed on.
typedef sn_status (*sn_row_sink)(void *context, const int8_t *row);

typedef struct sn_features {
    const sn_frontend *frontend;
} sn_features;

// Starts a clip of `total_samples` samples (one frame at least). `model_rows`: rows of the model's
// clip length. `kept_clip`: memory for the model's clip length in samples; unused (may be null)
// unless the front-end is of the `paper` form.
SN_MUST_CHECK sn_status sn_features_begin(sn_features *features, const sn_frontend *frontend,
                                          int16_t *kept_clip, uint32_t kept_capacity,
                                          uint32_t model_rows, uint32_t total_samples);

// Takes the next `count` samples; calls `sink` for each row that became complete.
SN_MUST_CHECK sn_status sn_features_push(sn_features *features, const int16_t *samples,
                                         uint32_t count, sn_row_sink sink, void *context);

// Ends the clip: emits what is left (silence after a short clip; every row for `paper`).
SN_MUST_CHECK sn_status sn_features_finish(sn_features *features, sn_row_sink sink, void *context);

#endif
