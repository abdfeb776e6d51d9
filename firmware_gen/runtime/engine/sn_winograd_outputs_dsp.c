// The sums of a tile to its pooled bytes, in assembly, where the table is plain: the correction
// that rounds negative values away from zero is left out, as they all clamp to the zero point.
#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#if SN_DSP
#include "sn_shapes.h"

// The pools behind the layers, 1x1 for none.
#ifndef SN_WINOGRAD_POOLS_LIST
#define SN_WINOGRAD_POOLS_LIST(X)
#endif

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

// S A over r4-r9, spare r10: y0 in r4, y1 / 2 in r8, y2 / 4 in r10, y3 / 4 in r5.
#define OUTPUT_VECTOR                                                                              \
    "add r10, r5, r6\n sub r5, r5, r6\n add r6, r7, r8\n sub r7, r7, r8\n"                         \
    "add r4, r4, r4, lsl #1\n add r4, r6, r4, lsl #1\n sub r4, r4, r10, lsl #2\n"                  \
    "sub r8, r7, r5, lsl #1\n sub r10, r6, r10\n rsb r5, r5, r7, lsl #1\n"                         \
    "add r9, r9, r9, lsl #1\n add r5, r5, r9, lsl #1\n"

// Down the six columns of the 36 sums, each to four words of the frame.
#define COLUMNS                                                                                    \
    ".set .Lj, 0\n .rept 6\n"                                                                      \
    "ldr r4, [r0, #.Lj]\n ldr r5, [r0, #.Lj+24]\n ldr r6, [r0, #.Lj+48]\n"                         \
    "ldr r7, [r0, #.Lj+72]\n ldr r8, [r0, #.Lj+96]\n ldr r9, [r0, #.Lj+120]\n" OUTPUT_VECTOR       \
    "str r4, [sp, #.Lj]\n str r8, [sp, #.Lj+24]\n"                                                 \
    "str r10, [sp, #.Lj+48]\n str r5, [sp, #.Lj+72]\n .set .Lj, .Lj+4\n .endr\n"

// Row i of the frame, without the powers of two of its columns; those of the row are in r11.
#define ROW(i)                                                                                     \
    "ldr r4, [sp, #24*" #i "]\n ldr r5, [sp, #24*" #i "+4]\n ldr r6, [sp, #24*" #i "+8]\n"         \
    "ldr r7, [sp, #24*" #i "+12]\n ldr r8, [sp, #24*" #i "+16]\n"                                  \
    "ldr r9, [sp, #24*" #i "+20]\n" OUTPUT_VECTOR "lsl r8, r8, #1\n lsl r10, r10, #2\n"            \
    "lsl r5, r5, #2\n"

// 64 times the four sums of row 0, 1, 2, 3 in a, b, c, d; SN_WINOGRAD_OFFSET is taken off.
#define SUMS_UPPER(a, b, c, d)                                                                     \
    "ldr r6, [r1]\n mla " a ", r4, r11, r6\n mla " b ", r8, r11, r6\n"                             \
    "mla " c ", r10, r11, r6\n mla " d ", r5, r11, r6\n"
#define SUMS_LOWER(third, fourth, a, b, c, d)                                                      \
    "ldr r6, [r1]\n ldrsh r7, [r1, #" third "]\n mov r9, #64*14080\n"                              \
    "mla " a ", r4, r11, r6\n mla " b ", r8, r11, r6\n"                                            \
    "mls r7, r7, r9, r6\n mla " c ", r10, r11, r7\n ldrsh r7, [r1, #" fourth "]\n"                 \
    "mls r7, r7, r9, r6\n mla " d ", r5, r11, r7\n"
#define ROW_0 ROW(0) SUMS_UPPER("r0", "lr", "r3", "r12") "lsl r11, r11, #1\n"
#define ROW_1(a, b, c, d) ROW(1) SUMS_UPPER(a, b, c, d) "lsl r11, r11, #1\n"
#define ROW_2 ROW(2) SUMS_LOWER("4", "6", "r0", "lr", "r3", "r12")
#define ROW_3(a, b, c, d) ROW(3) SUMS_LOWER("8", "10", a, b, c, d)

#define MAX(a, b) "cmp " a ", " b "\n it lt\n movlt " a ", " b "\n"
#define MAX_OF_ROWS MAX("r0", "r4") MAX("lr", "r8") MAX("r3", "r10") MAX("r12", "r5")

// Multiplier in r4, shift in r6, sn_plain_round of it in r5.
#define SCALING                                                                                    \
    "ldr r4, [r1, #12]\n ldr r6, [r1, #16]\n mvn r5, #254\n lsl r5, r5, r6\n asr r5, r5, #1\n"
#define BYTE(a)                                                                                    \
    "asr " a ", " a ", #5\n smmulr " a ", " a ", r4\n add " a ", " a ", r5\n"                      \
    "asr " a ", " a ", r6\n ssat " a ", #8, " a "\n"

// The next row of the output in r7, the bytes from pixel to pixel in r8: where that is 0, the first
// pixel comes last.
#define TARGET "ldr r7, [r2], #4\n ldr r9, [sp, #104]\n ldr r8, [sp, #108]\n add r7, r7, r9\n"
#define WRITE_2                                                                                    \
    MAX("r0", "lr")                                                                                \
    MAX("r3", "r12")                                                                               \
    SCALING TARGET BYTE("r0") BYTE("r3") "strb r3, [r7, r8]\n strb r0, [r7]\n"
#define WRITE_4                                                                                    \
    SCALING TARGET BYTE("r0") BYTE("lr") BYTE("r3")                                                \
        BYTE("r12") "add r9, r7, r8\n strb r12, [r9, r8, lsl #1]\n strb r3, [r7, r8, lsl #1]\n"    \
                    "strb lr, [r9]\n strb r0, [r7]\n"

// Frame: 24 words; at 100 the rows, at, step, the lanes to go, next, the sums.
#define TILE(name, upper, lower)                                                                   \
    SN_NAKED static void name(const uint32_t *sums, const sn_winograd_channel *channels,           \
                              const sn_winograd_target *target) {                                  \
        __asm__ volatile(                                                                          \
            "push {r4-r11, lr}\n sub sp, sp, #124\n ldmia r2, {r4-r8}\n lsl r8, r8, #2\n"          \
            "str r4, [sp, #100]\n str r5, [sp, #104]\n str r6, [sp, #108]\n"                       \
            "str r7, [sp, #112]\n str r8, [sp, #116]\n mov r2, r4\n"                               \
            "1: str r0, [sp, #120]\n" COLUMNS "movw r11, #0x8e39\n movt r11, #0x38e3\n" upper);    \
        __asm__ volatile(lower "ldr r4, [sp, #112]\n ldr r0, [sp, #120]\n ldr r5, [sp, #116]\n"    \
                               "ldr r6, [sp, #104]\n ldr r2, [sp, #100]\n subs r4, r4, #1\n"       \
                               "add r0, r0, r5\n add r6, r6, #1\n add r1, r1, #20\n"               \
                               "str r4, [sp, #112]\n str r6, [sp, #104]\n bne.w 1b\n"              \
                               "add sp, sp, #124\n pop {r4-r11, pc}\n");                           \
    }

#define MAX_UPPER ROW_0 ROW_1("r4", "r8", "r10", "r5") MAX_OF_ROWS
#define MAX_LOWER ROW_2 ROW_3("r4", "r8", "r10", "r5") MAX_OF_ROWS

#define WRITE_UPPER_2x2 MAX_UPPER WRITE_2
#define WRITE_LOWER_2x2 MAX_LOWER WRITE_2
#define WRITE_UPPER_2x1 MAX_UPPER WRITE_4
#define WRITE_LOWER_2x1 MAX_LOWER WRITE_4
#define WRITE_UPPER_1x1 ROW_0 WRITE_4 ROW_1("r0", "lr", "r3", "r12") WRITE_4
#define WRITE_LOWER_1x1 ROW_2 WRITE_4 ROW_3("r0", "lr", "r3", "r12") WRITE_4

#define MAKE_TILE(rows, columns)                                                                   \
    TILE(tile_##rows##x##columns, WRITE_UPPER_##rows##x##columns, WRITE_LOWER_##rows##x##columns)
SN_WINOGRAD_POOLS_LIST(MAKE_TILE)

#define TRY_TILE(rows, columns)                                                                    \
    if (layer->pool_rows == (rows) && layer->pool_columns == (columns)) {                          \
        tile_##rows##x##columns(sums, channels, target);                                           \
        return;                                                                                    \
    }

void sn_winograd_tile(const uint32_t *sums, const sn_winograd_channel *channels,
                      const sn_winograd_target *target, const sn_winograd *layer) {
    SN_WINOGRAD_POOLS_LIST(TRY_TILE)
}

#endif
