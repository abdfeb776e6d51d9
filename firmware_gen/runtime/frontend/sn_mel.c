#include "engine/sn_dsp.h"
#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// Each slope of the filters is the rise of one band and the fall of the one below it, whose rise
// has been summed already. A band's sum is written behind the bins that are still to be read.
#if SN_DSP
#define SN_MEL_WEIGH                                                                               \
    "umlal r6, r7, r9, r10\n\t"                                                                    \
    "rsb r10, r10, #32768\n\t"                                                                     \
    "umlal r4, r5, r9, r10\n\t"

// `band`: where the first sum goes, less one; `end`: of the weights.
static SN_NAKED void weigh_slopes(sn_point *band __attribute__((unused)),
                                  const sn_point *bin __attribute__((unused)),
                                  const uint16_t *weight __attribute__((unused)),
                                  const uint8_t *count __attribute__((unused))) {
    __asm__("push {r4-r11, lr}\n\t"
            "add lr, r3, #129\n\t"  // SN_MEL_BANDS + 1 slopes
            "mov r6, #0\n\t"
            "mov r7, #0\n"
            "1:\n\t"
            "ldrb r8, [r3], #1\n\t"
            "mov r4, r6\n\t"  // the lower band's rise, and now its fall
            "mov r5, r7\n\t"
            "mov r6, #0\n\t"  // the upper band's rise
            "mov r7, #0\n\t"
            "lsrs r8, r8, #1\n\t"
            "bcc 2f\n\t"
            "ldr r9, [r1], #8\n\t"
            "ldrh r10, [r2], #2\n\t" SN_MEL_WEIGH "cmp r8, #0\n"
            "2:\n\t"
            "beq 4f\n"
            "3:\n\t"
            "ldr r9, [r1], #8\n\t"
            "ldrh r10, [r2], #2\n\t"
            "ldr r11, [r1], #8\n\t"
            "ldrh r12, [r2], #2\n\t" SN_MEL_WEIGH "umlal r6, r7, r11, r12\n\t"
            "rsb r12, r12, #32768\n\t"
            "umlal r4, r5, r11, r12\n\t"
            "subs r8, #1\n\t"
            "bne 3b\n"
            "4:\n\t"
            "cmp r3, lr\n\t"
            "str r4, [r0], #4\n\t"
            "str r5, [r0], #4\n\t"
            "bne 1b\n\t"
            "pop {r4-r11, pc}");
}
#else
typedef struct {
    uint64_t rising;
    uint64_t falling;
} slope_sums;

#if SN_NARROW
// In parts of 13, 13 and 5 bits, so that each sum stays below 2^32: a slope has at most 19 bins.
SN_APART slope_sums weigh_slope(const sn_point *bin, const uint16_t *weights, uint32_t count) {
    uint32_t high = 0u;
    uint32_t middle = 0u;
    uint32_t low = 0u;
    uint64_t both = 0u;
    for (const uint16_t *end = weights + count; weights != end; weights++) {
        const uint32_t value = (uint32_t)bin->real;
        const uint32_t weight = *weights;
        high += (value >> 18) * weight;
        middle += ((value << 14) >> 19) * weight;
        low += (value & 31u) * weight;
        both += value;
        bin++;
    }
    const uint64_t rising = ((uint64_t)high << 18) + ((uint64_t)middle << 5) + low;
    return (slope_sums){rising, (both << 15) - rising};
}
#else
static slope_sums weigh_slope(const sn_point *bin, const uint16_t *weights, uint32_t count) {
    slope_sums sums = {0u, 0u};
    for (uint32_t i = 0u; i < count; i++) {
        const uint32_t value = (uint32_t)bin[i].real;
        sums.rising += (uint64_t)value * weights[i];
        sums.falling += (uint64_t)value * (32768u - weights[i]);
    }
    return sums;
}
#endif

static void weigh_slopes(sn_point *band, const sn_point *bin, const uint16_t *weights,
                         const uint8_t *counts) {
    uint64_t rising = 0u;
    for (uint32_t slope = 0u; slope <= SN_MEL_BANDS; slope++) {
        const slope_sums sums = weigh_slope(bin, weights, counts[slope]);
        const uint64_t sum = rising + sums.falling;
        band[slope] = (sn_point){(int32_t)(uint32_t)sum, (int32_t)(uint32_t)(sum >> 32)};
        rising = sums.rising;
        bin += counts[slope];
        weights += counts[slope];
    }
}
#endif

void sn_mel(sn_point *points, const sn_frontend *frontend) {
    weigh_slopes(points, points + frontend->first_bin, frontend->mel_weights, frontend->mel_count);
}
