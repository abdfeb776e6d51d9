#include "engine/sn_direct.h"

#include <stdbool.h>

#include "engine/sn_direct_sums.h"
#include "engine/sn_requantize.h"

#if SN_MVE
#include <arm_mve.h>
#endif

#define STEP_BYTES (SN_DIRECT_PIXELS * SN_DIRECT_BLOCK)

typedef uint32_t __attribute__((may_alias)) shared_word;

// Where the next value of one pixel's window goes: its blocks lie STEP_BYTES apart.
typedef struct {
    int8_t *next;
    uint32_t room;
} lane;

// The pixel that is next in the strip.
typedef struct {
    uint32_t row;
    uint32_t column;
} place;

static lane advance(lane to, uint32_t count) {
    to.next += count;
    to.room -= count;
    if (to.room == 0) {
        to.next += STEP_BYTES - SN_DIRECT_BLOCK;
        to.room = SN_DIRECT_BLOCK;
    }
    return to;
}

#if SN_MVE
static inline void copy_block(int8_t *to, const int8_t *from) {
    vstrbq_s8(to, vldrbq_s8(from));
}

static inline bool may_copy_blocks(const int8_t *to, const int8_t *from) {
    (void)to, (void)from;
    return true;
}
#else
static inline void copy_block(int8_t *to, const int8_t *from) {
    void *const target = to;
    const void *const source = from;
    shared_word *const words = target;
    const shared_word *const sources = source;
    const shared_word a = sources[0];
    const shared_word b = sources[1];
    const shared_word c = sources[2];
    const shared_word d = sources[3];
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

static inline bool may_copy_blocks(const int8_t *to, const int8_t *from) {
    return (((uintptr_t)to | (uintptr_t)from) & 3u) == 0;
}
#endif

static lane put(lane to, const int8_t *from, uint32_t count) {
    while (count) {
        if (to.room == SN_DIRECT_BLOCK && may_copy_blocks(to.next, from)) {
            for (; count >= SN_DIRECT_BLOCK; count -= SN_DIRECT_BLOCK) {
                copy_block(to.next, from);
                to.next += STEP_BYTES;
                from += SN_DIRECT_BLOCK;
            }
        }
        const uint32_t part = count < to.room ? count : to.room;
        for (uint32_t i = 0; i < part; ++i) {
            to.next[i] = from[i];
        }
        to = advance(to, part);
        from += part;
        count -= part;
    }
    return to;
}

static lane put_zeros(lane to, int8_t zero, uint32_t count) {
    while (count) {
        const uint32_t part = count < to.room ? count : to.room;
        for (uint32_t i = 0; i < part; ++i) {
            to.next[i] = zero;
        }
        to = advance(to, part);
        count -= part;
    }
    return to;
}

// Lays out the window around the pixel in `column`, zero points where it leaves the picture.
static void gather(const sn_direct *layer, const int8_t *const *input, uint32_t column, lane to) {
    const uint32_t channels = layer->input_channels;
    const uint32_t before = layer->columns_left;
    const uint32_t columns = layer->kernel_columns;
    const uint32_t end = column + columns;
    const uint32_t limit = layer->width + before;
    const uint32_t missing_left = column < before ? before - column : 0;
    const uint32_t missing_right = end > limit ? end - limit : 0;
    const uint32_t present = columns - missing_left - missing_right;
    const uint32_t start = column + missing_left - before;
    for (uint32_t i = 0; i < layer->kernel_rows; ++i) {
        if (!input[i]) {
            to = put_zeros(to, layer->input_zero, columns * channels);
            continue;
        }
        to = put_zeros(to, layer->input_zero, missing_left * channels);
        to = put(to, input[i] + start * channels, present * channels);
        to = put_zeros(to, layer->input_zero, missing_right * channels);
    }
}

static int8_t requantize(const sn_direct *layer, const sn_direct_channel *channel, int32_t sum) {
    if (layer->is_plain) {
        return sn_requantize_plain(sum + channel->bias, channel->multiplier,
                                   sn_plain_round(channel->right), channel->right);
    }
    const int32_t scaled =
        sn_multiply_double_rounding(sum + channel->bias, channel->multiplier, -channel->right);
    return sn_clamp(scaled + layer->output_zero, layer->low, layer->high);
}

// Makes the channels from `channel` (even) on of `pixels` pixels whose windows lie at `patch`.
static void run_channels(const sn_direct *layer, const int8_t *patch, uint32_t channel,
                         int8_t *const *targets, uint32_t pixels) {
    const uint32_t pair_bytes = 2 * layer->blocks * SN_DIRECT_BLOCK;
    const int8_t *weights = layer->weights + channel / 2 * pair_bytes;
    for (; channel < layer->output_channels; channel += 2, weights += pair_bytes) {
        const sn_direct_channel *const scaling = &layer->channels[channel];
        int32_t sums[2 * SN_DIRECT_PIXELS];
        sn_direct_sums(patch, weights, layer->blocks, sums);
        for (uint32_t i = 0; i < pixels; ++i) {
            targets[i][channel] = requantize(layer, &scaling[0], sums[2 * i]);
            if (channel + 1 < layer->output_channels) {
                targets[i][channel + 1] = requantize(layer, &scaling[1], sums[2 * i + 1]);
            }
        }
    }
}

// All channels of a block of pixels. `targets` beyond the last pixel are the first one's.
static void run_block(const sn_direct *layer, const int8_t *patch, int8_t *const *targets,
                      uint32_t pixels) {
    uint32_t channel = 0;
#if SN_DSP
    if (layer->is_plain) {
        channel = sn_direct_channels(layer, patch, targets, pixels);
    }
#endif
    run_channels(layer, patch, channel, targets, pixels);
}

static place skip_absent(const sn_direct *layer, int8_t *const *outputs, place at) {
    if (at.column == layer->width) {
        at = (place){at.row + 1, 0};
    }
    while (at.row < layer->rows && !outputs[at.row]) {
        ++at.row;
    }
    return at;
}

static uint32_t count_pixels(const sn_direct *layer, int8_t *const *outputs) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < layer->rows; ++i) {
        count += outputs[i] ? layer->width : 0;
    }
    return count;
}

void sn_direct_strip(const sn_direct *layer, const int8_t *const *input, void *workspace,
                     int8_t *const *outputs) {
    int8_t *const patch = workspace;
    place at = skip_absent(layer, outputs, (place){0, 0});
    uint32_t left = count_pixels(layer, outputs);
    while (left) {
        int8_t *targets[SN_DIRECT_PIXELS];
        // Two and two cost less than three and one.
        const uint32_t most = left == 4 ? 2 : SN_DIRECT_PIXELS;
        const uint32_t pixels = left < most ? left : most;
        for (uint32_t i = 0; i < pixels; ++i) {
            const lane to = {patch + i * SN_DIRECT_BLOCK, SN_DIRECT_BLOCK};
            gather(layer, input + at.row, at.column, to);
            targets[i] = outputs[at.row] + at.column * layer->output_channels;
            at = skip_absent(layer, outputs, (place){at.row, at.column + 1});
        }
        for (uint32_t i = pixels; i < SN_DIRECT_PIXELS; ++i) {
            targets[i] = targets[0];
        }
        run_block(layer, patch, targets, pixels);
        left -= pixels;
    }
}
