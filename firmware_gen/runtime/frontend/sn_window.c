#include "engine/sn_dsp.h"
#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

#define LARGEST_SHIFT_BEFORE 30u
#define LARGEST_SHIFT_AFTER 17u
// Samples are scaled up to 16 bits; the rest of `before` is in the product's shift.
#define PRODUCT_BITS 16u

// Both kinds of window_*_hops window two hops that follow each other, and return the OR of the
// results' bits. `weights`: the lowest weight that the first samples see; the second hop's lie
// SN_HOP_LENGTH above those of the first one where the window rises, below where it falls. The
// points of the first hop go to `points`, in bit-reversed order, those of the second one 2 behind.
#if SN_DSP
// Four loads in a row: each after the first takes one cycle instead of two. A sample's upper half
// is cleared of the lower one before it is shifted.
#define SN_WINDOW_HOPS(name, first_weight, second_weight, third_weight, fourth_weight, step)       \
    static SN_NAKED uint32_t name(const int16_t *first __attribute__((unused)),                    \
                                  const int16_t *second __attribute__((unused)),                   \
                                  const int32_t *weights __attribute__((unused)),                  \
                                  sn_point *points __attribute__((unused)),                        \
                                  uint32_t shift __attribute__((unused))) {                        \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "ldr r4, [sp, #36]\n\t" /* shift */                                                \
                "mov r5, #0\n\t"                                                                   \
                "mov r6, #0\n"                                                                     \
                "1:\n\t"                                                                           \
                "ldr r8, [r0], #4\n\t"                                                             \
                "ldr r9, [r1], #4\n\t"                                                             \
                "ldr r10, [r2, #" #first_weight "]\n\t"                                            \
                "ldr r11, [r2, #" #second_weight "]\n\t"                                           \
                "ldr r12, [r2, #" #third_weight "]\n\t"                                            \
                "ldr lr, [r2, #" #fourth_weight "]\n\t"                                            \
                "add r2, r2, #" #step "\n\t"                                                       \
                "lsl r7, r8, r4\n\t"                                                               \
                "bfc r8, #0, #16\n\t"                                                              \
                "smulwb r10, r10, r7\n\t"                                                          \
                "lsl r8, r8, r4\n\t"                                                               \
                "lsl r7, r9, r4\n\t"                                                               \
                "bfc r9, #0, #16\n\t"                                                              \
                "smulwt r11, r11, r8\n\t"                                                          \
                "lsl r9, r9, r4\n\t"                                                               \
                "smulwb r12, r12, r7\n\t"                                                          \
                "smulwt lr, lr, r9\n\t"                                                            \
                "rbit r7, r6\n\t" /* 7 bits, now the upper ones; a step of four points */          \
                "add r7, r3, r7, lsr #20\n\t"                                                      \
                "eor r8, r10, r10, asr #31\n\t"                                                    \
                "orr r5, r5, r8\n\t"                                                               \
                "eor r8, r11, r11, asr #31\n\t"                                                    \
                "orr r5, r5, r8\n\t"                                                               \
                "eor r8, r12, r12, asr #31\n\t"                                                    \
                "orr r5, r5, r8\n\t"                                                               \
                "eor r8, lr, lr, asr #31\n\t"                                                      \
                "orr r5, r5, r8\n\t"                                                               \
                "add r6, r6, #1\n\t"                                                               \
                "cmp r6, #128\n\t" /* pairs of samples in a hop */                                 \
                "str r10, [r7]\n\t"                                                                \
                "str r11, [r7, #4]\n\t"                                                            \
                "str r12, [r7, #16]\n\t"                                                           \
                "str lr, [r7, #20]\n\t"                                                            \
                "bne 1b\n\t"                                                                       \
                "mov r0, r5\n\t"                                                                   \
                "pop {r4-r11, pc}");                                                               \
    }

SN_WINDOW_HOPS(window_rising_hops, 0, 4, 1024, 1028, 8)
SN_WINDOW_HOPS(window_falling_hops, 1028, 1024, 4, 0, -8)
#else
#define PAIRS (SN_HOP_LENGTH / 2u)

// 4 bits in reversed order.
static const uint8_t reversed_4[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};

// The 7 bits of a pair's number in reversed order, above the two of the hop.
static uint32_t place_of(uint32_t pair) {
    return reversed_4[pair % 16u] * 32u + reversed_4[pair / 16u] * 2u;
}

// One hop; `step` is 1 where the window rises and -1 where it falls.
SN_APART uint32_t window_hop(const int16_t *samples, const int32_t *weight, int32_t step,
                             sn_point *points, uint32_t shift) {
    uint32_t all_bits = 0u;
    for (uint32_t pair = 0u; pair < PAIRS; pair++) {
        const int32_t real = sn_weighted(sn_scale_up(samples[0], shift), weight[0]);
        const int32_t imaginary = sn_weighted(sn_scale_up(samples[1], shift), weight[step]);
        points[place_of(pair)] = (sn_point){real, imaginary};
        all_bits |= sn_value_bits(real) | sn_value_bits(imaginary);
        samples += 2;
        weight += 2 * step;
    }
    return all_bits;
}

static uint32_t window_rising_hops(const int16_t *first, const int16_t *second,
                                   const int32_t *weights, sn_point *points, uint32_t shift) {
    return window_hop(first, weights, 1, points, shift) |
           window_hop(second, weights + SN_HOP_LENGTH, 1, points + 2, shift);
}

static uint32_t window_falling_hops(const int16_t *first, const int16_t *second,
                                    const int32_t *weights, sn_point *points, uint32_t shift) {
    return window_hop(first, weights + SN_HOP_LENGTH + 1, -1, points, shift) |
           window_hop(second, weights + 1, -1, points + 2, shift);
}
#endif

sn_block_shift sn_window(const int16_t *ring, uint32_t first, uint32_t sample_bits,
                         const int32_t *window, sn_point *points) {
    const uint32_t before = sn_smaller(31u - sn_bit_length_32(sample_bits), LARGEST_SHIFT_BEFORE);
    const uint32_t shift = before - PRODUCT_BITS;
    const int16_t *hops[SN_HOPS];
    for (uint32_t hop = 0u; hop < SN_HOPS; hop++) {
        hops[hop] = ring + (first + hop * SN_HOP_LENGTH) % SN_FRAME_LENGTH;
    }
    // The second half of the frame sees the window backwards.
    const uint32_t all_bits =
        window_rising_hops(hops[0], hops[1], window, points, shift) |
        window_falling_hops(hops[2], hops[3], window + SN_HOP_LENGTH - 1u, points + 1, shift);
    const uint32_t after = sn_smaller(30u - sn_bit_length_32(all_bits), LARGEST_SHIFT_AFTER);
    return (sn_block_shift){before, after};
}
