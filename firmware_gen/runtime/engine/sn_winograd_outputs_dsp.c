// The sums of a tile to its pooled bytes, in assembly, where the table is plain: the correction
// that rounds negative values away from zero is left out, as they all clamp to the zero point.
#include "engine/sn_dsp.h"
#include "engine/sn_winograd_tile.h"
#include "engine/sn_winograd_transform.h"

#if SN_DSP
#include "sn_shapes.h"

// The height and the width of a tile, and the pool behind it, 1x1 for none.
#ifndef SN_WINOGRAD_POOLS_LIST
#define SN_WINOGRAD_POOLS_LIST(X)
#endif

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

// S A over r4-r9, spare r10: y0 in r4, y1 / 2 in r8, y2 / 4 in r10, y3 / 4 in r5.
#define VECTOR_4                                                                                   \
    "add r10, r5, r6\n sub r5, r5, r6\n add r6, r7, r8\n sub r7, r7, r8\n"                         \
    "add r4, r4, r4, lsl #1\n add r4, r6, r4, lsl #1\n sub r4, r4, r10, lsl #2\n"                  \
    "sub r8, r7, r5, lsl #1\n sub r10, r6, r10\n rsb r5, r5, r7, lsl #1\n"                         \
    "add r9, r9, r9, lsl #1\n add r5, r5, r9, lsl #1\n"
// F(2, 3) over r4-r7: y0 in r4, y1 in r5.
#define VECTOR_2                                                                                   \
    "add r10, r5, r6\n sub r5, r5, r6\n sub r4, r10, r4, lsl #1\n add r5, r5, r7, lsl #1\n"

// Down the columns of the sums, `points` in a row, to rows of six words of the frame.
#define COLUMNS_4(points)                                                                          \
    ".set .Lj, 0\n .rept " #points "\n"                                                            \
    "ldr r4, [r0, #.Lj]\n ldr r5, [r0, #.Lj+4*" #points "]\n ldr r6, [r0, #.Lj+8*" #points "]\n"   \
    "ldr r7, [r0, #.Lj+12*" #points "]\n ldr r8, [r0, #.Lj+16*" #points "]\n"                      \
    "ldr r9, [r0, #.Lj+20*" #points "]\n" VECTOR_4 "str r4, [sp, #.Lj]\n str r8, [sp, #.Lj+24]\n"  \
    "str r10, [sp, #.Lj+48]\n str r5, [sp, #.Lj+72]\n .set .Lj, .Lj+4\n .endr\n"
#define COLUMNS_2(points)                                                                          \
    ".set .Lj, 0\n .rept " #points "\n"                                                            \
    "ldr r4, [r0, #.Lj]\n ldr r5, [r0, #.Lj+4*" #points "]\n ldr r6, [r0, #.Lj+8*" #points "]\n"   \
    "ldr r7, [r0, #.Lj+12*" #points "]\n" VECTOR_2                                                 \
    "str r4, [sp, #.Lj]\n str r5, [sp, #.Lj+24]\n .set .Lj, .Lj+4\n .endr\n"

// What is left of the scale, as powers of two (.Lscale) and their odd part's inverse in r11.
#define SCALE_4x4 ".set .Lscale, 6\n movw r11, #0x8e39\n movt r11, #0x38e3\n"
#define SCALE_4x2 ".set .Lscale, 4\n movw r11, #0xaaab\n movt r11, #0xaaaa\n"
#define SCALE_2x4 SCALE_4x2
#define SCALE_2x2 ".set .Lscale, 2\n mov r11, #1\n"

// Row i of the frame. Of a width of 4, without the powers of two of its columns; those of the rows
// of a height of 4 are in r11.
#define ROW_4(i)                                                                                   \
    "ldr r4, [sp, #24*" #i "]\n ldr r5, [sp, #24*" #i "+4]\n ldr r6, [sp, #24*" #i "+8]\n"         \
    "ldr r7, [sp, #24*" #i "+12]\n ldr r8, [sp, #24*" #i "+16]\n"                                  \
    "ldr r9, [sp, #24*" #i "+20]\n" VECTOR_4 "lsl r8, r8, #1\n lsl r10, r10, #2\n"                 \
    "lsl r5, r5, #2\n"
#define ROW_2(i)                                                                                   \
    "ldr r4, [sp, #24*" #i "]\n ldr r5, [sp, #24*" #i "+4]\n ldr r6, [sp, #24*" #i "+8]\n"         \
    "ldr r7, [sp, #24*" #i "+12]\n" VECTOR_2

// The scaled sums of a row, in a, b and, of a width of 4, c, d; of the LOWER two rows
// SN_WINOGRAD_OFFSET is taken off, with the channel's numbers at `third` and `fourth`.
#define OFFSET "mov r9, #14080 << .Lscale\n"
#define UPPER_4(a, b, c, d)                                                                        \
    "ldr r6, [r1]\n mla " a ", r4, r11, r6\n mla " b ", r8, r11, r6\n"                             \
    "mla " c ", r10, r11, r6\n mla " d ", r5, r11, r6\n lsl r11, r11, #1\n"
#define LOWER_4(third, fourth, a, b, c, d)                                                         \
    "ldr r6, [r1]\n ldrsh r7, [r1, #" #third "]\n" OFFSET "mla " a ", r4, r11, r6\n mla " b        \
    ", r8, r11, r6\n"                                                                              \
    "mls r7, r7, r9, r6\n mla " c ", r10, r11, r7\n ldrsh r7, [r1, #" #fourth "]\n"                \
    "mls r7, r7, r9, r6\n mla " d ", r5, r11, r7\n"
#define UPPER_2(a, b)                                                                              \
    "ldr r6, [r1]\n mla " a ", r4, r11, r6\n mla " b ", r5, r11, r6\n lsl r11, r11, #1\n"
#define LOWER_2(third, fourth, a, b)                                                               \
    "ldr r6, [r1]\n ldrsh r7, [r1, #" #third "]\n" OFFSET "mls r7, r7, r9, r6\n mla " a            \
    ", r4, r11, r7\n ldrsh r7, [r1, #" #fourth "]\n"                                               \
    "mls r7, r7, r9, r6\n mla " b ", r5, r11, r7\n"

#define MAX(a, b) "cmp " a ", " b "\n it lt\n movlt " a ", " b "\n"

// Row i in r0, lr and, of a width of 4, r3, r12; or the larger of it and of what is there.
#define FIRST_UPPER_4(i) ROW_4(i) UPPER_4("r0", "lr", "r3", "r12")
#define FIRST_LOWER_4(i, third, fourth) ROW_4(i) LOWER_4(third, fourth, "r0", "lr", "r3", "r12")
#define MAX_4 MAX("r0", "r4") MAX("lr", "r8") MAX("r3", "r10") MAX("r12", "r5")
#define MAX_UPPER_4(i) ROW_4(i) UPPER_4("r4", "r8", "r10", "r5") MAX_4
#define MAX_LOWER_4(i, third, fourth) ROW_4(i) LOWER_4(third, fourth, "r4", "r8", "r10", "r5") MAX_4
#define FIRST_UPPER_2(i) ROW_2(i) UPPER_2("r0", "lr")
#define FIRST_LOWER_2(i, third, fourth) ROW_2(i) LOWER_2(third, fourth, "r0", "lr")
#define MAX_2 MAX("r0", "r4") MAX("lr", "r5")
#define MAX_UPPER_2(i) ROW_2(i) UPPER_2("r4", "r5") MAX_2
#define MAX_LOWER_2(i, third, fourth) ROW_2(i) LOWER_2(third, fourth, "r4", "r5") MAX_2

// Multiplier in r4, shift in r6, sn_plain_round of it in r5.
#define SCALING                                                                                    \
    "ldr r4, [r1, #12]\n ldr r6, [r1, #16]\n mvn r5, #254\n lsl r5, r5, r6\n asr r5, r5, #1\n"
#define BYTE(a)                                                                                    \
    "asr " a ", " a ", #.Lscale-1\n smmulr " a ", " a ", r4\n add " a ", " a ", r5\n"              \
    "asr " a ", " a ", r6\n ssat " a ", #8, " a "\n"

// The next row of the output in r7, the bytes from pixel to pixel in r8: where that is 0, the first
// pixel comes last.
#define TARGET "ldr r7, [r2], #4\n ldr r9, [sp, #104]\n ldr r8, [sp, #108]\n add r7, r7, r9\n"
// By the width and the columns of the pool.
#define WRITE_4x2                                                                                  \
    MAX("r0", "lr")                                                                                \
    MAX("r3", "r12")                                                                               \
    SCALING TARGET BYTE("r0") BYTE("r3") "strb r3, [r7, r8]\n strb r0, [r7]\n"
#define WRITE_4x1                                                                                  \
    SCALING TARGET BYTE("r0") BYTE("lr") BYTE("r3")                                                \
        BYTE("r12") "add r9, r7, r8\n strb r12, [r9, r8, lsl #1]\n strb r3, [r7, r8, lsl #1]\n"    \
                    "strb lr, [r9]\n strb r0, [r7]\n"
#define WRITE_2x2 MAX("r0", "lr") SCALING TARGET BYTE("r0") "strb r0, [r7]\n"
#define WRITE_2x1 SCALING TARGET BYTE("r0") BYTE("lr") "strb lr, [r7, r8]\n strb r0, [r7]\n"

// The upper half of a tile and the lower one, by its height and the rows of the pool.
#define UPPER_HALF_4x2(width, pool)                                                                \
    FIRST_UPPER_##width(0) MAX_UPPER_##width(1) WRITE_##width##x##pool
#define LOWER_HALF_4x2(width, pool)                                                                \
    FIRST_LOWER_##width(2, 4, 6) MAX_LOWER_##width(3, 8, 10) WRITE_##width##x##pool
#define UPPER_HALF_4x1(width, pool)                                                                \
    FIRST_UPPER_##width(0) WRITE_##width##x##pool FIRST_UPPER_##width(1) WRITE_##width##x##pool
#define LOWER_HALF_4x1(width, pool)                                                                \
    FIRST_LOWER_##width(2, 4, 6) WRITE_##width##x##pool FIRST_LOWER_##width(3, 8, 10)              \
        WRITE_##width##x##pool
#define UPPER_HALF_2x2(width, pool) FIRST_LOWER_##width(0, 4, 6)
#define LOWER_HALF_2x2(width, pool) MAX_LOWER_##width(1, 8, 10) WRITE_##width##x##pool
#define UPPER_HALF_2x1(width, pool) FIRST_LOWER_##width(0, 4, 6) WRITE_##width##x##pool
#define LOWER_HALF_2x1(width, pool) FIRST_LOWER_##width(1, 8, 10) WRITE_##width##x##pool

// Frame: 24 words; at 100 the rows, at, step, the lanes to go, next, the sums.
#define TILE(name, columns, scale, upper, lower)                                                   \
    SN_NAKED static void name(const uint32_t *sums, const sn_winograd_channel *channels,           \
                              const sn_winograd_target *target) {                                  \
        __asm__ volatile(                                                                          \
            "push {r4-r11, lr}\n sub sp, sp, #124\n ldmia r2, {r4-r8}\n lsl r8, r8, #2\n"          \
            "str r4, [sp, #100]\n str r5, [sp, #104]\n str r6, [sp, #108]\n"                       \
            "str r7, [sp, #112]\n str r8, [sp, #116]\n mov r2, r4\n"                               \
            "1: str r0, [sp, #120]\n" columns scale upper);                                        \
        __asm__ volatile(lower "ldr r4, [sp, #112]\n ldr r0, [sp, #120]\n ldr r5, [sp, #116]\n"    \
                               "ldr r6, [sp, #104]\n ldr r2, [sp, #100]\n subs r4, r4, #1\n"       \
                               "add r0, r0, r5\n add r6, r6, #1\n add r1, r1, #20\n"               \
                               "str r4, [sp, #112]\n str r6, [sp, #104]\n bne.w 1b\n"              \
                               "add sp, sp, #124\n pop {r4-r11, pc}\n");                           \
    }

#define POINTS_4 6
#define POINTS_2 4
#define COLUMNS(height, points) COLUMNS_##height(points)
#define MAKE_TILE(height, width, rows, columns)                                                    \
    TILE(tile_##height##x##width##_##rows##x##columns, COLUMNS(height, POINTS_##width),            \
         SCALE_##height##x##width, UPPER_HALF_##height##x##rows(width, columns),                   \
         LOWER_HALF_##height##x##rows(width, columns))
SN_WINOGRAD_POOLS_LIST(MAKE_TILE)

#define TRY_TILE(height, width, rows, columns)                                                     \
    if (sn_winograd_height(layer) == (height) && sn_winograd_width(layer) == (width) &&            \
        layer->pool_rows == (rows) && layer->pool_columns == (columns)) {                          \
        tile_##height##x##width##_##rows##x##columns(sums, channels, target);                      \
        return;                                                                                    \
    }

void sn_winograd_tile(const uint32_t *sums, const sn_winograd_channel *channels,
                      const sn_winograd_target *target, const sn_winograd *layer) {
    SN_WINOGRAD_POOLS_LIST(TRY_TILE)
}

#endif
