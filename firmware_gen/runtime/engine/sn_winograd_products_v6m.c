// The inner products for Armv6-M: 32-bit products in one cycle, eight registers for most of what
// there is, and sums in the others, to which ADD reaches.
//
// With the run's own weights a pair takes four halves and two products for each tile and output
// channel. With those of the tables, x1 y1 + x2 y2 = (x1 + y2) (x2 + y1) - x1 x2 - y1 y2 (S.
// Winograd, A new algorithm for inner product, 1968), modulo 2^32: both factors come of one
// addition of words, and of an output only one product is left for two channels. The sums of
// x1 x2 belong to a tile alone and those of y1 y2 to an output channel alone.
#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#if SN_V6M

#include "sn_shapes.h"

// As in sn_winograd_products_dsp.c.
#ifndef SN_WINOGRAD_STORED_LIST
#define SN_WINOGRAD_STORED_LIST(X)
#endif
#ifndef SN_WINOGRAD_MADE_LIST
#define SN_WINOGRAD_MADE_LIST(X)
#endif

#define BLOCK_PAIRS 16u

// `points` points one behind the other. A point has `bytes` of weights, and the next one's begin
// `back` behind their end. `skipped`: of the pairs of its first block.
typedef struct {
    uint32_t bytes;
    uint32_t back;
    uint32_t points;
    uint32_t skipped;
} row_job;

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

// r0: values. r1: weights. On the stack: 0, the end of a point's weights; 4, sums; 8, points to go;
// 12, bytes; 16, back; 20, where a point enters its first block.
#define ENTER(code_bytes)                                                                          \
    "push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"      \
    "sub sp, #24\n str r2, [sp, #4]\n ldr r4, [r3]\n str r4, [sp, #12]\n"                          \
    "ldr r4, [r3, #4]\n str r4, [sp, #16]\n ldr r4, [r3, #8]\n str r4, [sp, #8]\n"                 \
    "ldr r5, [r3, #12]\n movs r4, #" #code_bytes "\n muls r5, r4, r5\n"                            \
    "adr r4, 2f\n adds r4, #1\n adds r4, r4, r5\n str r4, [sp, #20]\n"

// Behind this a point reads where its sums start.
#define POINT "1: ldr r4, [sp, #12]\n adds r4, r4, r1\n str r4, [sp]\n"
#define BLOCK(step) "ldr r4, [sp, #20]\n bx r4\n .balign 4\n 2: .rept 16\n" step ".endr\n"
#define END                                                                                        \
    "ldr r6, [sp]\n cmp r1, r6\n beq 3f\n b 2b\n 3: ldr r2, [sp, #4]\n adds r3, r2, #4\n str r3, " \
    "[sp, #4]\n"
#define STORE(sum) "mov r3, " #sum "\n str r3, [r2]\n adds r2, #144\n"
#define STORE_2 STORE(r8) STORE(r9)
#define STORE_4 STORE_2 STORE(r10) STORE(r11)
#define STORE_6 STORE_4 STORE(r12) STORE(lr)
#define NEXT                                                                                       \
    "ldr r3, [sp, #16]\n adds r1, r1, r3\n ldr r3, [sp, #8]\n subs r3, #1\n str r3, [sp, #8]\n"    \
    "beq 4f\n b 1b\n 4: add sp, #24\n pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n"       \
    "mov r11, r7\n pop {r4-r7, pc}\n"

// Weights that the run made: words v and u as they are. `v_next`, `u_next`: how to go on from what
// was read.
#define MULTIPLY(a, b, sum) "muls " #a ", " #b ", " #a "\n add " #sum ", " #a "\n"
#define LOW(to, word) "sxth " #to ", " #word "\n"
#define HIGH(to, word) "asrs " #to ", " #word ", #16\n"

#define MADE_START_1 "ldm r0!, {r2}\n mov r8, r2\n mov r9, r2\n"
#define MADE_START_2(v_next)                                                                       \
    "ldm r0!, {r2, r3}\n" v_next "mov r8, r2\n mov r9, r2\n mov r10, r3\n mov r11, r3\n"
#define MADE_START_3                                                                               \
    "ldm r0!, {r2-r4}\n mov r8, r2\n mov r9, r2\n mov r10, r3\n mov r11, r3\n mov r12, r4\n mov "  \
    "lr, r4\n"

#define MADE_STEP_1(u_next)                                                                        \
    "ldm r0!, {r2}\n ldm r1!, {r4, r5}\n" u_next LOW(r6, r2) LOW(r7, r4) MULTIPLY(r7, r6, r8)      \
        LOW(r7, r5) MULTIPLY(r7, r6, r9) HIGH(r2, r2) HIGH(r4, r4) HIGH(r5, r5)                    \
            MULTIPLY(r4, r2, r8) MULTIPLY(r5, r2, r9)
#define MADE_STEP_2(v_next, u_next)                                                                \
    "ldm r0!, {r2, r3}\n" v_next "ldm r1!, {r4, r5}\n" u_next LOW(r6, r2) LOW(r7, r4)              \
        MULTIPLY(r7, r6, r8) LOW(r7, r5) MULTIPLY(r6, r7, r9) LOW(r6, r3) MULTIPLY(r7, r6, r11)    \
            LOW(r7, r4) MULTIPLY(r7, r6, r10) HIGH(r2, r2) HIGH(r3, r3) HIGH(r4, r4)               \
                HIGH(r5, r5) "movs r6, r4\n" MULTIPLY(r6, r2, r8) MULTIPLY(r2, r5, r9)             \
                    MULTIPLY(r5, r3, r11) MULTIPLY(r4, r3, r10)
#define MADE_OUTPUT_3(a, b, c)                                                                     \
    "ldm r1!, {r5}\n" LOW(r6, r5) LOW(r7, r2) MULTIPLY(r7, r6, a) LOW(r7, r3) MULTIPLY(r7, r6, b)  \
        LOW(r7, r4) MULTIPLY(r7, r6, c) HIGH(r5, r5) HIGH(r7, r2) MULTIPLY(r7, r5, a) HIGH(r7, r3) \
            MULTIPLY(r7, r5, b) HIGH(r7, r4) MULTIPLY(r7, r5, c)
#define MADE_STEP_3(u_next)                                                                        \
    "ldm r0!, {r2-r4}\n" MADE_OUTPUT_3(r8, r10, r12) MADE_OUTPUT_3(r9, r11, lr) u_next

#define MADE_1(u_next) ENTER(34) POINT MADE_START_1 BLOCK(MADE_STEP_1(u_next)) END STORE_2 NEXT
#define MADE_2(u_next)                                                                             \
    ENTER(58) POINT MADE_START_2("") BLOCK(MADE_STEP_2("", u_next)) END STORE_4 NEXT
#define MADE_4(u_next)                                                                             \
    ENTER(60)                                                                                      \
    POINT MADE_START_2("adds r0, #8\n") BLOCK(MADE_STEP_2("adds r0, #8\n", u_next)) END STORE_4 NEXT
#define MADE_3(u_next) ENTER(88) POINT MADE_START_3 BLOCK(MADE_STEP_3(u_next)) END STORE_6 NEXT

// Weights of the tables.
#define FACTORS(v, u, sum)                                                                         \
    "adds r6, " #v ", " #u "\n uxth r7, r6\n asrs r6, r6, #16\n muls r6, r7, r6\n add " #sum       \
    ", r6\n"
#define START(v, u, sum) "adds r6, " #v ", " #u "\n mov " #sum ", r6\n"

#define STORED_STEP_1(use) "ldm r0!, {r2}\n ldm r1!, {r4, r5}\n" use(r2, r4, r8) use(r2, r5, r9)
#define STORED_STEP_2(use)                                                                         \
    "ldm r0!, {r2, r3}\n ldm r1!, {r4, r5}\n" use(r2, r4, r8) use(r3, r4, r9) use(r2, r5, r10)     \
        use(r3, r5, r11)
#define STORED_STEP_3(use)                                                                         \
    "ldm r0!, {r2-r4}\n ldm r1!, {r5}\n" use(r2, r5, r8) use(r3, r5, r10)                          \
        use(r4, r5, r12) "ldm r1!, {r5}\n" use(r2, r5, r9) use(r3, r5, r11) use(r4, r5, lr)

#define STORED_1 ENTER(24) POINT STORED_STEP_1(START) BLOCK(STORED_STEP_1(FACTORS)) END STORE_2 NEXT
#define STORED_2 ENTER(44) POINT STORED_STEP_2(START) BLOCK(STORED_STEP_2(FACTORS)) END STORE_4 NEXT
#define STORED_3 ENTER(66) POINT STORED_STEP_3(START) BLOCK(STORED_STEP_3(FACTORS)) END STORE_6 NEXT

#define MAKE(name, text)                                                                           \
    SN_NAKED static void name(const uint32_t *values, const uint32_t *weights, uint32_t *sums,     \
                              const row_job *job) {                                                \
        __asm__ volatile(text);                                                                    \
    }

#define MADE_STEP(step) "adds r1, #" #step " - 8\n"
#define MAKE_MADE(tiles, step) MAKE(made_##tiles##_##step, MADE_##tiles(MADE_STEP(step)))
SN_WINOGRAD_MADE_LIST(MAKE_MADE)

#define MAKE_STORED(tiles) MAKE(stored_##tiles, STORED_##tiles)
SN_WINOGRAD_STORED_LIST(MAKE_STORED)

static uint32_t skipped_of(uint32_t pairs) {
    return (0u - pairs) % BLOCK_PAIRS;
}

#define TRY_MADE(number, step)                                                                     \
    if (grid->tiles == (number) && 8 * grid->columns == (step)) {                                  \
        made_##number##_##step(values, weights, sums, job);                                        \
        TRY_SECOND(number, made_##number##_##step)                                                 \
    }
// Four tiles are two and two.
#define TRY_SECOND(number, name)                                                                   \
    if ((number) == 4) {                                                                           \
        name(values + 2, weights, sums + 4 * SN_WINOGRAD_SUMS, job);                               \
    }

static void multiply_row(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                         const sn_winograd_grid *grid, const row_job *job) {
    SN_WINOGRAD_MADE_LIST(TRY_MADE)
    (void)values, (void)weights, (void)sums, (void)grid, (void)job;
}

void sn_winograd_products_made(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                               const sn_winograd_grid *grid) {
    const uint32_t words = 2 * grid->columns * grid->pairs;
    const row_job job = {4 * words, 8 - 4 * words, grid->points, skipped_of(grid->pairs)};
    for (uint32_t row = 0; row < grid->rows; ++row) {
        multiply_row(values, weights, sums, grid, &job);
        values += grid->points * (1 + grid->pairs) * grid->tiles;
        weights += words;
        sums += grid->points;
    }
}

#define TRY_STORED(number)                                                                         \
    if (tiles == (number)) {                                                                       \
        stored_##number(values, weights, sums, job);                                               \
    }

static void multiply_two(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                         uint32_t tiles, const row_job *job) {
    SN_WINOGRAD_STORED_LIST(TRY_STORED)
    (void)values, (void)weights, (void)sums, (void)tiles, (void)job;
}

void sn_winograd_products_stored(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                                 uint32_t pairs, uint32_t tiles, uint32_t points) {
    const uint32_t words = 2 * (1 + pairs);
    const row_job job = {4 * words, 0, points, skipped_of(pairs)};
    multiply_two(values, weights, sums, tiles, &job);
    if (tiles < 3) {
        multiply_two(values, weights + points * words, sums + 2 * tiles * SN_WINOGRAD_SUMS, tiles,
                     &job);
    }
}

void sn_winograd_starts_stored(uint32_t *values, uint32_t points, uint32_t pairs, uint32_t tiles) {
    for (uint32_t point = 0; point < points; ++point) {
        for (uint32_t tile = 0; tile < tiles; ++tile) {
            const uint32_t *word = values + tile;
            uint32_t sum = 0;
            for (uint32_t pair = 0; pair < pairs; ++pair) {
                word += tiles;
                const int32_t high = (int16_t)(uint16_t)(*word >> 16);
                sum -= (uint32_t)high * ((*word & 0xffffu) + SN_WINOGRAD_RAISED);
            }
            values[tile] = sum;
        }
        values += (1 + pairs) * tiles;
    }
}

#endif
