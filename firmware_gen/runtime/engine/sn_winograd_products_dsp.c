// The inner products in assembly. All loads of a step stand together, as a load behind a load takes
// one cycle. A block is 16 pairs of channels; a point whose pairs are no multiple of 16 enters its
// first block in the middle, so all steps of a block are equally long (.w), and the pointers move
// on in its last step.
#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#if SN_DSP
#include "sn_shapes.h"

// The tiles of a batch, with weights of the tables; and with weights made by the run, whose pairs
// lie so many bytes apart: 8 for each point of a row and, beside an edge, 8 more.
#ifndef SN_WINOGRAD_STORED_LIST
#define SN_WINOGRAD_STORED_LIST(X)
#endif
#ifndef SN_WINOGRAD_MADE_LIST
#define SN_WINOGRAD_MADE_LIST(X)
#endif

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

// r0: the word before the values of pair 0, which is where the sums start. r1: weights. r2: sums.
// s0: 2 * (points to go - 1), odd if a point enters its first block in the middle. s1: blocks of a
// point. s2, s3: what that takes off r0 and r1. s4: where it enters. s5: sums. s6: blocks to go.
#define ENTER(tiles, value_bytes, weight_bytes, code_bytes)                                        \
    "push {r4-r11, lr}\n sub r0, r0, #4*" #tiles "\n"                                              \
    "add lr, r3, #15\n lsr lr, lr, #4\n rsb r12, r3, lr, lsl #4\n"                                 \
    "vmov s1, lr\n vmov s5, r2\n"                                                                  \
    "mov r4, #" #value_bytes "\n mul r4, r4, r12\n vmov s2, r4\n"                                  \
    "mov r4, #" #weight_bytes "\n mul r5, r4, r12\n vmov s3, r5\n"                                 \
    "adr.w r6, 2f\n mov r7, #" #code_bytes "\n mla r6, r7, r12, r6\n vmov s4, r6\n"

// Sets s0, and r3 with it, for the points in r3.
#define COUNT                                                                                      \
    "lsl r3, r3, #1\n sub r3, r3, #2\n cmp r12, #0\n it ne\n addne r3, r3, #1\n vmov s0, r3\n"

// Points one behind the other; the fifth argument says how many.
#define ENTER_STORED(tiles, value_bytes, code_bytes)                                               \
    ENTER(tiles, value_bytes, 16, code_bytes) "ldr r3, [sp, #36]\n" COUNT
#define NEXT_STORED                                                                                \
    "vmov r3, s0\n subs r3, r3, #2\n vmov s0, r3\n bpl.w 1b\n pop {r4-r11, pc}\n"                  \
    "6: vmov r2, s2\n sub r0, r0, r2\n vmov r2, s3\n sub r1, r1, r2\n"                             \
    "vmov r2, s4\n mov pc, r2\n"

// The fifth argument says how many points a row has, the sixth how many rows there are. Points of a
// row are 8 bytes apart, pairs `step`. s3: from the end of a point back to the next one. s7: from
// there to the next row. s8: rows to go. s9: s0 of a new row.
#define ENTER_MADE(tiles, value_bytes, code_bytes, step)                                           \
    ENTER(tiles, value_bytes, step, code_bytes)                                                    \
    "sub r1, r1, r5\n mul r5, r4, lr\n lsl r5, r5, #4\n sub r5, r5, #8\n vmov s3, r5\n"            \
    "mul r5, r4, r3\n ldr r3, [sp, #36]\n sub r5, r5, r3, lsl #3\n vmov s7, r5\n"                  \
    "ldr r5, [sp, #40]\n vmov s8, r5\n" COUNT "vmov s9, r3\n"
#define NEXT_MADE                                                                                  \
    "vmov r3, s0\n vmov r2, s3\n subs r3, r3, #2\n sub r1, r1, r2\n vmov s0, r3\n bpl.w 1b\n"      \
    "vmov r2, s7\n vmov r4, s8\n add r1, r1, r2\n vmov r3, s9\n vmov s0, r3\n"                     \
    "subs r4, r4, #1\n vmov s8, r4\n bne.w 1b\n pop {r4-r11, pc}\n"                                \
    "6: vmov r2, s2\n sub r0, r0, r2\n vmov r2, s4\n mov pc, r2\n"

// How a point begins, its blocks in lr or s6.
#define BEGIN "vmov lr, s1\n lsls r3, r3, #31\n bne.w 6f\n 2:\n"
#define BEGIN_SPILLED "vmov.f32 s6, s1\n lsls r3, r3, #31\n bne.w 6f\n 2:\n"
#define END "subs lr, lr, #1\n bne.w 2b\n"
#define END_SPILLED "vmov lr, s6\n subs lr, lr, #1\n vmov s6, lr\n bne.w 2b\n"

#define STORE_2 "vmov r2, s5\n str r4, [r2], #4\n str r5, [r2, #140]\n vmov s5, r2\n"
#define STORE_4 STORE_2 "str r6, [r2, #284]\n str r7, [r2, #428]\n"
#define STORE_6 STORE_4 "str r8, [r2, #572]\n str r9, [r2, #716]\n"
#define STORE_8 STORE_6 "str r10, [r2, #860]\n str r11, [r2, #1004]\n"

#define SIX_PRODUCTS                                                                               \
    "smlad r4, r10, r2, r4\n smlad r5, r10, r3, r5\n smlad r6, r11, r2, r6\n"                      \
    "smlad r7, r11, r3, r7\n smlad r8, r12, r2, r8\n smlad r9, r12, r3, r9\n"

// 3 tiles, 2 outputs; of the weights of a pair, `step` bytes, the first two.
#define BLOCK_3X2(step)                                                                            \
    ".set .Lv, 12\n .set .Lu, 0\n"                                                                 \
    ".rept 15\n"                                                                                   \
    "ldr.w r10, [r0, #.Lv]\n ldr.w r11, [r0, #.Lv+4]\n ldr.w r12, [r0, #.Lv+8]\n"                  \
    "ldr.w r2, [r1, #.Lu]\n ldr.w r3, [r1, #.Lu+4]\n" SIX_PRODUCTS                                 \
    ".set .Lv, .Lv+12\n .set .Lu, .Lu+" #step "\n"                                                 \
    ".endr\n"                                                                                      \
    "ldr.w r11, [r0, #196]\n ldr.w r12, [r0, #200]\n"                                              \
    "ldr.w r2, [r1, #.Lu]\n ldr.w r3, [r1, #.Lu+4]\n ldr.w r10, [r0, #192]!\n" SIX_PRODUCTS        \
    "add r1, r1, #16*" #step "\n"

#define START_3                                                                                    \
    "1: ldr r4, [r0, #12]!\n ldr r6, [r0, #4]\n ldr r8, [r0, #8]\n"                                \
    "mov r5, r4\n mov r7, r6\n mov r9, r8\n"

#define STORED_3 ENTER_STORED(3, 12, 44) START_3 BEGIN BLOCK_3X2(16) END STORE_6
#define MADE_3(step)                                                                               \
    ENTER_MADE(3, 12, 44, step) START_3 BEGIN BLOCK_3X2(step)                                      \
    END STORE_6

// 2 tiles, 4 outputs.
#define STEP_2X4(writeback)                                                                        \
    "ldr.w r12, [r1, #.Lu]\n ldr.w r2, [r1, #.Lu+4]\n ldr.w lr, [r0, #.Lv+4]\n"                    \
    "ldr.w r3, [r0, #.Lv]" writeback "\n"                                                          \
    "smlad r4, r12, r3, r4\n smlad r5, r12, lr, r5\n"                                              \
    "smlad r6, r2, r3, r6\n smlad r7, r2, lr, r7\n"                                                \
    "ldr.w r12, [r1, #.Lu+8]\n ldr.w r2, [r1, #.Lu+12]\n"                                          \
    "smlad r8, r12, r3, r8\n smlad r9, r12, lr, r9\n"                                              \
    "smlad r10, r2, r3, r10\n smlad r11, r2, lr, r11\n"                                            \
    ".set .Lv, .Lv+8\n .set .Lu, .Lu+16\n"
#define START_2X4                                                                                  \
    "1: ldr r4, [r0, #8]!\n ldr r5, [r0, #4]\n mov r6, r4\n mov r7, r5\n"                          \
    "mov r8, r4\n mov r9, r5\n mov r10, r4\n mov r11, r5\n"
#define BLOCK_2X4                                                                                  \
    ".set .Lv, 8\n .set .Lu, 0\n .rept 15\n" STEP_2X4("") ".endr\n" STEP_2X4("!") "add r1, r1, "   \
                                                                                  "#256\n"

#define STORED_2 ENTER_STORED(2, 8, 56) START_2X4 BEGIN_SPILLED BLOCK_2X4 END_SPILLED STORE_8

// 1 tile, 4 outputs.
#define START_1X4 "1: ldr r4, [r0, #4]!\n mov r5, r4\n mov r6, r4\n mov r7, r4\n"
#define BLOCK_1X4                                                                                  \
    ".set .Lv, 4\n .set .Lu, 0\n .rept 16\n"                                                       \
    "ldr.w r2, [r0, #.Lv]\n ldr.w r8, [r1, #.Lu]\n ldr.w r9, [r1, #.Lu+4]\n"                       \
    "ldr.w r10, [r1, #.Lu+8]\n ldr.w r11, [r1, #.Lu+12]\n"                                         \
    "smlad r4, r8, r2, r4\n smlad r5, r9, r2, r5\n"                                                \
    "smlad r6, r10, r2, r6\n smlad r7, r11, r2, r7\n"                                              \
    ".set .Lv, .Lv+4\n .set .Lu, .Lu+16\n .endr\n"                                                 \
    "add r0, r0, #64\n add r1, r1, #256\n"

#define STORED_1 ENTER_STORED(1, 4, 36) START_1X4 BEGIN BLOCK_1X4 END STORE_4

// 4 tiles, 2 outputs: no pre-index reaches 256 bytes.
#define START_4X2                                                                                  \
    "1: ldr r4, [r0, #16]!\n ldr r6, [r0, #4]\n ldr r8, [r0, #8]\n ldr r10, [r0, #12]\n"           \
    "mov r5, r4\n mov r7, r6\n mov r9, r8\n mov r11, r10\n"
#define BLOCK_4X2(step)                                                                            \
    ".set .Lv, 16\n .set .Lu, 0\n .rept 16\n"                                                      \
    "ldr.w r12, [r0, #.Lv]\n ldr.w r2, [r0, #.Lv+4]\n"                                             \
    "ldr.w r3, [r1, #.Lu]\n ldr.w lr, [r1, #.Lu+4]\n"                                              \
    "smlad r4, r12, r3, r4\n smlad r5, r12, lr, r5\n"                                              \
    "smlad r6, r2, r3, r6\n smlad r7, r2, lr, r7\n"                                                \
    "ldr.w r12, [r0, #.Lv+8]\n ldr.w r2, [r0, #.Lv+12]\n"                                          \
    "smlad r8, r12, r3, r8\n smlad r9, r12, lr, r9\n"                                              \
    "smlad r10, r2, r3, r10\n smlad r11, r2, lr, r11\n"                                            \
    ".set .Lv, .Lv+16\n .set .Lu, .Lu+" #step "\n .endr\n"                                         \
    "add r0, r0, #256\n add r1, r1, #16*" #step "\n"

#define MADE_4(step)                                                                               \
    ENTER_MADE(4, 16, 56, step) START_4X2 BEGIN_SPILLED BLOCK_4X2(step)                            \
    END_SPILLED STORE_8

// 2 tiles, 2 outputs, two pairs at a time.
#define START_2X2 "1: ldr r4, [r0, #8]!\n ldr r6, [r0, #4]\n mov r5, r4\n mov r7, r6\n"
#define STEP_2X2(step, writeback)                                                                  \
    "ldr.w r8, [r0, #.Lv]\n ldr.w r9, [r0, #.Lv+4]\n ldr.w r11, [r0, #.Lv+12]\n"                   \
    "ldr.w r12, [r1, #.Lu]\n ldr.w r2, [r1, #.Lu+4]\n ldr.w r3, [r1, #.Lu+" #step "]\n"            \
    "ldr.w lr, [r1, #.Lu+4+" #step "]\n ldr.w r10, [r0, #.Lv+8]" writeback "\n"                    \
    "smlad r4, r8, r12, r4\n smlad r5, r8, r2, r5\n smlad r6, r9, r12, r6\n"                       \
    "smlad r7, r9, r2, r7\n smlad r4, r10, r3, r4\n smlad r5, r10, lr, r5\n"                       \
    "smlad r6, r11, r3, r6\n smlad r7, r11, lr, r7\n"                                              \
    ".set .Lv, .Lv+16\n .set .Lu, .Lu+2*" #step "\n"
#define BLOCK_2X2(step)                                                                            \
    ".set .Lv, 8\n .set .Lu, 0\n .rept 7\n" STEP_2X2(step, "") ".endr\n" STEP_2X2(                 \
        step, "!") "add r1, r1, #16*" #step "\n"

#define MADE_2(step)                                                                               \
    ENTER_MADE(2, 8, 32, step) START_2X2 BEGIN_SPILLED BLOCK_2X2(step)                             \
    END_SPILLED STORE_4

// 1 tile, 2 outputs, two pairs at a time.
#define START_1X2 "1: ldr r4, [r0, #4]!\n mov r5, r4\n"
#define BLOCK_1X2(step)                                                                            \
    ".set .Lv, 4\n .set .Lu, 0\n .rept 8\n"                                                        \
    "ldr.w r6, [r0, #.Lv]\n ldr.w r7, [r0, #.Lv+4]\n"                                              \
    "ldr.w r8, [r1, #.Lu]\n ldr.w r9, [r1, #.Lu+4]\n"                                              \
    "ldr.w r10, [r1, #.Lu+" #step "]\n ldr.w r11, [r1, #.Lu+4+" #step "]\n"                        \
    "smlad r4, r6, r8, r4\n smlad r5, r6, r9, r5\n"                                                \
    "smlad r4, r7, r10, r4\n smlad r5, r7, r11, r5\n"                                              \
    ".set .Lv, .Lv+8\n .set .Lu, .Lu+2*" #step "\n .endr\n"                                        \
    "add r0, r0, #64\n add r1, r1, #16*" #step "\n"

#define MADE_1(step)                                                                               \
    ENTER_MADE(1, 4, 20, step) START_1X2 BEGIN BLOCK_1X2(step)                                     \
    END STORE_2

#define MAKE_STORED(tiles)                                                                         \
    SN_NAKED static void stored_##tiles(const uint32_t *values, const uint32_t *weights,           \
                                        uint32_t *sums, uint32_t pairs, uint32_t points) {         \
        __asm__ volatile(STORED_##tiles NEXT_STORED);                                              \
    }
SN_WINOGRAD_STORED_LIST(MAKE_STORED)

#define MAKE_MADE(tiles, step)                                                                     \
    SN_NAKED static void made_##tiles##_##step(const uint32_t *values, const uint32_t *weights,    \
                                               uint32_t *sums, uint32_t pairs, uint32_t points,    \
                                               uint32_t rows) {                                    \
        __asm__ volatile(MADE_##tiles(step) NEXT_MADE);                                            \
    }
SN_WINOGRAD_MADE_LIST(MAKE_MADE)

#define TRY_STORED(number)                                                                         \
    if (tiles == (number)) {                                                                       \
        stored_##number(values, weights, sums, pairs, points);                                     \
    }

void sn_winograd_products_stored(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                                 uint32_t pairs, uint32_t tiles, uint32_t points) {
    SN_WINOGRAD_STORED_LIST(TRY_STORED)
}

#define TRY_MADE(number, step)                                                                     \
    if (grid->tiles == (number) && 8 * grid->columns == (step)) {                                  \
        made_##number##_##step(values, weights, sums, grid->pairs, grid->points, grid->rows);      \
    }

void sn_winograd_products_made(const uint32_t *values, const uint32_t *weights, uint32_t *sums,
                               const sn_winograd_grid *grid) {
    SN_WINOGRAD_MADE_LIST(TRY_MADE)
}

#endif
