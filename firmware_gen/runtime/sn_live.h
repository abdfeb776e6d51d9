// Samples without an end in, class scores out: the network over a sliding window of the stream.
//
// Each new row of the last layer before the mean gives an answer, the mean reaching over the newest
// rows, as many as a clip of the model's own length has. The stream begins as a clip does; exactly
// what an answer is, calibration/sernet_cal/live.py states.
#ifndef SN_LIVE_H
#define SN_LIVE_H

#include <stdint.h>

#include "engine/sn_slide.h"
#include "sn_classifier.h"
#include "sn_status.h"

// Only a firmware built with --live has these functions (SN_LIVE of sn_shapes.h is 1).
typedef struct sn_live {
    sn_classifier classifier;
    sn_slide slide;
} sn_live;

// Starts a stream. `config` as for sn_classifier_begin; SN_ERR_ARGUMENT for a front-end of the
// `paper` form, which needs the whole clip.
SN_MUST_CHECK sn_status sn_live_begin(sn_live *live, const sn_classifier_config *config);

// Takes the next `count` samples and runs everything that they complete; any number of times.
SN_MUST_CHECK sn_status sn_live_push(sn_live *live, const int16_t *samples, uint32_t count);

// Answers since the start, modulo 2^32.
uint32_t sn_live_answers(const sn_live *live);

// The int8 scores of the newest answer, model->classes of them; null before the first.
const int8_t *sn_live_scores(const sn_live *live);

#endif
