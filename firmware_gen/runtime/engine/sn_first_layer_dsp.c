#include "engine/sn_first_layer_sums.h"

#if SN_DSP

#include "sn_shapes.h"

// Columns of words that meet the weights together: two neighbours for each of two pixels.
#define COLUMNS 4u
// Loops that keep their registers when they are not merged into their callers.
#define APART __attribute__((noinline))

#ifndef SN_FIRST_LAYER_STEPS_LIST
#define SN_FIRST_LAYER_STEPS_LIST(X)
#endif

// What the assembly reads and moves on, in this order.
typedef struct {
    const uint32_t *words;
    const int32_t *stream;
    int8_t *pixel;
    uint32_t step;  // bytes from a pixel to the next one
    uint32_t blocks;
} path_job;

// A block's words wait in s0-s27 for all channels. Sums of the four columns: first outputs r4-r7,
// second less first r8-r11; the stream r0; the pixel s28, the step s29; the job on the stack.
#define COLUMN(word, w, d, first, change)                                                          \
    "vmov lr, s" #word "\n"                                                                        \
    "smlad " first ", lr, " w ", " first "\n"                                                      \
    "smlad " change ", lr, " d ", " change "\n"
#define STEP(a, b, c, e, w, d)                                                                     \
    COLUMN(a, w, d, "r4", "r8")                                                                    \
    COLUMN(b, w, d, "r5", "r9")                                                                    \
    COLUMN(c, w, d, "r6", "r10")                                                                   \
    COLUMN(e, w, d, "r7", "r11")
// Step 0 starts the sums; the bias in r7 makes room for the last column's.
#define START(word, first, change)                                                                 \
    "vmov lr, s" #word "\n"                                                                        \
    "smlad " first ", lr, r1, r7\n"                                                                \
    "smuad " change ", lr, r2\n"
#define STEPS_0_1                                                                                  \
    "ldmia r0!, {r1, r2, r3, r7, r12}\n" START(0, "r4", "r8") START(1, "r5", "r9")                 \
        START(2, "r6", "r10") START(3, "r7", "r11") STEP(4, 5, 6, 7, "r3", "r12")
#define STEPS_2_3                                                                                  \
    "ldmia r0!, {r1, r2, r3, r12}\n" STEP(8, 9, 10, 11, "r1", "r2")                                \
        STEP(12, 13, 14, 15, "r3", "r12")
#define STEPS_4_5                                                                                  \
    "ldmia r0!, {r1, r2, r3, r12}\n" STEP(16, 17, 18, 19, "r1", "r2")                              \
        STEP(20, 21, 22, 23, "r3", "r12")
#define ONE_STEP(a, b, c, e) "ldmia r0!, {r1, r2}\n" STEP(a, b, c, e, "r1", "r2")
#define LAST_WORD_2 "s7"
#define LAST_WORD_3 "s11"
#define LAST_WORD_4 "s15"
#define LAST_WORD_5 "s19"
#define LAST_WORD_6 "s23"
#define LAST_WORD_7 "s27"
#define PRODUCTS_2 STEPS_0_1
#define PRODUCTS_3 STEPS_0_1 ONE_STEP(8, 9, 10, 11)
#define PRODUCTS_4 STEPS_0_1 STEPS_2_3
#define PRODUCTS_5 STEPS_0_1 STEPS_2_3 ONE_STEP(16, 17, 18, 19)
#define PRODUCTS_6 STEPS_0_1 STEPS_2_3 STEPS_4_5
#define PRODUCTS_7 STEPS_0_1 STEPS_2_3 STEPS_4_5 ONE_STEP(24, 25, 26, 27)

#define REQUANTIZE(sum)                                                                            \
    "smmlar " sum ", " sum ", r1, r2\n"                                                            \
    "asr " sum ", " sum ", r3\n"                                                                   \
    "ssat " sum ", #8, " sum "\n"
// The larger of a column's two outputs, first + max(second - first, 0).
#define LARGER_OUTPUT(first, change)                                                               \
    "usat " change ", #31, " change "\n"                                                           \
    "add " first ", " first ", " change "\n"
#define LARGER(a, b)                                                                               \
    "cmp " a ", " b "\n"                                                                           \
    "it lt\n"                                                                                      \
    "movlt " a ", " b "\n"
// Multiplier, round and right in r1, r2, r3. The values of the two pixels end in r4 and r6.
#define POOL_MAX                                                                                   \
    "ldmia r0!, {r1, r2, r3}\n" LARGER_OUTPUT("r4", "r8") LARGER_OUTPUT("r5", "r9")                \
        LARGER_OUTPUT("r6", "r10") LARGER_OUTPUT("r7", "r11") LARGER("r4", "r5")                   \
            LARGER("r6", "r7") REQUANTIZE("r4") REQUANTIZE("r6")
#define BOTH_OUTPUTS(first, second)                                                                \
    "add " second ", " second ", " first "\n" REQUANTIZE(first)                                    \
        REQUANTIZE(second) "add " first ", " first ", " second "\n"
// (sum of four + 2) / 4 downwards, one less than 2 for a negative sum: halves away from zero.
#define AVERAGE(a, b)                                                                              \
    "add " a ", " a ", " b "\n"                                                                    \
    "add " a ", " a ", " a ", asr #31\n"                                                           \
    "add " a ", " a ", #2\n"                                                                       \
    "asr " a ", " a ", #2\n"
#define POOL_AVERAGE                                                                               \
    "ldmia r0!, {r1, r2, r3}\n" BOTH_OUTPUTS("r4", "r8") BOTH_OUTPUTS("r5", "r9")                  \
        BOTH_OUTPUTS("r6", "r10") BOTH_OUTPUTS("r7", "r11") AVERAGE("r4", "r5")                    \
            AVERAGE("r6", "r7")

#define ENTER(last_word)                                                                           \
    "push {r0, r4-r11, lr}\n"                                                                      \
    "vpush {s16-s31}\n"                                                                            \
    "2:\n"                                                                                         \
    "ldr r12, [sp, #64]\n"                                                                         \
    "ldmia r12, {r0, r1, r2, r3}\n"                                                                \
    "vldmia r0!, {s0-" last_word "}\n"                                                             \
    "str r0, [r12]\n"                                                                              \
    "vmov s28, r2\n"                                                                               \
    "vmov s29, r3\n"                                                                               \
    "add r2, r2, r3, lsl #1\n"                                                                     \
    "mov r0, r1\n"                                                                                 \
    "str r2, [r12, #8]\n"                                                                          \
    ".balign 4\n"                                                                                  \
    "1:\n"
// Only the last channel's word in r3 is negative; shifts take its lowest byte.
#define LEAVE                                                                                      \
    "vmov r8, s28\n"                                                                               \
    "vmov r9, s29\n"                                                                               \
    "strb r6, [r8, r9]\n"                                                                          \
    "strb r4, [r8], #1\n"                                                                          \
    "vmov s28, r8\n"                                                                               \
    "cmp r3, #0\n"                                                                                 \
    "bge.w 1b\n"                                                                                   \
    "ldr r12, [sp, #64]\n"                                                                         \
    "ldr r0, [r12, #16]\n"                                                                         \
    "subs r0, r0, #1\n"                                                                            \
    "str r0, [r12, #16]\n"                                                                         \
    "bne.w 2b\n"                                                                                   \
    "vpop {s16-s31}\n"                                                                             \
    "pop {r0, r4-r11, pc}\n"

#define MAKE(steps, pool)                                                                          \
    SN_NAKED static void run_##steps##_##pool(path_job *job __attribute__((unused))) {             \
        __asm__ volatile(ENTER(LAST_WORD_##steps) PRODUCTS_##steps POOL_##pool LEAVE);             \
    }
SN_FIRST_LAYER_STEPS_LIST(MAKE)

// Two neighbouring values as one word, the first in its lower half, at any even address.
typedef struct __attribute__((packed, aligned(2), may_alias)) {
    uint32_t value;
} two_values;

static inline uint32_t pair(const int16_t *values) {
    const void *const source = values;
    return ((const two_values *)source)->value;
}

// The words of the windows of a row and the row below, [blocks][steps][4 columns]; `values` is the
// first window's.
static APART void load_vertical(const sn_first_layer *layer, const sn_first_layer_path *path,
                                const int16_t *values, uint32_t *words, uint32_t blocks) {
    const uint32_t pitch = layer->pitch;
    const uint32_t pairs = (path->kernel_rows + 1) / 2;
    const uint32_t steps = path->steps;
    for (uint32_t step = 0; step < steps; ++step, words += COLUMNS) {
        const int16_t *upper = values + step / pairs + 2 * (step % pairs) * pitch;
        const int16_t *lower = upper + pitch;
        uint32_t *to = words;
        for (uint32_t left = blocks; left; --left) {
            const uint32_t a = pair(upper);
            const uint32_t b = pair(lower);
            const uint32_t c = pair(upper + 2);
            const uint32_t d = pair(lower + 2);
            to[0] = (a & 0xffffu) | b << 16;
            to[1] = a >> 16 | (b & 0xffff0000u);
            to[2] = (c & 0xffffu) | d << 16;
            to[3] = c >> 16 | (d & 0xffff0000u);
            upper += COLUMNS;
            lower += COLUMNS;
            to += COLUMNS * steps;
        }
    }
}

// The same for a horizontal path: of each block's columns, only the first and the third count, in
// turn of the row and of the row below.
static APART void load_horizontal(const sn_first_layer *layer, const sn_first_layer_path *path,
                                  const int16_t *values, uint32_t *words, uint32_t blocks) {
    const uint32_t pitch = layer->pitch;
    const uint32_t pairs = (path->kernel_columns + 1) / 2;
    const uint32_t steps = path->steps;
    for (uint32_t step = 0; step < steps; ++step, words += COLUMNS) {
        const int16_t *upper = values + step / pairs * pitch + 2 * (step % pairs);
        const int16_t *lower = upper + pitch;
        uint32_t *to = words;
        for (uint32_t left = blocks; left; --left) {
            const uint32_t a = pair(upper);
            const uint32_t b = pair(lower);
            const uint32_t c = pair(upper + 2);
            const uint32_t d = pair(lower + 2);
            to[0] = a;
            to[1] = b;
            to[2] = c;
            to[3] = d;
            upper += COLUMNS;
            lower += COLUMNS;
            to += COLUMNS * steps;
        }
    }
}

#define IS_MAX 0
#define IS_AVERAGE 1
#define TRY(count, pool)                                                                           \
    if (path->steps == (count) && layer->is_average == IS_##pool) {                                \
        run_##count##_##pool(&job);                                                                \
        return blocks;                                                                             \
    }

static uint32_t run_path(const sn_first_layer *layer, const sn_first_layer_path *path,
                         const uint32_t *words, uint32_t blocks, int8_t *output) {
    path_job job = {words, path->stream, output, layer->channels, blocks};
    SN_FIRST_LAYER_STEPS_LIST(TRY)
    (void)job;
    return 0;
}

uint32_t sn_first_layer_blocks(const sn_first_layer *layer, const sn_first_layer_path *path,
                               const int16_t *values, uint32_t *words, int8_t *output) {
    const uint32_t blocks = layer->width / COLUMNS;
    if (blocks == 0) {
        return 0;
    }
    if (path->is_vertical) {
        load_vertical(layer, path, values, words, blocks);
    } else {
        load_horizontal(layer, path, values, words, blocks);
    }
    return COLUMNS * run_path(layer, path, words, blocks, output);
}
#endif
