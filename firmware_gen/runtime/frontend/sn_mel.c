#include "engine/sn_dsp.h"
#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// A band's sum takes the place of a bin that no later band sees.
#if SN_DSP
// Bins in pairs, after the odd one: a load right after another takes one cycle instead of two.
static SN_NAKED void sum_bands(sn_point *points __attribute__((unused)),
                               const uint16_t *weights __attribute__((unused)),
                               const uint16_t *first __attribute__((unused)),
                               const uint8_t *count __attribute__((unused))) {
    __asm__("push {r4-r11, lr}\n\t"
            "mov r12, r0\n\t"
            "add lr, r3, #128\n"  // SN_MEL_BANDS
            "1:\n\t"
            "ldrh r8, [r2], #2\n\t"
            "ldrb r9, [r3], #1\n\t"
            "mov r4, #0\n\t"
            "mov r5, #0\n\t"
            "add r8, r12, r8, lsl #3\n\t"
            "lsrs r9, r9, #1\n\t"
            "bcc 2f\n\t"
            "ldr r6, [r8], #8\n\t"
            "ldrh r7, [r1], #2\n\t"
            "umlal r4, r5, r6, r7\n\t"
            "cmp r9, #0\n"
            "2:\n\t"
            "beq 4f\n"
            "3:\n\t"
            "ldr r6, [r8], #8\n\t"
            "ldrh r7, [r1], #2\n\t"
            "ldr r10, [r8], #8\n\t"
            "ldrh r11, [r1], #2\n\t"
            "subs r9, #1\n\t"
            "umlal r4, r5, r6, r7\n\t"
            "umlal r4, r5, r10, r11\n\t"
            "bne 3b\n"
            "4:\n\t"
            "cmp r3, lr\n\t"
            "str r4, [r0], #4\n\t"
            "str r5, [r0], #4\n\t"
            "bne 1b\n\t"
            "pop {r4-r11, pc}");
}
#else
#if SN_NARROW
// In parts of 13, 13 and 5 bits, so that each sum stays below 2^32: the weights' is below 2^19.
SN_APART uint64_t weighted_sum(const sn_point *bin, const uint16_t *weights, uint32_t count) {
    uint32_t high = 0u;
    uint32_t middle = 0u;
    uint32_t low = 0u;
    for (const uint16_t *end = weights + count; weights != end; weights++) {
        const uint32_t value = (uint32_t)bin->real;
        const uint32_t weight = *weights;
        high += (value >> 18) * weight;
        middle += ((value << 14) >> 19) * weight;
        low += (value & 31u) * weight;
        bin++;
    }
    return ((uint64_t)high << 18) + ((uint64_t)middle << 5) + low;
}
#else
static uint64_t weighted_sum(const sn_point *bin, const uint16_t *weights, uint32_t count) {
    uint64_t sum = 0u;
    for (uint32_t i = 0u; i < count; i++) {
        sum += (uint64_t)(uint32_t)bin[i].real * weights[i];
    }
    return sum;
}
#endif

static void sum_bands(sn_point *points, const uint16_t *weights, const uint16_t *first,
                      const uint8_t *count) {
    for (uint32_t band = 0u; band < SN_MEL_BANDS; band++) {
        const uint64_t sum = weighted_sum(points + first[band], weights, count[band]);
        points[band] = (sn_point){(int32_t)(uint32_t)sum, (int32_t)(uint32_t)(sum >> 32)};
        weights += count[band];
    }
}
#endif

void sn_mel(sn_point *points, const sn_frontend *frontend) {
    sum_bands(points, frontend->mel_weights, frontend->mel_first, frontend->mel_count);
}
