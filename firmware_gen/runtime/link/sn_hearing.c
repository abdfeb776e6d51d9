#include "link/sn_hearing.h"

#include "sn_config.h"

#if SN_MICROPHONE
#include "sn_microphone.h"

// Samples classified before the microphone is looked at again: fewer than from one row of features
// to the next, so that the network runs once at most.
#define STEP 160u
#define SAMPLES_PER_ANSWER ((SN_MAX_PAYLOAD - 8u) / 2u)

static uint32_t smaller(uint32_t left, uint32_t right) {
    return left < right ? left : right;
}

void sn_hearing_init(sn_hearing *hearing) {
    hearing->state = SN_HEARING_NOTHING;
    hearing->samples = sn_microphone_room(&hearing->room);
    hearing->clip = 0;
    hearing->wanted = 0;
    hearing->heard = 0;
    hearing->first = 0;
    sn_meter_begin(&hearing->meter);
}

static uint8_t start(sn_hearing *hearing, sn_hearing_state state, uint8_t status) {
    if (status == SN_LINK_OK) {
        hearing->state = state;
        sn_microphone_start();
    }
    return status;
}

static uint8_t status_of(const sn_clip_run *run) {
    return run->state == SN_RUN_FAILED ? SN_LINK_ENGINE : SN_LINK_OK;
}

uint8_t sn_hearing_record(sn_hearing *hearing, sn_clip_run *run, uint32_t clip,
                          uint32_t total_samples, uint32_t flags, const sn_trace_request *trace) {
    if (total_samples > hearing->room) {
        return SN_LINK_BAD_VALUE;
    }
    if (hearing->wanted == total_samples && hearing->clip == clip && run->clip == clip) {
        return status_of(run);
    }
    sn_hearing_stop(hearing);
    hearing->clip = clip;
    hearing->wanted = total_samples;
    hearing->heard = 0;
    return start(hearing, SN_HEARING_CLIP,
                 sn_clip_run_begin(run, clip, total_samples, flags, trace));
}

uint8_t sn_hearing_listen(sn_hearing *hearing, sn_clip_run *run, uint32_t stream) {
    if (run->is_stream && run->clip == stream) {
        return status_of(run);
    }
    sn_hearing_stop(hearing);
    hearing->wanted = 0;  // the room is the stream's
    hearing->heard = 0;
    hearing->first = 0;
    sn_meter_begin(&hearing->meter);
    return start(hearing, SN_HEARING_STREAM, sn_clip_run_live_begin(run, stream));
}

void sn_hearing_stop(sn_hearing *hearing) {
    sn_microphone_stop();
    hearing->state = SN_HEARING_NOTHING;
}

static uint8_t step_of_clip(sn_hearing *hearing, sn_clip_run *run) {
    const uint32_t missing = hearing->wanted - hearing->heard;
    hearing->heard += sn_microphone_read(hearing->samples + hearing->heard, missing);
    uint8_t status = SN_LINK_OK;
    if (run->next_offset < hearing->heard) {
        const uint32_t count = smaller(hearing->heard - run->next_offset, STEP);
        status = sn_clip_run_take(run, hearing->samples + run->next_offset, count);
    }
    if (status == SN_LINK_OK && run->next_offset == hearing->wanted) {
        status = sn_clip_run_finish(run);
    }
    return status;
}

// All that the microphone has goes into the ring first: it keeps little, and the network may be
// busy for long now and idle later.
static void fill_ring(sn_hearing *hearing) {
    const uint32_t after = hearing->room - hearing->first;  // up to the end of the room
    const bool is_wrapped = hearing->heard >= after;
    int16_t *const free =
        hearing->samples + (is_wrapped ? hearing->heard - after : hearing->first + hearing->heard);
    const uint32_t count = sn_microphone_read(free, is_wrapped ? hearing->room - hearing->heard
                                                               : after - hearing->heard);
    sn_meter_push(&hearing->meter, free, count);
    hearing->heard += count;
}

static uint8_t step_of_stream(sn_hearing *hearing, sn_clip_run *run) {
    fill_ring(hearing);
    const uint32_t whole = smaller(hearing->heard, hearing->room - hearing->first);
    const uint32_t count = smaller(whole, STEP);
    if (count == 0) {
        return SN_LINK_OK;
    }
    const int16_t *const oldest = hearing->samples + hearing->first;
    hearing->first = count == hearing->room - hearing->first ? 0 : hearing->first + count;
    hearing->heard -= count;
    return sn_clip_run_take(run, oldest, count);
}

bool sn_hearing_step(sn_hearing *hearing, sn_clip_run *run) {
    if (hearing->state == SN_HEARING_NOTHING) {
        return false;
    }
    const uint8_t status = hearing->state == SN_HEARING_CLIP ? step_of_clip(hearing, run)
                                                             : step_of_stream(hearing, run);
    if (status != SN_LINK_OK || run->state != SN_RUN_OPEN) {
        sn_hearing_stop(hearing);
    }
    return hearing->state != SN_HEARING_NOTHING;
}

uint8_t sn_hearing_samples(const sn_hearing *hearing, uint32_t clip, uint32_t offset,
                           sn_answer *answer) {
    if (hearing->wanted == 0 || hearing->clip != clip) {
        return SN_LINK_NO_CLIP;
    }
    if (offset > hearing->heard) {
        return SN_LINK_BAD_VALUE;
    }
    sn_answer_u32(answer, clip);
    sn_answer_u32(answer, hearing->heard);
    const uint32_t count = smaller(hearing->heard - offset, SAMPLES_PER_ANSWER);
    for (uint32_t index = 0; index < count; index++) {
        const uint32_t sample = (uint16_t)hearing->samples[offset + index];
        sn_answer_u8(answer, sample & 0xFFu);
        sn_answer_u8(answer, sample >> 8);
    }
    return SN_LINK_OK;
}
#endif
