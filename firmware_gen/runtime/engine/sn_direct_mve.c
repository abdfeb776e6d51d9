#include "engine/sn_direct_sums.h"

#if SN_MVE
#include <arm_mve.h>

#define CHANNELS 4u
#define BLOCKS_PER_TURN 4u

// What the assembly reads and moves on; the numbers are its offsets. A turn is four blocks; the
// first one leaves out its first `skipped` blocks.
typedef struct {
    const int8_t *patch;                // 0
    const int8_t *weights;              // 4
    uint32_t pair_bytes;                // 8
    const sn_direct_channel *channels;  // 12
    uint32_t groups;                    // 16: of four channels
    int8_t *targets[SN_DIRECT_PIXELS];  // 20
    uint32_t turns;                     // 28
    uint32_t skipped;                   // 32
} direct_job;

// 16 values of two pixels meet the weights of four channels: 128 products in 14 instructions.
#define BLOCK                                                                                      \
    "vldrb.8 q0, [r5], #16\n"                                                                      \
    "vldrb.8 q1, [r5], #16\n"                                                                      \
    "vldrb.8 q2, [r1], #16\n"                                                                      \
    "vldrb.8 q3, [r1], #16\n"                                                                      \
    "vmladava.s8 r0, q0, q2\n"                                                                     \
    "vmladava.s8 r8, q1, q2\n"                                                                     \
    "vmladava.s8 r2, q0, q3\n"                                                                     \
    "vmladava.s8 r10, q1, q3\n"                                                                    \
    "vldrb.8 q2, [r3], #16\n"                                                                      \
    "vldrb.8 q3, [r3], #16\n"                                                                      \
    "vmladava.s8 r4, q0, q2\n"                                                                     \
    "vmladava.s8 r12, q1, q2\n"                                                                    \
    "vmladava.s8 r6, q0, q3\n"                                                                     \
    "vmladava.s8 r14, q1, q3\n"
// Four channels of one pixel in `sums`; bias q0, multiplier q1, -right q2, round q3.
#define REQUANTIZE(sums, target)                                                                   \
    "vadd.i32 " sums ", " sums ", q0\n"                                                            \
    "vqrdmulh.s32 " sums ", " sums ", q1\n"                                                        \
    "vadd.i32 " sums ", " sums ", q3\n"                                                            \
    "vshl.s32 " sums ", " sums ", q2\n"                                                            \
    "vqmovnb.s32 " sums ", " sums "\n"                                                             \
    "vqmovnb.s16 " sums ", " sums "\n"                                                             \
    "vstrb.32 " sums ", [" target "], #4\n"

// Sums of the first pixel r0 r2 r4 r6, of the second r8 r10 r12 lr (these instructions add to even
// registers only); patch r5, weights of two pairs of channels r1 and r3, turns r7. The first
// target's pixel is stored last.
SN_NAKED static void run_job(direct_job *job __attribute__((unused))) {
    __asm__ volatile("push {r0, r4-r11, lr}\n"
                     "vpush {d8-d11}\n"
                     "1:\n"
                     "ldr r11, [sp, #32]\n"
                     "ldr r5, [r11]\n"
                     "ldr r1, [r11, #4]\n"
                     "ldr r7, [r11, #8]\n"
                     "add r3, r1, r7\n"
                     "add r7, r3, r7\n"
                     "str r7, [r11, #4]\n"
                     "movs r0, #0\n"
                     "movs r2, #0\n"
                     "movs r4, #0\n"
                     "movs r6, #0\n"
                     "mov r8, #0\n"
                     "mov r10, #0\n"
                     "mov r12, #0\n"
                     "mov lr, #0\n"
                     "ldr r7, [r11, #28]\n"
                     "ldr r9, [r11, #32]\n"
                     "cmp r9, #2\n"
                     "beq 4f\n"
                     "bhi 5f\n"
                     "cmp r9, #1\n"
                     "beq 3f\n");
    __asm__ volatile("2:\n" BLOCK "3:\n" BLOCK "4:\n" BLOCK "5:\n" BLOCK);
    __asm__ volatile("subs r7, r7, #1\n"
                     "bne 2b\n"
                     "ldr r11, [sp, #32]\n"
                     "ldr r5, [r11, #12]\n"
                     "ldr r1, [r11, #20]\n"
                     "ldr r3, [r11, #24]\n"
                     "vmov q4[2], q4[0], r0, r4\n"
                     "vmov q4[3], q4[1], r2, r6\n"
                     "vmov q5[2], q5[0], r8, r12\n"
                     "vmov q5[3], q5[1], r10, lr\n"
                     "movs r0, #0\n"
                     "movs r2, #12\n"
                     "movs r4, #24\n"
                     "movs r6, #36\n"
                     "vmov q3[2], q3[0], r0, r4\n"
                     "vmov q3[3], q3[1], r2, r6\n"
                     "vldrw.u32 q0, [r5, q3]\n"
                     "adds r5, #4\n"
                     "vldrw.u32 q1, [r5, q3]\n"
                     "adds r5, #4\n"
                     "vldrw.u32 q2, [r5, q3]\n"
                     "adds r5, #40\n"
                     "vmvn.i32 q3, #254\n"
                     "vshl.s32 q3, q3, q2\n"
                     "vshr.s32 q3, q3, #1\n"
                     "vneg.s32 q2, q2\n");
    __asm__ volatile(REQUANTIZE("q5", "r3") REQUANTIZE("q4", "r1"));
    __asm__ volatile("str r5, [r11, #12]\n"
                     "str r1, [r11, #20]\n"
                     "str r3, [r11, #24]\n"
                     "ldr r7, [r11, #16]\n"
                     "subs r7, r7, #1\n"
                     "str r7, [r11, #16]\n"
                     "bne.w 1b\n"
                     "vpop {d8-d11}\n"
                     "pop {r0, r4-r11, pc}\n");
}

uint32_t sn_direct_channels(const sn_direct *layer, const int8_t *patch, int8_t *const *targets,
                            uint32_t pixels) {
    (void)pixels;
    const uint32_t turns = (layer->blocks + BLOCKS_PER_TURN - 1) / BLOCKS_PER_TURN;
    direct_job job = {
        .patch = patch,
        .weights = layer->weights,
        .pair_bytes = 2 * SN_DIRECT_BLOCK * layer->blocks,
        .channels = layer->channels,
        .groups = layer->output_channels / CHANNELS,
        .targets = {targets[0], targets[1]},
        .turns = turns,
        .skipped = turns * BLOCKS_PER_TURN - layer->blocks,
    };
    if (job.groups != 0) {
        run_job(&job);
    }
    return layer->output_channels / CHANNELS * CHANNELS;
}

void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums) {
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t b0 = 0;
    int32_t b1 = 0;
    for (; blocks; --blocks, patch += 2 * SN_DIRECT_BLOCK, weights += 2 * SN_DIRECT_BLOCK) {
        const int8x16_t a = vldrbq_s8(patch);
        const int8x16_t b = vldrbq_s8(patch + SN_DIRECT_BLOCK);
        const int8x16_t w0 = vldrbq_s8(weights);
        const int8x16_t w1 = vldrbq_s8(weights + SN_DIRECT_BLOCK);
        a0 = vmladavaq_s8(a0, a, w0);
        a1 = vmladavaq_s8(a1, a, w1);
        b0 = vmladavaq_s8(b0, b, w0);
        b1 = vmladavaq_s8(b1, b, w1);
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = b0;
    sums[3] = b1;
}
#endif
