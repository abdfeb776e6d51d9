#include "link/sn_clip_run.h"

#include "link/sn_bytes.h"
#include "sn_port.h"

// Samples converted at a time; on the stack.
#define CHUNK 64u

static uint8_t conclude(sn_clip_run *run, uint32_t started, sn_status status) {
    run->ticks += sn_port_ticks() - started;
    if (status != SN_OK) {
        run->state = SN_RUN_FAILED;
        run->failure = status;
        return SN_LINK_ENGINE;
    }
    return SN_LINK_OK;
}

uint8_t sn_clip_run_begin(sn_clip_run *run, uint32_t clip, uint32_t total_samples, uint32_t flags,
                          const sn_trace_request *request) {
    run->clip = clip;
    run->total_samples = total_samples;
    run->next_offset = 0;
    run->ticks = 0;
    run->debug = (flags & SN_FLAG_DEBUG) != 0;
    run->state = SN_RUN_OPEN;
#if SN_LIVE
    run->is_stream = false;
#endif
    sn_trace_begin(&run->trace, request);
    const uint32_t started = sn_port_ticks();
    return conclude(run, started,
                    sn_classifier_begin(sn_clip_run_classifier(run), &run->config, total_samples,
                                        run->debug ? sn_trace_tap : 0, &run->trace));
}

static sn_status push_chunk(sn_clip_run *run, const int16_t *samples, uint32_t count) {
#if SN_LIVE
    if (run->is_stream) {
        return sn_live_push(&run->live, samples, count);
    }
#endif
    return sn_classifier_push(sn_clip_run_classifier(run), samples, count);
}

static sn_status push_samples(sn_clip_run *run, const uint8_t *samples, uint32_t count) {
    int16_t chunk[CHUNK];
    while (count > 0) {
        const uint32_t length = count < CHUNK ? count : CHUNK;
        for (uint32_t index = 0; index < length; index++) {
            chunk[index] = sn_get_s16(samples + 2u * index);
        }
        const sn_status status = push_chunk(run, chunk, length);
        if (status != SN_OK) {
            return status;
        }
        samples += 2u * length;
        count -= length;
    }
    return SN_OK;
}

uint8_t sn_clip_run_push(sn_clip_run *run, uint32_t offset, const uint8_t *samples,
                         uint32_t count) {
    if (run->state == SN_RUN_FAILED) {
        return SN_LINK_ENGINE;
    }
    if (count > run->total_samples || offset > run->total_samples - count) {
        return SN_LINK_BAD_VALUE;
    }
    if (offset > run->next_offset) {
        return SN_LINK_GAP;
    }
    if (offset < run->next_offset || run->state == SN_RUN_DONE) {
        return SN_LINK_OK;
    }
    const uint32_t started = sn_port_ticks();
    run->next_offset += count;
    return conclude(run, started, push_samples(run, samples, count));
}

uint8_t sn_clip_run_take(sn_clip_run *run, const int16_t *samples, uint32_t count) {
    const uint32_t started = sn_port_ticks();
    run->next_offset += count;
    return conclude(run, started, push_chunk(run, samples, count));
}

uint8_t sn_clip_run_finish(sn_clip_run *run) {
    if (run->state == SN_RUN_FAILED) {
        return SN_LINK_ENGINE;
    }
    if (run->state == SN_RUN_DONE) {
        return SN_LINK_OK;
    }
    if (run->next_offset < run->total_samples) {
        return SN_LINK_GAP;
    }
    const uint32_t started = sn_port_ticks();
    run->state = SN_RUN_DONE;
    return conclude(run, started, sn_classifier_finish(sn_clip_run_classifier(run)));
}

uint64_t sn_clip_run_ticks(const sn_clip_run *run) {
    return run->ticks - run->trace.ticks;
}

#if SN_LIVE
uint8_t sn_clip_run_live_begin(sn_clip_run *run, uint32_t stream) {
    run->clip = stream;
    run->is_stream = true;
    run->next_offset = 0;
    run->ticks = 0;
    run->trace.ticks = 0;
    run->state = SN_RUN_OPEN;
    const uint32_t started = sn_port_ticks();
    return conclude(run, started, sn_live_begin(&run->live, &run->config));
}

uint8_t sn_clip_run_live_push(sn_clip_run *run, uint32_t offset, const uint8_t *samples,
                              uint32_t count) {
    if (run->state == SN_RUN_FAILED) {
        return SN_LINK_ENGINE;
    }
    if (run->state != SN_RUN_OPEN) {
        return SN_LINK_NO_CLIP;
    }
    const uint32_t behind = run->next_offset - offset;
    if (behind != 0) {
        return behind > UINT32_MAX / 2u ? SN_LINK_GAP : SN_LINK_OK;
    }
    const uint32_t started = sn_port_ticks();
    run->next_offset += count;
    return conclude(run, started, push_samples(run, samples, count));
}

uint8_t sn_clip_run_live_end(sn_clip_run *run) {
    if (run->state == SN_RUN_FAILED) {
        return SN_LINK_ENGINE;
    }
    run->state = SN_RUN_DONE;
    return SN_LINK_OK;
}
#endif
