#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define LARGEST_SHIFT_BEFORE 30u
#define LARGEST_SHIFT_AFTER 17u

// The successor of a bit-reversed index: a carry that runs from the top bit downwards.
static uint32_t next_reversed(uint32_t reversed) {
    uint32_t bit = SN_FFT_POINTS / 2u;
    while ((reversed & bit) != 0u) {
        reversed ^= bit;
        bit >>= 1u;
    }
    return reversed | bit;
}

static uint32_t headroom(const int16_t *ring) {
    uint32_t all_bits = 0u;
    for (uint32_t n = 0u; n < SN_FRAME_LENGTH; n++) {
        all_bits |= sn_value_bits(ring[n]);
    }
    return sn_smaller(31u - sn_bit_length_32(all_bits), LARGEST_SHIFT_BEFORE);
}

static int32_t weigh(int16_t sample, uint32_t shift, int32_t weight) {
    return sn_high_half((int64_t)sn_scale_up(sample, shift) * weight);
}

// Windows the hop of the frame that starts at its sample `start`; returns the OR of the results'
// bits. The second half of the frame sees the window backwards.
static uint32_t window_hop(const int16_t *samples, uint32_t start, uint32_t shift,
                           const int32_t *window, sn_point *points) {
    const int32_t step = start < SN_FRAME_LENGTH / 2u ? 1 : -1;
    const int32_t *weight = window + (step > 0 ? start : SN_FRAME_LENGTH - start);
    // The hop's place among the points, bit-reversed: its top two bits are the last ones.
    const uint32_t hop = start / SN_HOP_LENGTH;
    uint32_t reversed = (hop & 1u) << 1u | hop >> 1u;
    uint32_t all_bits = 0u;
    for (uint32_t n = 0u; n < SN_HOP_LENGTH; n += 2u) {
        sn_point *point = points + reversed;
        point->real = weigh(samples[n], shift, weight[0]);
        point->imaginary = weigh(samples[n + 1u], shift, weight[step]);
        all_bits |= sn_value_bits(point->real) | sn_value_bits(point->imaginary);
        weight += 2 * step;
        reversed = next_reversed(reversed);
    }
    return all_bits;
}

uint32_t sn_window(const int16_t *ring, uint32_t first, const int32_t *window, sn_point *points) {
    const uint32_t before = headroom(ring);
    uint32_t all_bits = 0u;
    for (uint32_t start = 0u; start < SN_FRAME_LENGTH; start += SN_HOP_LENGTH) {
        const int16_t *samples = ring + (first + start) % SN_FRAME_LENGTH;
        all_bits |= window_hop(samples, start, before, window, points);
    }
    const uint32_t after = sn_smaller(30u - sn_bit_length_32(all_bits), LARGEST_SHIFT_AFTER);
    for (uint32_t n = 0u; n < SN_FFT_POINTS; n++) {
        points[n].real = sn_scale_up(points[n].real, after);
        points[n].imaginary = sn_scale_up(points[n].imaginary, after);
    }
    return before + after;
}
