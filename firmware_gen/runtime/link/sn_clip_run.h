// One clip on its way through the classifier: offsets, ticks and how it ended. In a live firmware
// it may be a stream without an end instead.
#ifndef SN_CLIP_RUN_H
#define SN_CLIP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "link/sn_trace.h"
#include "sn_classifier.h"
#include "sn_live.h"
#include "sn_shapes.h"

typedef enum {
    SN_RUN_NONE = 0,   // nothing was begun
    SN_RUN_OPEN = 1,   // takes samples
    SN_RUN_DONE = 2,   // the scores are there
    SN_RUN_FAILED = 3  // the runtime refused; `failure` says why
} sn_run_state;

typedef struct {
    sn_classifier_config config;
#if SN_LIVE
    sn_live live;  // its classifier is the clip's too: clip and stream never run at once
    bool is_stream;
#else
    sn_classifier classifier;
#endif
    sn_trace trace;
    sn_run_state state;
    sn_status failure;
    bool debug;
    uint32_t clip;  // the host's name for it
    uint32_t total_samples;
    uint32_t next_offset;  // samples taken so far; of a stream modulo 2^32
    uint64_t ticks;        // in the classifier, with the tap's
} sn_clip_run;

// The classifier of a clip.
static inline sn_classifier *sn_clip_run_classifier(sn_clip_run *run) {
#if SN_LIVE
    return &run->live.classifier;
#else
    return &run->classifier;
#endif
}

// Starts a clip in place of whatever was running. Every function answers a SN_LINK_ status.
uint8_t sn_clip_run_begin(sn_clip_run *run, uint32_t clip, uint32_t total_samples, uint32_t flags,
                          const sn_trace_request *request);

// Takes `count` little-endian samples that begin at `offset`. A block that was taken before is
// passed over, one beyond the next offset is a gap; neither changes anything.
uint8_t sn_clip_run_push(sn_clip_run *run, uint32_t offset, const uint8_t *samples, uint32_t count);

// Takes `count` samples that follow those taken before, of an open clip (as many as are missing at
// most) or stream.
uint8_t sn_clip_run_take(sn_clip_run *run, const int16_t *samples, uint32_t count);

// Ends the clip; does nothing when it has ended.
uint8_t sn_clip_run_finish(sn_clip_run *run);

// Ticks spent in the classifier, without those of the tap.
uint64_t sn_clip_run_ticks(const sn_clip_run *run);

// The same for a stream, only in a live firmware. What follows LIVE_END has nothing to push to:
// SN_LINK_NO_CLIP. `offset` modulo 2^32: half of all offsets are before the next one.
uint8_t sn_clip_run_live_begin(sn_clip_run *run, uint32_t stream);
uint8_t sn_clip_run_live_push(sn_clip_run *run, uint32_t offset, const uint8_t *samples,
                              uint32_t count);
uint8_t sn_clip_run_live_end(sn_clip_run *run);

#endif
