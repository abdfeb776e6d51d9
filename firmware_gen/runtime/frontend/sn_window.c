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
        all_bits |= sn_absolute(ring[n]);
    }
    return sn_smaller(31u - sn_bit_length_32(all_bits), LARGEST_SHIFT_BEFORE);
}

static int32_t weigh(int16_t sample, uint32_t shift, int32_t weight) {
    return sn_high_half((int64_t)sn_scale_up(sample, shift) * weight);
}

uint32_t sn_window(const int16_t *ring, uint32_t first, const int32_t *window, int32_t *points) {
    const uint32_t before = headroom(ring);
    uint32_t all_bits = 0u;
    uint32_t reversed = 0u;
    for (uint32_t n = 0u; n < SN_FRAME_LENGTH; n += 2u) {
        const uint32_t at = n < SN_FRAME_LENGTH / 2u ? n : SN_FRAME_LENGTH - n;
        const uint32_t next = n < SN_FRAME_LENGTH / 2u ? n + 1u : SN_FRAME_LENGTH - n - 1u;
        const int16_t even = ring[(first + n) % SN_FRAME_LENGTH];
        const int16_t odd = ring[(first + n + 1u) % SN_FRAME_LENGTH];
        int32_t *point = points + 2u * reversed;
        point[0] = weigh(even, before, window[at]);
        point[1] = weigh(odd, before, window[next]);
        all_bits |= sn_absolute(point[0]) | sn_absolute(point[1]);
        reversed = next_reversed(reversed);
    }
    const uint32_t after = sn_smaller(30u - sn_bit_length_32(all_bits), LARGEST_SHIFT_AFTER);
    for (uint32_t n = 0u; n < SN_FRAME_LENGTH; n++) {
        points[n] = sn_scale_up(points[n], after);
    }
    return before + after;
}
