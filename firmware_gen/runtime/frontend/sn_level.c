#include "frontend/sn_level.h"

#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define FULL_SCALE_BITS 15u
#define RATIO_BITS 22u
#define LOG_BITS 20u

void sn_level_of_stream(sn_level *level, const sn_frontend *frontend) {
    level->limit = 1 << FULL_SCALE_BITS;
    level->shift = 0u;
    level->clipped = INT16_MAX;
    level->log2 = 0;
    level->epsilon = frontend->epsilon;
}

void sn_level_of_clip(sn_level *level, const int16_t *samples, uint32_t count, uint32_t *histogram,
                      const sn_frontend *frontend) {
    const uint32_t percentile = sn_percentile(samples, count, histogram);
    sn_level_of_stream(level, frontend);
    if (percentile == 0u) {
        level->limit = 0;
        level->clipped = 0;
        return;
    }
    level->limit = (int32_t)(percentile / 1000u);
    uint32_t scaled = percentile;
    while (scaled < 1000u << (FULL_SCALE_BITS - 1u)) {
        scaled <<= 1u;
        level->shift++;
    }
    level->clipped = (int32_t)sn_smaller((scaled + 500u) / 1000u, INT16_MAX);
    // At most 32768000 * 128, which is below 2^32.
    const uint32_t ratio = (scaled << (RATIO_BITS - FULL_SCALE_BITS)) / 1000u;
    level->log2 = sn_log2(ratio, frontend->logarithms) - (int32_t)(RATIO_BITS << LOG_BITS);
    level->epsilon = (uint32_t)(((uint64_t)frontend->epsilon * ratio) >> RATIO_BITS);
}

static int32_t at_level(const sn_level *level, int32_t sample) {
    if (sample > level->limit) {
        return level->clipped;
    }
    if (sample < -level->limit) {
        return -level->clipped;
    }
    return sn_scale_up(sample, level->shift);
}

static uint32_t copy(int16_t *to, const int16_t *samples, uint32_t count) {
    uint32_t bits = 0u;
    const int16_t *end = samples + count;
    while (end - samples >= 4) {
        const int16_t a = samples[0];
        const int16_t b = samples[1];
        const int16_t c = samples[2];
        const int16_t d = samples[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
        bits |= sn_value_bits(a) | sn_value_bits(b) | sn_value_bits(c) | sn_value_bits(d);
        samples += 4;
        to += 4;
    }
    while (samples != end) {
        *to++ = *samples;
        bits |= sn_value_bits(*samples++);
    }
    return bits;
}

uint32_t sn_level_apply(const sn_level *level, const int16_t *samples, uint32_t count,
                        int16_t *levelled) {
    uint32_t bits = 0u;
    if (samples == 0) {
        for (uint32_t i = 0u; i < count; i++) {
            levelled[i] = 0;
        }
    } else if (level->limit == 1 << FULL_SCALE_BITS) {
        bits = copy(levelled, samples, count);
    } else {
        for (uint32_t i = 0u; i < count; i++) {
            const int32_t sample = at_level(level, samples[i]);
            levelled[i] = (int16_t)sample;
            bits |= sn_value_bits(sample);
        }
    }
    return bits;
}
