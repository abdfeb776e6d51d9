#include "frontend/sn_features.h"

#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

typedef struct {
    sn_row_sink emit;
    void *context;
} row_sink;

static uint32_t frame_count(uint32_t samples) {
    return samples < SN_FRAME_LENGTH ? 0u : 1u + (samples - SN_FRAME_LENGTH) / SN_HOP_LENGTH;
}

static sn_status emit_silence(const sn_features *features, uint32_t rows, row_sink sink) {
    for (uint32_t row = 0u; row < rows; row++) {
        const sn_status status = sink.emit(sink.context, features->frontend->silence);
        if (status != SN_OK) {
            return status;
        }
    }
    return SN_OK;
}

// The ring is full: its oldest sample, the frame's first, is the next to be overwritten.
static sn_status emit_frame(sn_features *features, row_sink sink) {
    const sn_frontend *frontend = features->frontend;
    const uint32_t first = features->framed_samples % SN_FRAME_LENGTH;
    uint32_t sample_bits = 0u;
    for (uint32_t hop = 0u; hop < SN_HOPS; hop++) {
        sample_bits |= features->hop_bits[hop];
    }
    sn_point *points = features->work->in_turn.points;
    const sn_block_shift shift =
        sn_window(features->ring, first, sample_bits, frontend->window, points);
    sn_fft(points, shift.after, frontend->twiddles);
    sn_spectrum(points, frontend);
    sn_mel(points, frontend);
    sn_log2_mel(features->work->log_mel, points + 1, shift.before + shift.after, &features->level,
                frontend);
    sn_dct(features->work->in_turn.sums, features->work->log_mel, frontend);
    int8_t row[SN_COEFFICIENTS];
    sn_quantize(row, features->work->in_turn.sums, frontend);
    return sink.emit(sink.context, row);
}

// Takes `count` samples (zeros where `samples` is null) into the ring, at most up to the end of a
// hop.
static void take_samples(sn_features *features, const int16_t *samples, uint32_t count) {
    const uint32_t place = features->framed_samples % SN_FRAME_LENGTH;
    uint32_t *bits = features->hop_bits + place / SN_HOP_LENGTH;
    if (place % SN_HOP_LENGTH == 0u) {
        *bits = 0u;
    }
    *bits |= sn_level_apply(&features->level, samples, count, features->ring + place);
    features->framed_samples += count;
}

// Takes `count` samples (zeros where `samples` is null) and emits each frame that they complete.
static sn_status frame_samples(sn_features *features, const int16_t *samples, uint32_t count,
                               row_sink sink) {
    uint32_t taken = 0u;
    while (taken < count) {
        const uint32_t room = SN_HOP_LENGTH - features->framed_samples % SN_HOP_LENGTH;
        const uint32_t now = sn_smaller(room, count - taken);
        take_samples(features, samples != 0 ? samples + taken : 0, now);
        taken += now;
        if (now == room && features->framed_samples >= SN_FRAME_LENGTH) {
            const sn_status status = emit_frame(features, sink);
            if (status != SN_OK) {
                return status;
            }
        }
    }
    return SN_OK;
}

static void keep_samples(sn_features *features, const int16_t *samples, uint32_t count) {
    for (uint32_t i = 0u; i < count; i++) {
        const uint32_t position = features->seen_samples + i;
        if (position >= features->kept_first &&
            position - features->kept_first < features->kept_count) {
            features->kept_clip[position - features->kept_first] = samples[i];
        }
    }
}

static sn_status frame_kept_clip(sn_features *features, row_sink sink) {
    sn_level_of_clip(&features->level, features->kept_clip, features->kept_count,
                     features->work->in_turn.histogram, features->frontend);
    const uint32_t before = features->padding / 2u;
    sn_status status = frame_samples(features, 0, before, sink);
    if (status == SN_OK) {
        status = frame_samples(features, features->kept_clip, features->kept_count, sink);
    }
    if (status == SN_OK) {
        status = frame_samples(features, 0, features->padding - before, sink);
    }
    return status;
}

static sn_status plan_kept_clip(sn_features *features, int16_t *kept_clip, uint32_t kept_capacity,
                                uint32_t model_rows) {
    if (kept_clip == 0 || frame_count(kept_capacity) < model_rows) {
        return SN_ERR_MEMORY;
    }
    if (frame_count(kept_capacity) != model_rows) {
        return SN_ERR_ARGUMENT;
    }
    features->kept_clip = kept_clip;
    features->kept_count = sn_smaller(features->total_samples, kept_capacity);
    features->kept_first = (features->total_samples - features->kept_count) / 2u;
    features->padding = kept_capacity - features->kept_count;
    return SN_OK;
}

sn_status sn_features_begin(sn_features *features, const sn_frontend *frontend,
                            sn_features_work *work, int16_t *kept_clip, uint32_t kept_capacity,
                            uint32_t model_rows, uint32_t total_samples) {
    features->frontend = frontend;
    features->work = work;
    features->running = false;
    features->total_samples = total_samples;
    features->seen_samples = 0u;
    features->framed_samples = 0u;
    features->rows_before = 0u;
    features->rows_after = 0u;
    if (total_samples < SN_FRAME_LENGTH || model_rows == 0u) {
        return SN_ERR_ARGUMENT;
    }
    sn_level_of_stream(&features->level, frontend);
    sn_status status = SN_OK;
    if (frontend->form == SN_FORM_PAPER) {
        status = plan_kept_clip(features, kept_clip, kept_capacity, model_rows);
    } else {
        const uint32_t frames = frame_count(total_samples);
        const uint32_t missing = model_rows > frames ? model_rows - frames : 0u;
        features->rows_before = missing / 2u;
        features->rows_after = missing - missing / 2u;
    }
    features->running = status == SN_OK;
    return status;
}

sn_status sn_features_push(sn_features *features, const int16_t *samples, uint32_t count,
                           sn_row_sink sink, void *context) {
    if (!features->running) {
        return SN_ERR_STATE;
    }
    if (count > features->total_samples - features->seen_samples) {
        return SN_ERR_ARGUMENT;
    }
    sn_status status = SN_OK;
    if (features->frontend->form == SN_FORM_PAPER) {
        keep_samples(features, samples, count);
    } else {
        const row_sink rows = {sink, context};
        status = emit_silence(features, features->rows_before, rows);
        features->rows_before = 0u;
        if (status == SN_OK) {
            status = frame_samples(features, samples, count, rows);
        }
    }
    features->seen_samples += count;
    features->running = status == SN_OK;
    return status;
}

sn_status sn_features_finish(sn_features *features, sn_row_sink sink, void *context) {
    if (!features->running || features->seen_samples != features->total_samples) {
        return SN_ERR_STATE;
    }
    features->running = false;
    const row_sink rows = {sink, context};
    if (features->frontend->form == SN_FORM_PAPER) {
        return frame_kept_clip(features, rows);
    }
    return emit_silence(features, features->rows_after, rows);
}
