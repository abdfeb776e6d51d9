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

static uint32_t order_statistic(const int16_t *samples, uint32_t count, uint32_t rank,
                                uint32_t *histogram) {
    count_bins(samples, count, ANY_HIGH, histogram);
    const uint32_t high = find_bin(histogram, &rank);
    count_bins(samples, count, high, histogram);
    return (high << LOW_BITS) + find_bin(histogram, &rank);
}

uint32_t sn_percentile(const int16_t *samples, uint32_t count, uint32_t *histogram) {
    const uint32_t position = 999u * (count - 1u);
    const uint32_t rank = position / 1000u;
    const uint32_t low = order_statistic(samples, count, rank, histogram);
    const uint32_t high = order_statistic(samples, count, rank + 1u, histogram);
    return 1000u * low + (position % 1000u) * (high - low);
}
