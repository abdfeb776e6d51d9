// What the microphone hears on its way through the classifier: a clip that is kept, or a stream.
// Only where SN_MICROPHONE of sn_config.h is 1.
#ifndef SN_HEARING_H
#define SN_HEARING_H

#include <stdbool.h>
#include <stdint.h>

#include "link/sn_answer.h"
#include "link/sn_clip_run.h"
#include "link/sn_meter.h"

typedef enum {
    SN_HEARING_NOTHING = 0,
    SN_HEARING_CLIP = 1,
    SN_HEARING_STREAM = 2,
} sn_hearing_state;

// `samples`: room for `room` of them. Of the recorded `clip`, `wanted` samples are asked for (0:
// there is none) and `heard` are kept. Of a stream, `heard` samples wait to be classified in the
// room as a ring, the oldest at `first`; `meter`: how loud it is.
typedef struct {
    sn_hearing_state state;
    int16_t *samples;
    uint32_t room;
    uint32_t clip;
    uint32_t wanted;
    uint32_t heard;
    uint32_t first;
    sn_meter meter;
} sn_hearing;

// Finds the room; nothing is heard yet.
void sn_hearing_init(sn_hearing *hearing);

// Records a clip in place of whatever was running; its samples go through `run` as those do that
// are pushed. A clip that is recorded already goes on as it is. Answers a SN_LINK_ status.
uint8_t sn_hearing_record(sn_hearing *hearing, sn_clip_run *run, uint32_t clip,
                          uint32_t total_samples, uint32_t flags, const sn_trace_request *trace);

// Starts a stream through `run` in place of whatever was running; one of this name goes on as it
// is. Answers a SN_LINK_ status.
uint8_t sn_hearing_listen(sn_hearing *hearing, sn_clip_run *run, uint32_t stream);

// Turns the microphone off; what was recorded stays.
void sn_hearing_stop(sn_hearing *hearing);

// Takes what was heard since the last time and classifies some of it; returns whether it wants to
// be called again.
bool sn_hearing_step(sn_hearing *hearing, sn_clip_run *run);

// Writes clip, samples heard, and the samples from `offset` on, as many as an answer holds. Answers
// a SN_LINK_ status.
uint8_t sn_hearing_samples(const sn_hearing *hearing, uint32_t clip, uint32_t offset,
                           sn_answer *answer);

#endif
