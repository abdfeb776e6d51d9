#include "engine/sn_dsp.h"
#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// The cosine of an eighth of a turn, Q31: the twiddle of a point of the third stage is
// (EIGHTH, -EIGHTH).
#define EIGHTH 1518500250

static sn_point halved(sn_point p) {
    return (sn_point){sn_shift_down(p.real, 1u), sn_shift_down(p.imaginary, 1u)};
}

static sn_point sum(sn_point a, sn_point b) {
    return (sn_point){a.real + b.real, a.imaginary + b.imaginary};
}

static sn_point difference(sn_point a, sn_point b) {
    return (sn_point){a.real - b.real, a.imaginary - b.imaginary};
}

// Half the product with -i.
static sn_point turned_quarter(sn_point p) {
    return halved((sn_point){p.imaginary, -p.real});
}

// Half the products with the twiddle of an eighth of a turn, and with that of three eighths. One
// multiplication for each part: after two stages these lie in -2^30..2^30 - 1, so that sums fit.
static sn_point turned_eighth(sn_point p) {
    return (sn_point){sn_product_floor(p.real + p.imaginary, EIGHTH),
                      sn_product_floor(p.imaginary - p.real, EIGHTH)};
}

static sn_point turned_three_eighths(sn_point p) {
    return (sn_point){sn_product_floor(p.imaginary - p.real, EIGHTH),
                      sn_product_floor(p.real + p.imaginary, -EIGHTH)};
}

static void butterfly(sn_point *p, uint32_t half, sn_point turned) {
    const sn_point kept = halved(p[0]);
    p[0] = sum(kept, turned);
    p[half] = difference(kept, turned);
}

// Two stages of radix 2 on the points 0, half, 2 half and 3 half from `p`, loaded and stored once,
// for twiddles of 1, which Q31 cannot hold. The first stage pairs neighbours, the second one those
// two apart.
static void two_stages_straight(sn_point *p, uint32_t half) {
    const sn_point a = halved(p[0]);
    const sn_point b = halved(p[half]);
    const sn_point c = halved(p[2u * half]);
    const sn_point d = halved(p[3u * half]);
    const sn_point even = halved(sum(a, b));
    const sn_point odd = halved(difference(a, b));
    const sn_point even_turned = halved(sum(c, d));
    const sn_point odd_turned = turned_quarter(difference(c, d));
    p[0] = sum(even, even_turned);
    p[half] = sum(odd, odd_turned);
    p[2u * half] = difference(even, even_turned);
    p[3u * half] = difference(odd, odd_turned);
}

#if SN_DSP
// Two stages on the places 1..half - 1 of all groups, as two_stages below. A place's twiddles lie
// in r1 to r4 while its groups pass; r1 takes lower halves of products in the second stage and
// comes back from s0. A product of two registers leaves its parts in the first and in a third one.
#define SN_FFT_TURNED_PLACES(half)                                                                 \
    static SN_NAKED void turned_places_##half(sn_point *points __attribute__((unused)),            \
                                              const sn_point *twiddles __attribute__((unused))) {  \
        __asm__("push {r4-r11, lr}\n\t"                                                            \
                "add r2, r0, #4096 - 32 * " #half "\n\t" /* the last group */                      \
                "vmov s1, r2\n\t"                                                                  \
                "add r5, r1, #4096 / " #half "\n\t" /* the first stage's twiddle */                \
                "add r6, r1, #2048 / " #half "\n\t" /* the second stage's */                       \
                "mov r2, #" #half " - 1\n\t"                                                       \
                "vmov s4, r2\n\t"                                                                  \
                "add r0, #8\n"                                                                     \
                "1:\n\t"                                                                           \
                "ldr r1, [r5]\n\t"                                                                 \
                "ldr r2, [r5, #4]\n\t"                                                             \
                "ldr r3, [r6]\n\t"                                                                 \
                "ldr r4, [r6, #4]\n\t"                                                             \
                "add r5, #4096 / " #half "\n\t"                                                    \
                "add r6, #2048 / " #half "\n\t"                                                    \
                "vmov s0, r1\n\t"                                                                  \
                "vmov s2, r5\n\t"                                                                  \
                "vmov s3, r6\n"                                                                    \
                "2:\n\t"                                                                           \
                "ldr r5, [r0, #8 * " #half "]\n\t"                                                 \
                "ldr r6, [r0, #8 * " #half " + 4]\n\t"                                             \
                "ldr r8, [r0, #24 * " #half "]\n\t"                                                \
                "ldr r9, [r0, #24 * " #half " + 4]\n\t"                                            \
                "smull lr, r7, r5, r2\n\t" /* b turned: r5, r7 */                                  \
                "smlal lr, r7, r6, r1\n\t"                                                         \
                "rsb r6, r6, #0\n\t"                                                               \
                "smull lr, r5, r5, r1\n\t"                                                         \
                "smlal lr, r5, r6, r2\n\t"                                                         \
                "smull lr, r10, r8, r2\n\t" /* d turned: r8, r10 */                                \
                "smlal lr, r10, r9, r1\n\t"                                                        \
                "rsb r9, r9, #0\n\t"                                                               \
                "smull lr, r8, r8, r1\n\t"                                                         \
                "smlal lr, r8, r9, r2\n\t"                                                         \
                "ldr r6, [r0]\n\t" /* a */                                                         \
                "ldr r9, [r0, #4]\n\t"                                                             \
                "ldr r11, [r0, #16 * " #half "]\n\t" /* c */                                       \
                "ldr r12, [r0, #16 * " #half " + 4]\n\t"                                           \
                "add lr, r8, r11, asr #1\n\t" /* c / 2 + d: lr, r11; the difference: r8, r10 */    \
                "rsb r8, r8, r11, asr #1\n\t"                                                      \
                "add r11, r10, r12, asr #1\n\t"                                                    \
                "rsb r10, r10, r12, asr #1\n\t"                                                    \
                "smull r1, r12, lr, r4\n\t" /* the sum turned: lr, r12 */                          \
                "smlal r1, r12, r11, r3\n\t"                                                       \
                "rsb r11, r11, #0\n\t"                                                             \
                "smull r1, lr, lr, r3\n\t"                                                         \
                "smlal r1, lr, r11, r4\n\t"                                                        \
                "add r11, r5, r6, asr #1\n\t" /* a / 2 + b: r11, r6; the difference: r5, r7 */     \
                "rsb r5, r5, r6, asr #1\n\t"                                                       \
                "add r6, r7, r9, asr #1\n\t"                                                       \
                "rsb r7, r7, r9, asr #1\n\t"                                                       \
                "add r9, lr, r11, asr #1\n\t"                                                      \
                "rsb lr, lr, r11, asr #1\n\t"                                                      \
                "add r11, r12, r6, asr #1\n\t"                                                     \
                "rsb r12, r12, r6, asr #1\n\t"                                                     \
                "str r9, [r0]\n\t"                                                                 \
                "str r11, [r0, #4]\n\t"                                                            \
                "str lr, [r0, #16 * " #half "]\n\t"                                                \
                "str r12, [r0, #16 * " #half " + 4]\n\t"                                           \
                "smull r1, r9, r10, r3\n\t" /* the difference turned further: r9, r11 */           \
                "smlal r1, r9, r8, r4\n\t"                                                         \
                "rsb r8, r8, #0\n\t"                                                               \
                "smull r1, r11, r10, r4\n\t"                                                       \
                "smlal r1, r11, r8, r3\n\t"                                                        \
                "add r6, r9, r5, asr #1\n\t"                                                       \
                "rsb r9, r9, r5, asr #1\n\t"                                                       \
                "add r8, r11, r7, asr #1\n\t"                                                      \
                "rsb r11, r11, r7, asr #1\n\t"                                                     \
                "vmov lr, s1\n\t"                                                                  \
                "vmov r1, s0\n\t"                                                                  \
                "cmp r0, lr\n\t"                                                                   \
                "str r6, [r0, #8 * " #half "]\n\t"                                                 \
                "str r8, [r0, #8 * " #half " + 4]\n\t"                                             \
                "str r9, [r0, #24 * " #half "]\n\t"                                                \
                "str r11, [r0, #24 * " #half " + 4]\n\t"                                           \
                "add r0, r0, #32 * " #half "\n\t"                                                  \
                "blo 2b\n\t"                                                                       \
                "vmov r7, s4\n\t"                                                                  \
                "vmov r5, s2\n\t"                                                                  \
                "vmov r6, s3\n\t"                                                                  \
                "sub r0, r0, #4088\n\t"                                                            \
                "subs r7, #1\n\t"                                                                  \
                "vmov s4, r7\n\t"                                                                  \
                "bne 1b\n\t"                                                                       \
                "pop {r4-r11, pc}");                                                               \
    }

SN_FFT_TURNED_PLACES(8)
SN_FFT_TURNED_PLACES(32)
SN_FFT_TURNED_PLACES(128)

static void turned_places(sn_point *points, uint32_t half, const sn_point *twiddles) {
    if (half == 8u) {
        turned_places_8(points, twiddles);
    } else if (half == 32u) {
        turned_places_32(points, twiddles);
    } else {
        turned_places_128(points, twiddles);
    }
}
#else
static void two_stages(sn_point *p, uint32_t half, sn_point first, sn_point second) {
    const sn_point a = halved(p[0]);
    const sn_point b = sn_half_product(p[half], first);
    const sn_point c = halved(p[2u * half]);
    const sn_point d = sn_half_product(p[3u * half], first);
    const sn_point even = halved(sum(a, b));
    const sn_point odd = halved(difference(a, b));
    const sn_point even_turned = sn_half_product(sum(c, d), second);
    const sn_point last = difference(c, d);
    const sn_point odd_turned = sn_half_product((sn_point){last.imaginary, -last.real}, second);
    p[0] = sum(even, even_turned);
    p[half] = sum(odd, odd_turned);
    p[2u * half] = difference(even, even_turned);
    p[3u * half] = difference(odd, odd_turned);
}

// Two stages on the places 1..half - 1 of all groups.
static void turned_places(sn_point *points, uint32_t half, const sn_point *twiddles) {
    const uint32_t step = SN_FFT_POINTS / half;
    for (uint32_t place = 1u; place < half; place++) {
        const sn_point first = twiddles[step * place];
        const sn_point second = twiddles[step / 2u * place];
        for (uint32_t group = place; group < SN_FFT_POINTS; group += 4u * half) {
            two_stages(points + group, half, first, second);
        }
    }
}
#endif

static sn_point scaled_half(sn_point p, int32_t factor) {
    return halved((sn_point){p.real * factor, p.imaginary * factor});
}

// The first two stages on four neighbours that are scaled by `factor` on the way.
SN_INLINE void first_two_stages(sn_point *p, int32_t factor) {
    const sn_point a = scaled_half(p[0], factor);
    const sn_point b = scaled_half(p[1], factor);
    const sn_point c = scaled_half(p[2], factor);
    const sn_point d = scaled_half(p[3], factor);
    const sn_point even = halved(sum(a, b));
    const sn_point odd = halved(difference(a, b));
    const sn_point even_other = halved(sum(c, d));
    const sn_point odd_other = turned_quarter(difference(c, d));
    p[0] = sum(even, even_other);
    p[1] = sum(odd, odd_other);
    p[2] = difference(even, even_other);
    p[3] = difference(odd, odd_other);
}

static void three_stages(sn_point *p, int32_t factor) {
    first_two_stages(p, factor);
    first_two_stages(p + 4, factor);
    butterfly(p, 4u, halved(p[4]));
    butterfly(p + 1, 4u, turned_eighth(p[5]));
    butterfly(p + 2, 4u, turned_quarter(p[6]));
    butterfly(p + 3, 4u, turned_three_eighths(p[7]));
}

void sn_fft(sn_point *points, uint32_t shift, const sn_point *twiddles) {
    for (uint32_t n = 0u; n < SN_FFT_POINTS; n += 8u) {
        three_stages(points + n, (int32_t)(1u << shift));
    }
    for (uint32_t half = 8u; half < SN_FFT_POINTS; half *= 4u) {
        for (uint32_t group = 0u; group < SN_FFT_POINTS; group += 4u * half) {
            two_stages_straight(points + group, half);
        }
        turned_places(points, half, twiddles);
    }
}
