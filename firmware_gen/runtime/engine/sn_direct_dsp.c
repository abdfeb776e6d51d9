#include "engine/sn_direct_sums.h"

#if SN_DSP && !SN_MVE
#include <stdbool.h>

// What the assembly reads and moves on; the numbers are its offsets. `patch` and `weights` lie 4
// bytes below the first values: the last loads of a turn then advance them. A turn is two blocks.
// Of an odd number of blocks, the first turn begins in its middle, so both lie a block lower still.
typedef struct {
    uintptr_t patch;                    // 0
    uintptr_t weights;                  // 4
    uintptr_t end;                      // 8: where the weights of this pair end, less 4
    uint32_t is_odd;                    // 12
    const sn_direct_channel *channels;  // 16
    uint32_t pair_bytes;                // 20
    uint32_t pairs;                     // 24
    int32_t *sums;                      // 28: where the sums go, or 0
    int8_t *targets[SN_DIRECT_PIXELS];  // 32
} direct_job;

// For two pixels, where the last load of a turn of one block advances by its three.
#define BELOW_TWO 20u

// Four values of one pixel, in r12, meet the weights of two channels.
#define PIXEL(even, odd)                                                                           \
    "sxtb16 lr, r12\n"                                                                             \
    "sxtb16 r12, r12, ror #8\n"                                                                    \
    "smlad " even ", lr, r10, " even "\n"                                                          \
    "smlad " odd ", lr, r11, " odd "\n"                                                            \
    "smlad " even ", r12, r2, " even "\n"                                                          \
    "smlad " odd ", r12, r3, " odd "\n"
#define WEIGHTS(last)                                                                              \
    "ldr r2, [r1, #.Lu]\n"                                                                         \
    "ldr r3, [r1, #.Lu + 16]" last "\n"
#define WIDEN_WEIGHTS                                                                              \
    "sxtb16 r10, r2\n"                                                                             \
    "sxtb16 r2, r2, ror #8\n"                                                                      \
    "sxtb16 r11, r3\n"                                                                             \
    "sxtb16 r3, r3, ror #8\n"
#define VALUES(offset, last) "ldr r12, [r0, #.Lv + " offset "]" last "\n"
#define NEXT                                                                                       \
    ".set .Lv, .Lv + 4\n"                                                                          \
    ".set .Lu, .Lu + 4\n"
// Four values of three pixels: 24 products in 30 cycles; `last`: "!" where the loads advance the
// pointers.
#define QUAD(last)                                                                                 \
    WEIGHTS(last)                                                                                  \
    VALUES("0", "")                                                                                \
    WIDEN_WEIGHTS                                                                                  \
    PIXEL("r4", "r5")                                                                              \
    VALUES("16", "")                                                                               \
    PIXEL("r6", "r7")                                                                              \
    VALUES("32", last)                                                                             \
    PIXEL("r8", "r9")                                                                              \
    NEXT
// Four values of two pixels: 16 products in 21 cycles.
#define QUAD_OF_TWO(last)                                                                          \
    WEIGHTS(last)                                                                                  \
    "ldr r8, [r0, #.Lv]\n"                                                                         \
    "ldr r9, [r0, #.Lv + 16]" last "\n" WIDEN_WEIGHTS "sxtb16 r12, r8\n"                           \
    "sxtb16 lr, r9\n"                                                                              \
    "sxtb16 r8, r8, ror #8\n"                                                                      \
    "sxtb16 r9, r9, ror #8\n"                                                                      \
    "smlad r4, r12, r10, r4\n"                                                                     \
    "smlad r5, r12, r11, r5\n"                                                                     \
    "smlad r6, lr, r10, r6\n"                                                                      \
    "smlad r7, lr, r11, r7\n"                                                                      \
    "smlad r4, r8, r2, r4\n"                                                                       \
    "smlad r5, r8, r3, r5\n"                                                                       \
    "smlad r6, r9, r2, r6\n"                                                                       \
    "smlad r7, r9, r3, r7\n" NEXT
#define REQUANTIZE(sum, multiplier, round, right)                                                  \
    "lsl " sum ", " sum ", #1\n"                                                                   \
    "smmlar " sum ", " sum ", " multiplier ", " round "\n"                                         \
    "asr " sum ", " sum ", " right "\n"                                                            \
    "ssat " sum ", #8, " sum "\n"
#define STORE(target, even, odd)                                                                   \
    "ldr r0, [lr, #" target "]\n"                                                                  \
    "strb " odd ", [r0, #1]\n"                                                                     \
    "strb " even ", [r0], #2\n"                                                                    \
    "str r0, [lr, #" target "]\n"

// Sums r4-r9, weights r2 r3 r10 r11, values r12 lr, patch r0, weights r1; on the stack the job and
// the end of the weights. The first target's pixel is stored last.
#define BEGIN_PAIR                                                                                 \
    "1:\n"                                                                                         \
    "ldr lr, [sp]\n"                                                                               \
    "ldr r3, [lr, #16]\n"                                                                          \
    "ldr r0, [lr]\n"                                                                               \
    "ldr r1, [lr, #4]\n"                                                                           \
    "ldr r2, [lr, #8]\n"                                                                           \
    "ldr r10, [lr, #20]\n"                                                                         \
    "ldr r12, [lr, #12]\n"                                                                         \
    "ldr r4, [r3]\n"                                                                               \
    "ldr r5, [r3, #12]\n"                                                                          \
    "str r2, [sp, #4]\n"                                                                           \
    "add r2, r2, r10\n"                                                                            \
    "add r10, r1, r10\n"                                                                           \
    "str r2, [lr, #8]\n"                                                                           \
    "str r10, [lr, #4]\n"                                                                          \
    "mov r6, r4\n"                                                                                 \
    "mov r7, r5\n"
// Both roundings, r1 and r11, are sn_plain_round of the shifts r2 and r12.
#define LOAD_SCALING                                                                               \
    "ldr r0, [r3, #4]\n"                                                                           \
    "ldr r2, [r3, #8]\n"                                                                           \
    "ldr r10, [r3, #16]\n"                                                                         \
    "ldr r12, [r3, #20]\n"                                                                         \
    "mvn r11, #254\n"                                                                              \
    "lsl r1, r11, r2\n"                                                                            \
    "lsl r11, r11, r12\n"                                                                          \
    "asr r1, r1, #1\n"                                                                             \
    "asr r11, r11, #1\n"                                                                           \
    "add r3, r3, #24\n"                                                                            \
    "str r3, [lr, #16]\n"
#define END_PAIR                                                                                   \
    "ldr r0, [lr, #24]\n"                                                                          \
    "subs r0, r0, #1\n"                                                                            \
    "str r0, [lr, #24]\n"                                                                          \
    "bne.w 1b\n"                                                                                   \
    "pop {r0, r1, r4-r11, pc}\n"

SN_NAKED static void run_job(direct_job *job __attribute__((unused))) {
    __asm__ volatile("push {r0, r1, r4-r11, lr}\n" BEGIN_PAIR);
    __asm__ volatile("mov r8, r4\n"
                     "mov r9, r5\n"
                     "cmp r12, #0\n"
                     "bne.w 3f\n"
                     ".balign 4\n"
                     "2:\n"
                     ".set .Lv, 4\n"
                     ".set .Lu, 4\n"
                     ".rept 4\n" QUAD("") ".endr\n");
    __asm__ volatile("3:\n"
                     ".set .Lv, 52\n"
                     ".set .Lu, 36\n"
                     ".rept 3\n" QUAD("") ".endr\n");
    __asm__ volatile(QUAD("!"));
    __asm__ volatile("ldr lr, [sp, #4]\n"
                     "cmp r1, lr\n"
                     "bne.w 2b\n"
                     "ldr lr, [sp]\n"
                     "ldr r12, [lr, #28]\n"
                     "ldr r3, [lr, #16]\n"
                     "cmp r12, #0\n"
                     "bne 4f\n");
    __asm__ volatile(LOAD_SCALING);
    __asm__ volatile(REQUANTIZE("r4", "r0", "r1", "r2") REQUANTIZE("r5", "r10", "r11", "r12"));
    __asm__ volatile(REQUANTIZE("r6", "r0", "r1", "r2") REQUANTIZE("r7", "r10", "r11", "r12"));
    __asm__ volatile(REQUANTIZE("r8", "r0", "r1", "r2") REQUANTIZE("r9", "r10", "r11", "r12"));
    __asm__ volatile(STORE("40", "r8", "r9") STORE("36", "r6", "r7") STORE("32", "r4", "r5"));
    __asm__ volatile(END_PAIR "4: stm r12, {r4-r9}\n"
                              "pop {r0, r1, r4-r11, pc}\n");
}

// The same for the first two pixels of the patch; a turn is one block.
SN_NAKED static void run_job_of_two(direct_job *job __attribute__((unused))) {
    __asm__ volatile("push {r0, r1, r4-r11, lr}\n" BEGIN_PAIR);
    __asm__ volatile(".balign 4\n"
                     "2:\n"
                     ".set .Lv, 20\n"
                     ".set .Lu, 4\n"
                     ".rept 3\n" QUAD_OF_TWO("") ".endr\n");
    __asm__ volatile(QUAD_OF_TWO("!"));
    __asm__ volatile("ldr lr, [sp, #4]\n"
                     "cmp r1, lr\n"
                     "bne.w 2b\n"
                     "ldr lr, [sp]\n"
                     "ldr r3, [lr, #16]\n");
    __asm__ volatile(LOAD_SCALING);
    __asm__ volatile(REQUANTIZE("r4", "r0", "r1", "r2") REQUANTIZE("r5", "r10", "r11", "r12"));
    __asm__ volatile(REQUANTIZE("r6", "r0", "r1", "r2") REQUANTIZE("r7", "r10", "r11", "r12"));
    __asm__ volatile(STORE("36", "r6", "r7") STORE("32", "r4", "r5"));
    __asm__ volatile(END_PAIR);
}

// Without a compiler's memset: every member has its value.
static direct_job make_job(const int8_t *patch, const int8_t *weights, uint32_t blocks) {
    const uint32_t is_odd = blocks & 1u;
    const uint32_t pair_bytes = 2 * SN_DIRECT_BLOCK * blocks;
    return (direct_job){
        .patch = (uintptr_t)patch - 4 - is_odd * SN_DIRECT_PIXELS * SN_DIRECT_BLOCK,
        .weights = (uintptr_t)weights - 4 - is_odd * 2 * SN_DIRECT_BLOCK,
        .end = (uintptr_t)weights - 4 + pair_bytes,
        .is_odd = is_odd,
        .channels = 0,
        .pair_bytes = pair_bytes,
        .pairs = 0,
        .sums = 0,
        .targets = {0, 0, 0},
    };
}

void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums) {
    static const sn_direct_channel no_bias[2] = {{0, 0, 0}, {0, 0, 0}};
    direct_job job = make_job(patch, weights, blocks);
    job.channels = no_bias;
    job.sums = sums;
    run_job(&job);
}

uint32_t sn_direct_channels(const sn_direct *layer, const int8_t *patch, int8_t *const *targets,
                            uint32_t pixels) {
    const bool is_two = pixels <= 2;
    direct_job job = make_job(patch, layer->weights, layer->blocks);
    if (is_two) {
        job.patch = (uintptr_t)patch - BELOW_TWO;
        job.weights = (uintptr_t)layer->weights - 4;
    }
    job.channels = layer->channels;
    job.pairs = layer->output_channels / 2;
    for (uint32_t i = 0; i < SN_DIRECT_PIXELS; ++i) {
        job.targets[i] = targets[i];
    }
    if (job.pairs == 0) {
        return 0;
    }
    if (is_two) {
        run_job_of_two(&job);
    } else {
        run_job(&job);
    }
    return 2 * (layer->output_channels / 2);
}
#endif
