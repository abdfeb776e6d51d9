// The transforms in assembly: whole vectors in registers, two channels in a word.
#include "engine/sn_dsp.h"
#include "engine/sn_winograd_transform.h"

#if SN_DSP
#include "sn_shapes.h"

// The rows of points; the first row of weights that are made at a time, and their number; and the
// bytes of a pair in a row.
#ifndef SN_WINOGRAD_WEIGHTS_LIST
#define SN_WINOGRAD_WEIGHTS_LIST(X)
#endif

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

// B over d0..d5 in place, in 12 operations with one spare register: t0 in d0, t1 in d3, t2 in d2,
// t3 in d1, t4 in d4, t5 in d5.
#define INPUT_VECTOR(d0, d1, d2, d3, d4, d5, x)                                                    \
    "sub " d0 ", " d0 ", " d2 "\n sub " x ", " d4 ", " d2 "\n"                                     \
    "sub " d2 ", " d4 ", " d2 ", lsl #2\n sub " d4 ", " d3 ", " d1 "\n"                            \
    "sub " d1 ", " d3 ", " d1 ", lsl #2\n sub " d5 ", " d5 ", " d3 "\n"                            \
    "add " d0 ", " x ", " d0 ", lsl #2\n sub " d5 ", " d5 ", " d4 ", lsl #2\n"                     \
    "add " d3 ", " d2 ", " d1 "\n sub " d2 ", " d2 ", " d1 "\n"                                    \
    "add " d1 ", " x ", " d4 ", lsl #1\n sub " d4 ", " x ", " d4 ", lsl #1\n"

// Bytes in r0 r1 r3-r6, the first pair in r7-r12, target r2. s0: rows. s1: offset. s2: stride. s3:
// the end of the target.
SN_NAKED void sn_winograd_columns_6(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                                    uint32_t count, uint32_t stride) {
    __asm__ volatile(
        "push {r4-r11, lr}\n ldr r4, [sp, #36]\n add r3, r2, r3, lsl #2\n"
        "vmov s0, r0\n vmov s1, r1\n vmov s2, r4\n vmov s3, r3\n"
        "1: vmov r7, s0\n vmov r8, s1\n ldmia.w r7, {r0, r1, r3, r4, r5, r6}\n vmov r9, s2\n"
        "ldr r0, [r0, r8]\n ldr r1, [r1, r8]\n ldr r3, [r3, r8]\n"
        "ldr r4, [r4, r8]\n ldr r5, [r5, r8]\n ldr r6, [r6, r8]\n"
        "add r8, r8, r9\n vmov s1, r8\n"
        "eor r0, r0, #0x80808080\n eor r1, r1, #0x80808080\n eor r3, r3, #0x80808080\n"
        "eor r4, r4, #0x80808080\n eor r5, r5, #0x80808080\n eor r6, r6, #0x80808080\n"
        "uxtb16 r7, r0\n uxtb16 r8, r1\n uxtb16 r9, r3\n"
        "uxtb16 r10, r4\n uxtb16 r11, r5\n uxtb16 r12, r6\n" INPUT_VECTOR(
            "r7", "r8", "r9", "r10", "r11", "r12",
            "lr") "str r7, [r2]\n str r10, [r2, #72]\n str r9, [r2, #144]\n"
                  "str r8, [r2, #216]\n str r11, [r2, #288]\n str r12, [r2, #360]\n"
                  "uxtb16 r0, r0, ror #8\n uxtb16 r1, r1, ror #8\n uxtb16 r3, r3, ror #8\n"
                  "uxtb16 r4, r4, ror #8\n uxtb16 r5, r5, ror #8\n uxtb16 r6, r6, ror "
                  "#8\n" INPUT_VECTOR(
                      "r0", "r1", "r3", "r4", "r5", "r6",
                      "lr") "str r0, [r2, #432]\n str r4, [r2, #504]\n str r3, [r2, #576]\n"
                            "str r1, [r2, #648]\n str r5, [r2, #720]\n str r6, [r2, #792]\n"
                            "vmov lr, s3\n add r2, r2, #4\n cmp r2, lr\n bne.w 1b\n pop {r4-r11, "
                            "pc}\n");
}

// F(2, 3): t0 in d0, t1 in d1, t2 in x, t3 in d3.
#define INPUT_VECTOR_4(d0, d1, d2, d3, x)                                                          \
    "sub " d0 ", " d2 ", " d0 "\n sub " d3 ", " d3 ", " d1 "\n"                                    \
    "sub " x ", " d2 ", " d1 "\n add " d1 ", " d2 ", " d1 "\n"

// Bytes in r0 r1 r3 r4, the first pair in r5-r8; the rest as above.
SN_NAKED void sn_winograd_columns_4(const int8_t *const *rows, uint32_t offset, uint32_t *target,
                                    uint32_t count, uint32_t stride) {
    __asm__ volatile(
        "push {r4-r11, lr}\n ldr r11, [sp, #36]\n add r12, r2, r3, lsl #2\n"
        "mov r9, r0\n mov r10, r1\n"
        "1: ldr r0, [r9]\n ldr r1, [r9, #4]\n ldr r3, [r9, #8]\n ldr r4, [r9, #12]\n"
        "ldr r0, [r0, r10]\n ldr r1, [r1, r10]\n ldr r3, [r3, r10]\n ldr r4, [r4, r10]\n"
        "add r10, r10, r11\n"
        "eor r0, r0, #0x80808080\n eor r1, r1, #0x80808080\n"
        "eor r3, r3, #0x80808080\n eor r4, r4, #0x80808080\n"
        "uxtb16 r5, r0\n uxtb16 r6, r1\n uxtb16 r7, r3\n uxtb16 r8, r4\n" INPUT_VECTOR_4(
            "r5", "r6", "r7", "r8",
            "lr") "str r5, [r2]\n str r6, [r2, #72]\n str lr, [r2, #144]\n str r8, [r2, #216]\n"
                  "uxtb16 r0, r0, ror #8\n uxtb16 r1, r1, ror #8\n"
                  "uxtb16 r3, r3, ror #8\n uxtb16 r4, r4, ror #8\n" INPUT_VECTOR_4(
                      "r0", "r1", "r3", "r4",
                      "lr") "str r0, [r2, #288]\n str r1, [r2, #360]\n str lr, [r2, #432]\n"
                            "str r4, [r2, #504]\n"
                            "add r2, r2, #4\n cmp r2, r12\n bne.w 1b\n pop {r4-r11, pc}\n");
}

// r2, r3, lr, r12: bytes to the next point, 3, 5, 6 points on. r11: the second pair, then 0.
#define ROW_OF_6                                                                                   \
    "ldr r5, [r0, #4]\n ldr r6, [r0, #8]\n ldr r7, [r0, #12]\n"                                    \
    "ldr r8, [r0, #16]\n ldr r9, [r0, #20]\n ldr r4, [r0], #72\n"                                  \
    "add r8, r8, #14080\n add r9, r9, #14080\n" INPUT_VECTOR(                                      \
        "r4", "r5", "r6", "r7", "r8", "r9",                                                        \
        "r10") "str r4, [r1]\n str r7, [r1, r2]\n str r6, [r1, r2, lsl #1]\n"                      \
               "str r5, [r1, r3]\n str r8, [r1, r2, lsl #2]\n str r9, [r1, lr]\n add r1, r1, "     \
               "r12\n"
#define ROW_OF_4                                                                                   \
    "ldr r5, [r0, #4]\n ldr r6, [r0, #8]\n ldr r7, [r0, #12]\n ldr r4, [r0], #72\n"                \
    "add r6, r6, #14080\n add r7, r7, #14080\n" INPUT_VECTOR_4(                                    \
        "r4", "r5", "r6", "r7",                                                                    \
        "r8") "str r4, [r1]\n str r5, [r1, r2]\n str r8, [r1, r2, lsl #1]\n str r7, [r1, r3]\n"    \
              "add r1, r1, r2, lsl #2\n"

#define MAKE_POINTS(rows, points)                                                                  \
    SN_NAKED void sn_winograd_points_##rows##x##points(const uint32_t *source, uint32_t *values,   \
                                                       uint32_t tiles, uint32_t point) {           \
        __asm__ volatile(                                                                          \
            "push {r4-r11, lr}\n add r11, r1, r2, lsl #2\n lsl r2, r3, #2\n"                       \
            "add r3, r2, r2, lsl #1\n add lr, r2, r2, lsl #2\n lsl r12, r3, #1\n"                  \
            "1: .rept " #rows "\n" ROW_OF_##points                                                 \
            ".endr\n"                                                                              \
            "mov r1, r11\n mov r11, #0\n cmp r1, #0\n bne.w 1b\n pop {r4-r11, pc}\n");             \
    }

MAKE_POINTS(6, 6)
MAKE_POINTS(6, 4)
MAKE_POINTS(4, 6)
MAKE_POINTS(4, 4)

// G along a row a, b, c of taps, in 6 operations with two spare registers, those of F(2, 3) alone
// in 3; beside an edge, b itself before it.
#define WEIGHT_ROW(a, b, c, x, y)                                                                  \
    ".if .Lfirst\n str " b ", [r0]\n .endif\n"                                                     \
    "str " a ", [r0, #.Lfirst]\n str " c ", [r0, #.Lstep-8]\n"                                     \
    "add " x ", " a ", " c "\n add " y ", " x ", " b "\n sub " x ", " x ", " b "\n"                \
    "str " y ", [r0, #.Lfirst+8]\n str " x ", [r0, #.Lfirst+16]\n"                                 \
    ".if .Lstep >= 48\n add " x ", " a ", " c ", lsl #2\n add " y ", " x ", " b ", lsl #1\n"       \
    "sub " x ", " x ", " b ", lsl #1\n"                                                            \
    "str " y ", [r0, #.Lfirst+24]\n str " x ", [r0, #.Lfirst+32]\n .endif\n"

// A pair of channels, its taps in r1-r9: of three columns at once a in r1-r3, b in r4-r6, c in
// r7-r9. Rows lie lr bytes apart. NEAR: from a + c in r1-r3, FAR: from a + 4 c in r10, r7, r8.
#define WEIGHT_ROW_0 WEIGHT_ROW("r1", "r2", "r3", "r10", "r11")
#define WEIGHT_ROW_5 "add r12, r7, #0x02000200\n" WEIGHT_ROW("r12", "r8", "r9", "r10", "r11")
#define WEIGHT_ROW_NEAR WEIGHT_ROW("r1", "r2", "r3", "r9", "r11")
#define WEIGHT_ROW_FAR WEIGHT_ROW("r10", "r7", "r8", "r9", "r11")
#define RAISE "add r1, r1, #0x09000900\n add r2, r2, #0x09000900\n add r3, r3, #0x09000900\n"
#define NEAR_AND_FAR                                                                               \
    "add r10, r1, r7, lsl #2\n add r1, r1, r7\n add r7, r2, r8, lsl #2\n add r2, r2, r8\n"         \
    "add r8, r3, r9, lsl #2\n add r3, r3, r9\n"
#define NEAR(operation, shift)                                                                     \
    operation " r1, r1, r4" shift "\n" operation " r2, r2, r5" shift "\n" operation                \
              " r3, r3, r6" shift "\n"
#define FAR(operation, shift)                                                                      \
    operation " r10, r10, r4" shift "\n" operation " r7, r7, r5" shift "\n" operation              \
              " r8, r8, r6" shift "\n"
#define NEAR_PLUS NEAR("add", "")
#define NEAR_MINUS NEAR("sub", "")
#define NEAR_PLUS_TO_MINUS NEAR("sub", ", lsl #1")
#define FAR_PLUS FAR("add", ", lsl #1")
#define FAR_MINUS FAR("sub", ", lsl #1")
#define FAR_PLUS_TO_MINUS FAR("sub", ", lsl #2")

#define ONLY_NEAR "add r1, r1, r7\n add r2, r2, r8\n add r3, r3, r9\n"
#define ONLY_FAR "add r10, r1, r7, lsl #2\n add r7, r2, r8, lsl #2\n add r8, r3, r9, lsl #2\n"
#define DOWN "add r0, r0, lr\n"

// In the name the rows of points, the first of those made and their number; the last row early, as
// it needs the taps themselves.
#define PAIR_6_0_6                                                                                 \
    RAISE WEIGHT_ROW_0                                                                             \
        "add r0, r0, lr, lsl #2\n add r0, r0, lr\n" WEIGHT_ROW_5                                   \
        "sub r0, r0, lr, lsl #2\n" NEAR_AND_FAR NEAR_PLUS WEIGHT_ROW_NEAR DOWN NEAR_PLUS_TO_MINUS  \
            WEIGHT_ROW_NEAR DOWN FAR_PLUS WEIGHT_ROW_FAR DOWN FAR_PLUS_TO_MINUS WEIGHT_ROW_FAR     \
        "sub r0, r0, lr, lsl #2\n add r0, r0, #.Lstep\n"
#define PAIR_6_0_3                                                                                 \
    RAISE WEIGHT_ROW_0 DOWN ONLY_NEAR NEAR_PLUS WEIGHT_ROW_NEAR DOWN                               \
        NEAR_PLUS_TO_MINUS WEIGHT_ROW_NEAR "sub r0, r0, lr, lsl #1\n add r0, r0, #.Lstep\n"
#define PAIR_6_3_3                                                                                 \
    RAISE "add r0, r0, lr, lsl #1\n" WEIGHT_ROW_5 "sub r0, r0, lr, lsl #1\n" ONLY_FAR FAR_PLUS     \
        WEIGHT_ROW_FAR DOWN FAR_PLUS_TO_MINUS WEIGHT_ROW_FAR                                       \
          "sub r0, r0, lr\n add r0, r0, #.Lstep\n"
#define PAIR_6_0_2                                                                                 \
    RAISE WEIGHT_ROW_0 DOWN ONLY_NEAR NEAR_PLUS WEIGHT_ROW_NEAR                                    \
        "sub r0, r0, lr\n add r0, r0, #.Lstep\n"
#define PAIR_6_2_2                                                                                 \
    RAISE NEAR_AND_FAR NEAR_MINUS WEIGHT_ROW_NEAR DOWN FAR_PLUS WEIGHT_ROW_FAR                     \
        "sub r0, r0, lr\n add r0, r0, #.Lstep\n"
#define PAIR_6_4_2                                                                                 \
    RAISE DOWN WEIGHT_ROW_5 "sub r0, r0, lr\n" ONLY_FAR FAR_MINUS WEIGHT_ROW_FAR                   \
                            "add r0, r0, #.Lstep\n"

#define PAIR_4_0_4                                                                                 \
    RAISE WEIGHT_ROW_0 "add r0, r0, lr, lsl #1\n add r0, r0, lr\n" WEIGHT_ROW_5                    \
                       "sub r0, r0, lr, lsl #1\n" ONLY_NEAR NEAR_PLUS WEIGHT_ROW_NEAR DOWN         \
                           NEAR_PLUS_TO_MINUS WEIGHT_ROW_NEAR                                      \
                       "sub r0, r0, lr, lsl #1\n add r0, r0, #.Lstep\n"
#define PAIR_4_0_2 PAIR_6_0_2
#define PAIR_4_2_2                                                                                 \
    RAISE DOWN WEIGHT_ROW_5 "sub r0, r0, lr\n" ONLY_NEAR NEAR_MINUS WEIGHT_ROW_NEAR                \
                            "add r0, r0, #.Lstep\n"

#define UNPACK(how)                                                                                \
    "uxtb16 r1, r1" how "\n uxtb16 r2, r2" how "\n uxtb16 r3, r3" how "\n"                         \
    "uxtb16 r4, r4" how "\n uxtb16 r5, r5" how "\n uxtb16 r6, r6" how "\n"                         \
    "uxtb16 r7, r7" how "\n uxtb16 r8, r8" how "\n uxtb16 r9, r9" how "\n"

// s0: weights. s1: the end of the target's first row. A pair takes `step` bytes of the target: 8
// for each point and, beside an edge, 8 more.
#define MAKE_WEIGHTS(all, first, rows, step)                                                       \
    SN_NAKED static void weights_##all##_##first##_##rows##_##step(                                \
        const uint8_t *weights, uint32_t *target, uint32_t pairs) {                                \
        __asm__ volatile(".set .Lstep, " #step                                                     \
                         "\n .set .Lfirst, .Lstep & 8\n push {r4-r11, lr}\n mov lr, #" #step "\n"  \
                         "mul lr, lr, r2\n vmov s0, r0\n mov r0, r1\n add r1, r1, lr\n"            \
                         "vmov s1, r1\n 1: vmov r10, s0\n ldmia r10, {r1-r9}\n" UNPACK("")         \
                             PAIR_##all##_##first##_##rows);                                       \
        __asm__ volatile("vmov r10, s0\n ldmia r10!, {r1-r9}\n vmov s0, r10\n" UNPACK(", ror #8")  \
                             PAIR_##all##_##first##_##rows                                         \
                         "vmov r1, s1\n cmp r0, r1\n bne.w 1b\n pop {r4-r11, pc}\n");              \
    }

SN_WINOGRAD_WEIGHTS_LIST(MAKE_WEIGHTS)

#define TRY_WEIGHTS(all, first, number, step)                                                      \
    if (sn_winograd_point_rows(grid) == (all) && row == (first) && grid->rows == (number) &&       \
        8 * grid->columns == (step)) {                                                             \
        weights_##all##_##first##_##number##_##step(weights, target, grid->pairs);                 \
    }

void sn_winograd_weights(const uint8_t *weights, uint32_t *target, const sn_winograd_grid *grid,
                         uint32_t row){SN_WINOGRAD_WEIGHTS_LIST(TRY_WEIGHTS)}

// r0: from the starts of a point to those of the next. r1: pairs. r3: less. r12: points to go.
#define STARTS(tiles, zeros, products, ends)                                                       \
    SN_NAKED static void starts_##tiles(uint32_t *values, uint32_t pairs, uint32_t points,         \
                                        const int32_t *less) {                                     \
        __asm__ volatile("push {r4-r11, lr}\n mov r12, r2\n mov lr, #0x00010001\n"                 \
                         "1: vmov s0, r0\n add r0, r0, #4*" #tiles "\n mov r2, r1\n" zeros         \
                         "2: " products "subs r2, r2, #2\n bne 2b\n ldr r8, [r3], #4\n"            \
                         "vmov r9, s0\n" ends "subs r12, r12, #1\n bne 1b\n pop {r4-r11, pc}\n");  \
    }
#define LANE(sum, word) "smlad " sum ", " word ", lr, " sum "\n"
#define START(sum, place) "mul " sum ", " sum ", r8\n str " sum ", [r9, #" place "]\n"
#define THREE "ldmia r0!, {r8-r10}\n" LANE("r4", "r8") LANE("r5", "r9") LANE("r6", "r10")
#define FOUR                                                                                       \
    "ldmia r0!, {r8-r11}\n" LANE("r4", "r8") LANE("r5", "r9") LANE("r6", "r10") LANE("r7", "r11")
STARTS(1, "mov r4, #0\n", "ldmia r0!, {r8, r9}\n" LANE("r4", "r8") LANE("r4", "r9"),
       START("r4", "0")) STARTS(2, "mov r4, #0\n mov r5, #0\n",
                                "ldmia r0!, {r8-r11}\n" LANE("r4", "r8") LANE("r5", "r9")
                                    LANE("r4", "r10") LANE("r5", "r11"),
                                START("r4", "0") START("r5", "4"))
    STARTS(3, "mov r4, #0\n mov r5, #0\n mov r6, #0\n", THREE THREE,
           START("r4", "0") START("r5", "4") START("r6", "8"))
        STARTS(4, "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n", FOUR FOUR,
               START("r4", "0") START("r5", "4") START("r6", "8") START("r7", "12"))

    // Points of whole rows.
    static void write_starts(uint32_t *values, const sn_winograd_grid *grid, uint32_t rows,
                             const int32_t *less) {
    const uint32_t pairs = grid->pairs;
    const uint32_t points = rows * grid->points;
    if (grid->tiles == 1) {
        starts_1(values, pairs, points, less);
    } else if (grid->tiles == 2) {
        starts_2(values, pairs, points, less);
    } else if (grid->tiles == 3) {
        starts_3(values, pairs, points, less);
    } else {
        starts_4(values, pairs, points, less);
    }
}

void sn_winograd_starts(uint32_t *values, const sn_winograd_grid *grid) {
    const int32_t *const less = sn_winograd_less(grid);
    if (sn_winograd_point_rows(grid) == 6) {
        write_starts(values, grid, 6, less);
    } else {
        const uint32_t row = (1 + grid->pairs) * grid->tiles * grid->points;
        write_starts(values, grid, 3, less);
        write_starts(values + 3 * row, grid, 1, less + 5 * grid->points);
    }
}

#endif
