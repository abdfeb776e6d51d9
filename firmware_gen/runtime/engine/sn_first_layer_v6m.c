// Whole pixels for Armv6-M: the four windows of a pixel against one channel after the other. Two
// taps take one product, as in sn_winograd_products_v6m.c: the words of a window are x2 * 65536 +
// x1, those of a channel w1 * 65536 + w2 + RAISED, and their sum's halves are both factors of
// (x1 + w2 + RAISED) (x2 + w1). What is too much in it, of x alone and of w alone, is taken off
// where the sums start.
#include "engine/sn_first_layer_sums.h"

#if SN_V6M

#define RAISED 512
#define MOST_PAIRS 8u
#define WINDOWS 4u

// What the assembly reads. `words`: [1 + pairs][4 windows]; `entered`: of the pairs there is code
// for, those that are not taken.
typedef struct {
    const int32_t *stream;
    int8_t *pixel;
    int8_t *end;
    const uint32_t *words;
    uint32_t entered;
} pixel_job;

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

#define START(v, sum) "adds r6, " #v ", r4\n mov " #sum ", r6\n"
#define FACTORS(v, sum)                                                                            \
    "adds r6, " #v ", r4\n uxth r7, r6\n asrs r6, r6, #16\n muls r6, r7, r6\n add " #sum ", r6\n"
#define STEP(use)                                                                                  \
    "ldm r1!, {r4}\n ldm r0!, {r2, r3}\n" use(r2, r8)                                              \
        use(r3, r9) "ldm r0!, {r2, r3}\n" use(r2, r10) use(r3, r11)
#define LARGER(other) "mov r3, " #other "\n cmp r2, r3\n bge 5f\n mov r2, r3\n 5:\n"
// As sn_scale and sn_requantize_plain: the sum in r2; multiplier, round, right in r3, r4, r5.
#define REQUANTIZE                                                                                 \
    "ldm r1!, {r3, r4, r5}\n sxth r6, r2\n subs r2, r2, r6\n asrs r2, r2, #16\n uxth r7, r3\n"     \
    "lsrs r3, r3, #16\n movs r0, r6\n muls r6, r7, r6\n asrs r6, r6, #16\n muls r0, r3, r0\n"      \
    "adds r6, r6, r0\n muls r7, r2, r7\n adds r6, r6, r7\n muls r3, r2, r3\n movs r0, #128\n"      \
    "lsls r0, r0, #7\n adds r6, r6, r0\n asrs r6, r6, #15\n lsls r3, r3, #1\n adds r6, r6, r3\n"   \
    "adds r6, r6, r4\n asrs r6, r5\n sxtb r0, r6\n cmp r0, r6\n beq 4f\n asrs r6, r6, #31\n"       \
    "movs r0, #127\n eors r6, r0\n 4:\n"

// r12: words; lr: where a channel enters the steps; on the stack the pixel's next byte and its end.
SN_NAKED static void run_channels(const pixel_job *job) {
    __asm__ volatile(
        "push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
        "sub sp, #8\n ldm r0!, {r1, r2, r3, r4, r5}\n str r2, [sp]\n str r3, [sp, #4]\n"
        "mov r12, r4\n movs r6, #46\n muls r5, r6, r5\n adr r6, 2f\n adds r6, #1\n"
        "adds r6, r6, r5\n mov lr, r6\n"
        "1: mov r0, r12\n" STEP(START)  //
        "bx lr\n .balign 4\n"
        "2: .rept 8\n" STEP(FACTORS)  //
        ".endr\n mov r2, r8\n" LARGER(r9) LARGER(r10) LARGER(r11) REQUANTIZE
        "ldr r0, [sp]\n ldr r2, [sp, #4]\n strb r6, [r0]\n adds r0, #1\n str r0, [sp]\n"
        "cmp r0, r2\n beq 3f\n b 1b\n"
        "3: add sp, #8\n pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
        "pop {r4-r7, pc}\n");
}

// The taps of a kernel over the values, row by row.
typedef struct {
    const int16_t *at;
    uint32_t left;
    uint32_t columns;
    uint32_t skipped;
} tap_walk;

static inline const int16_t *next_tap(tap_walk *walk) {
    const int16_t *const tap = walk->at++;
    if (--walk->left == 0) {
        walk->at += walk->skipped;
        walk->left = walk->columns;
    }
    return tap;
}

static inline uint32_t join(uint32_t *start, int32_t first, int32_t second) {
    *start -= (uint32_t)(second * (first + RAISED));
    return (uint32_t)first + ((uint32_t)second << 16);
}

// `values`: where the first window of the pixel begins. Both its sizes are odd, so the last tap has
// no partner.
static void load_pixel(const sn_first_layer *layer, const sn_first_layer_path *path,
                       const int16_t *values, uint32_t *words) {
    const uint32_t pitch = layer->pitch;
    const uint32_t columns = path->kernel_columns;
    tap_walk walk = {values, columns, columns, pitch - columns};
    uint32_t *to = words + WINDOWS;
    words[0] = words[1] = words[2] = words[3] = 0;
    for (uint32_t taps = path->kernel_rows * columns; taps > 1; taps -= 2, to += WINDOWS) {
        const int16_t *const first = next_tap(&walk);
        const int16_t *const second = next_tap(&walk);
        to[0] = join(&words[0], first[0], second[0]);
        to[1] = join(&words[1], first[1], second[1]);
        to[2] = join(&words[2], first[pitch], second[pitch]);
        to[3] = join(&words[3], first[pitch + 1], second[pitch + 1]);
    }
    const int16_t *const last = next_tap(&walk);
    to[0] = (uint32_t)last[0];
    to[1] = (uint32_t)last[1];
    to[2] = (uint32_t)last[pitch];
    to[3] = (uint32_t)last[pitch + 1];
}

uint32_t sn_first_layer_blocks(const sn_first_layer *layer, const sn_first_layer_path *path,
                               const int16_t *values, uint32_t *memory, int8_t *output) {
    const uint32_t pairs = (path->kernel_rows * path->kernel_columns + 1) / 2;
    uint32_t words[(1 + MOST_PAIRS) * WINDOWS];
    uint32_t column = 0;
    (void)memory;
    if (!path->pairs || layer->is_average) {
        return 0;
    }
    for (; column + 2 <= layer->width; column += 2, output += layer->channels) {
        const pixel_job job = {path->pairs, output, output + path->channels, words,
                               MOST_PAIRS - pairs};
        load_pixel(layer, path, values + column, words);
        run_channels(&job);
    }
    return column;
}
#endif
