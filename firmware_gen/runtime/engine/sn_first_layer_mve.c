#include "engine/sn_first_layer_sums.h"

#if SN_MVE
#include <arm_mve.h>
#include <stdbool.h>

// The input rows of a run stand side by side in one buffer, column by column, so that one
// instruction gathers a window of any form of up to 16 values.
#define ROWS 16u
#define LEAST_ROWS 8u  // with fewer the workspace is too small

// What the assembly reads and moves on; the numbers are its offsets.
typedef struct {
    const int8_t *window;   // 0: where the first window of the next pixel begins
    int8_t *pixel;          // 4
    uint32_t step;          // 8: bytes from a pixel to the next one
    const int32_t *table;   // 12
    uint32_t groups;        // 16: of four channels
    uint32_t pixels;        // 20
    const uint8_t *places;  // 24: of the 16 values of a window, from its beginning
} path_job;

// The sums of two windows for four channels, and the larger ones of both.
#define LARGER_SUMS(first, second, larger, other)                                                  \
    "vldrb.8 q2, [r1]\n"                                                                           \
    "vmladav.s8 r0, " first ", q2\n"                                                               \
    "vmladav.s8 r8, " second ", q2\n"                                                              \
    "vldrb.8 q2, [r1, #16]\n"                                                                      \
    "vmladav.s8 r2, " first ", q2\n"                                                               \
    "vmladav.s8 r10, " second ", q2\n"                                                             \
    "vldrb.8 q2, [r1, #32]\n"                                                                      \
    "vmladav.s8 r4, " first ", q2\n"                                                               \
    "vmladav.s8 r12, " second ", q2\n"                                                             \
    "vldrb.8 q2, [r1, #48]\n"                                                                      \
    "vmladav.s8 r6, " first ", q2\n"                                                               \
    "vmladav.s8 r14, " second ", q2\n"                                                             \
    "vmov " larger "[2], " larger "[0], r0, r4\n"                                                  \
    "vmov " larger "[3], " larger "[1], r2, r6\n"                                                  \
    "vmov " other "[2], " other "[0], r8, r12\n"                                                   \
    "vmov " other "[3], " other "[1], r10, r14\n"                                                  \
    "vmax.s32 " larger ", " larger ", " other "\n"

// The four windows of a pixel wait in q0, q1 (upper row) and q5, q6. Table r1, pixel r3, groups r5,
// the zero point r7, the job r9.
SN_NAKED static void run_job(path_job *job __attribute__((unused))) {
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "mov r9, r0\n"
                     "mvn r7, #127\n"
                     "1:\n"
                     "ldr r1, [r9, #24]\n"
                     "ldr r11, [r9]\n"
                     "vldrb.8 q7, [r1]\n"
                     "add r0, r11, #16\n"
                     "add r2, r11, #1\n"
                     "add r4, r11, #17\n"
                     "vldrb.u8 q0, [r11, q7]\n"
                     "vldrb.u8 q1, [r0, q7]\n"
                     "vldrb.u8 q5, [r2, q7]\n"
                     "vldrb.u8 q6, [r4, q7]\n"
                     "add r11, r11, #32\n"
                     "str r11, [r9]\n"
                     "ldr r3, [r9, #4]\n"
                     "ldr r5, [r9, #8]\n"
                     "add r5, r5, r3\n"
                     "str r5, [r9, #4]\n"
                     "ldr r1, [r9, #12]\n"
                     "ldr r5, [r9, #16]\n"
                     "2:\n");
    __asm__ volatile(LARGER_SUMS("q0", "q1", "q3", "q4"));
    __asm__ volatile(LARGER_SUMS("q5", "q6", "q4", "q7"));
    __asm__ volatile("vmax.s32 q3, q3, q4\n"
                     "vldrw.32 q4, [r1, #64]\n"
                     "vadd.i32 q3, q3, q4\n"
                     "vldrw.32 q4, [r1, #80]\n"
                     "vqrdmulh.s32 q3, q3, q4\n"
                     "vldrw.32 q4, [r1, #96]\n"
                     "vrshl.s32 q3, q3, q4\n"
                     "vadd.i32 q3, q3, r7\n"
                     "vqmovnb.s32 q3, q3\n"
                     "vqmovnb.s16 q3, q3\n"
                     "vstrb.32 q3, [r3], #4\n"
                     "add r1, r1, #112\n"
                     "subs r5, r5, #1\n"
                     "bne.w 2b\n"
                     "ldr r5, [r9, #20]\n"
                     "subs r5, r5, #1\n"
                     "str r5, [r9, #20]\n"
                     "bne.w 1b\n"
                     "vpop {d8-d15}\n"
                     "pop {r4-r11, pc}\n");
}

static bool can_run(const sn_first_layer *layer, const int8_t *const *input, uint32_t rows,
                    int8_t *const *outputs) {
    bool possible = rows >= LEAST_ROWS && rows <= ROWS && layer->width % 2 == 0;
    for (uint32_t i = 0; i < layer->rows; ++i) {
        possible = possible && (!outputs[i] || input[2 * i + 1 + layer->rows_above]);
    }
    for (uint32_t i = 0; i < layer->path_count; ++i) {
        possible = possible && layer->paths[i].helium;
    }
    return possible && !layer->is_average;
}

// Lays row `row` into its place in each column.
static void turn(const int8_t *values, uint32_t count, int8_t *column) {
    const uint8x16_t places = vmulq_n_u8(vidupq_n_u8(0, 1), ROWS);
    for (uint32_t done = 0; done < count; done += 16, column += 16 * ROWS) {
        const mve_pred16_t some = vctp8q(count - done);
        vstrbq_scatter_offset_p_s8(column, places, vldrbq_z_s8(values + done, some), some);
    }
}

static void lay_out(const sn_first_layer *layer, const int8_t *const *input, uint32_t rows,
                    int8_t *columns) {
    for (uint32_t i = 0; i < layer->pitch; ++i) {
        vstrbq_s8(columns + ROWS * i, vdupq_n_s8(layer->input_zero));
    }
    for (uint32_t i = 0; i < rows; ++i) {
        if (input[i]) {
            turn(input[i], layer->width, columns + ROWS * layer->left + i);
        }
    }
}

static void run_path(const sn_first_layer *layer, const sn_first_layer_path *path,
                     const int8_t *columns, int8_t *output) {
    uint8_t places[16];
    vstrbq_u8(places, vdupq_n_u8(0));  // a weight of 0 meets what is there
    uint32_t tap = 0;
    for (uint32_t row = 0; row < path->kernel_rows; ++row) {
        for (uint32_t column = 0; column < path->kernel_columns; ++column, ++tap) {
            places[tap] = (uint8_t)(ROWS * column + row);
        }
    }
    const int8_t *const first = columns + ROWS * (layer->left - path->columns_left);
    path_job job = {
        .window = first + (layer->rows_above - path->rows_above),
        .pixel = output + path->first_channel,
        .step = layer->channels,
        .table = path->helium,
        .groups = path->channels / 4,
        .pixels = layer->width / 2,
        .places = places,
    };
    run_job(&job);
}

uint32_t sn_first_layer_helium(const sn_first_layer *layer, const int8_t *const *input,
                               int8_t *workspace, int8_t *const *outputs) {
    const uint32_t rows = 2 * layer->rows + layer->rows_above + layer->rows_below;
    if (!can_run(layer, input, rows, outputs)) {
        return 0;
    }
    lay_out(layer, input, rows, workspace);
    for (uint32_t i = 0; i < layer->rows; ++i) {
        for (uint32_t n = 0; outputs[i] && n < layer->path_count; ++n) {
            run_path(layer, &layer->paths[n], workspace + 2 * i, outputs[i]);
        }
    }
    return 1;
}
#endif
