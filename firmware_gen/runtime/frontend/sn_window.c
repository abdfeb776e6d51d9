#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define LARGEST_SHIFT_BEFORE 30u
#define LARGEST_SHIFT_AFTER 17u
// Samples are scaled up to 16 bits; the rest of `before` is in the product's shift.
#define PRODUCT_BITS 16u
#define PAIRS (SN_HOP_LENGTH / 2u)

// 4 bits in reversed order.
static const uint8_t reversed_4[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};

// Two hops of a frame that lie next to each other: where they begin, and what becomes of them.
typedef struct {
    const int16_t *first;
    const int16_t *second;
    uint32_t shift;
} hop_pair;

static int32_t weigh(int16_t sample, uint32_t shift, int32_t weight) {
    return sn_weighted(sn_scale_up(sample, shift), weight);
}

static inline uint32_t weigh_pair(const int16_t *samples, uint32_t shift, const int32_t *weight,
                                  int32_t step, sn_point *point) {
    point->real = weigh(samples[0], shift, weight[0]);
    point->imaginary = weigh(samples[1], shift, weight[step]);
    return sn_value_bits(point->real) | sn_value_bits(point->imaginary);
}

// Windows two hops, whose window lies a hop apart and is read in steps of 1 or -1. Their points are
// neighbours of a kind: bit-reversed, they lie 2 apart. Returns the OR of the results' bits.
static inline uint32_t window_hops(hop_pair hops, const int32_t *window, int32_t step,
                                   sn_point *points) {
    const int32_t *next = window + step * (int32_t)SN_HOP_LENGTH;
    uint32_t all_bits = 0u;
    for (uint32_t n = 0u; n < PAIRS; n++) {
        // The 7 bits of n in reversed order, above the two of the hop.
        sn_point *point = points + (reversed_4[n % 16u] * 32u + reversed_4[n / 16u] * 2u);
        all_bits |= weigh_pair(hops.first + 2u * n, hops.shift, window, step, point);
        all_bits |= weigh_pair(hops.second + 2u * n, hops.shift, next, step, point + 2);
        window += 2 * step;
        next += 2 * step;
    }
    return all_bits;
}

sn_block_shift sn_window(const int16_t *ring, uint32_t first, uint32_t sample_bits,
                         const int32_t *window, sn_point *points) {
    const uint32_t before = sn_smaller(31u - sn_bit_length_32(sample_bits), LARGEST_SHIFT_BEFORE);
    const int16_t *hops[SN_HOPS];
    for (uint32_t hop = 0u; hop < SN_HOPS; hop++) {
        hops[hop] = ring + (first + hop * SN_HOP_LENGTH) % SN_FRAME_LENGTH;
    }
    // The second half of the frame sees the window backwards.
    const hop_pair rising = {hops[0], hops[1], before - PRODUCT_BITS};
    const hop_pair falling = {hops[2], hops[3], before - PRODUCT_BITS};
    const uint32_t all_bits = window_hops(rising, window, 1, points) |
                              window_hops(falling, window + SN_FRAME_LENGTH / 2u, -1, points + 1);
    const uint32_t after = sn_smaller(30u - sn_bit_length_32(all_bits), LARGEST_SHIFT_AFTER);
    return (sn_block_shift){before, after};
}
