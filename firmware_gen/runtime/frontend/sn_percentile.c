#include <stdbool.h>

#include "frontend/sn_fixed.h"
#include "frontend/sn_level.h"

// |x| goes up to 2^15: its upper part has 129 values, its lower byte 256.
#define LOW_BITS 8u
#define ANY_HIGH UINT32_MAX

// Counts the upper parts of |x|, or the lower bytes of those whose upper part is `high`.
static void count_bins(const int16_t *samples, uint32_t count, uint32_t high, uint32_t *histogram) {
    for (uint32_t bin = 0u; bin < SN_HISTOGRAM_BINS; bin++) {
        histogram[bin] = 0u;
    }
    for (uint32_t i = 0u; i < count; i++) {
        const uint32_t magnitude = sn_absolute(samples[i]);
        if (high == ANY_HIGH) {
            histogram[magnitude >> LOW_BITS]++;
        } else if (magnitude >> LOW_BITS == high) {
            histogram[magnitude & (SN_HISTOGRAM_BINS - 1u)]++;
        }
    }
}

// The bin that holds the value of `rank` (0 is the smallest); `rank` becomes the one inside it.
static uint32_t find_bin(const uint32_t *histogram, uint32_t *rank) {
    uint32_t bin = 0u;
    while (*rank >= histogram[bin]) {
        *rank -= histogram[bin];
        bin++;
    }
    return bin;
}

// The smallest |x| above `magnitude`.
static uint32_t next_magnitude(const int16_t *samples, uint32_t count, uint32_t magnitude) {
    uint32_t next = UINT32_MAX;
    for (uint32_t i = 0u; i < count; i++) {
        const uint32_t candidate = sn_absolute(samples[i]);
        if (candidate > magnitude && candidate < next) {
            next = candidate;
        }
    }
    return next;
}

uint32_t sn_percentile(const int16_t *samples, uint32_t count, uint32_t *histogram) {
    const uint32_t position = 999u * (count - 1u);
    uint32_t rank = position / 1000u;
    count_bins(samples, count, ANY_HIGH, histogram);
    const uint32_t high = find_bin(histogram, &rank);
    count_bins(samples, count, high, histogram);
    const uint32_t byte = find_bin(histogram, &rank);
    const uint32_t below = (high << LOW_BITS) + byte;
    const bool repeated = rank + 1u < histogram[byte];
    const uint32_t above = repeated ? below : next_magnitude(samples, count, below);
    return 1000u * below + (position % 1000u) * (above - below);
}
