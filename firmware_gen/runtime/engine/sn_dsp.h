// Whether the kernels run assembly: SN_DSP is 1 on M-profile cores with the DSP instructions and an
// FPU, whose registers hold what does not fit elsewhere; SN_MVE is 1 as well on those with Helium.
// -DSN_PORTABLE builds the C beside it.
#ifndef SN_DSP_H
#define SN_DSP_H

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FP) && defined(__thumb2__) && !defined(SN_PORTABLE)
#define SN_DSP 1
#else
#define SN_DSP 0
#endif

// On Armv6-M, whose Thumb has no more than the plain instructions.
#if defined(__ARM_ARCH_6M__) && !defined(SN_PORTABLE)
#define SN_V6M 1
#else
#define SN_V6M 0
#endif

#if SN_DSP && defined(__ARM_FEATURE_MVE)
#define SN_MVE 1
#else
#define SN_MVE 0
#endif

// A function of assembly alone: the compiler adds nothing, clang takes nothing else in it.
#define SN_NAKED __attribute__((naked, noinline))

#if SN_DSP
#include <stdint.h>

// Bytes 0 and 2 of four int8 as two int16; and bytes 1 and 3.
static inline uint32_t sn_widen_even(uint32_t bytes) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline uint32_t sn_widen_odd(uint32_t bytes) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

// The same, added to two int16, which must not overflow.
static inline uint32_t sn_add_even(uint32_t pair, uint32_t bytes) {
    uint32_t sum;
    __asm__("sxtab16 %0, %1, %2" : "=r"(sum) : "r"(pair), "r"(bytes));
    return sum;
}

static inline uint32_t sn_add_odd(uint32_t pair, uint32_t bytes) {
    uint32_t sum;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sum) : "r"(pair), "r"(bytes));
    return sum;
}

// The larger of each two of four int8.
static inline uint32_t sn_larger_bytes(uint32_t a, uint32_t b) {
    uint32_t larger;
    __asm__("ssub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b) : "cc");
    return larger;
}

// round(a * b / 2^32), halves up.
static inline int32_t sn_high_product(int32_t a, int32_t b) {
    int32_t product;
    __asm__("smmulr %0, %1, %2" : "=r"(product) : "r"(a), "r"(b));
    return product;
}

static inline int8_t sn_saturate_byte(int32_t value) {
    int32_t saturated;
    __asm__("ssat %0, #8, %1" : "=r"(saturated) : "r"(value));
    return (int8_t)saturated;
}

// (a + b) / 2 downwards for each of two int16, without overflow.
static inline uint32_t sn_half_sums(uint32_t a, uint32_t b) {
    uint32_t sums;
    __asm__("shadd16 %0, %1, %2" : "=r"(sums) : "r"(a), "r"(b));
    return sums;
}

// For each of two int16 in `pair` that of `from`, or, where it is negative, that of `other`.
static inline uint32_t sn_choose_by_sign(uint32_t pair, uint32_t from, uint32_t other) {
    uint32_t chosen;
    __asm__("ssub16 %0, %1, %4\n sel %0, %2, %3"
            : "=&r"(chosen)
            : "r"(pair), "r"(from), "r"(other), "r"(0)
            : "cc");
    return chosen;
}

// Bytes 0 and 2 of `even` and of `odd` in turn.
static inline uint32_t sn_join_bytes(uint32_t even, uint32_t odd) {
    const uint32_t mask = 0x00ff00ffu;
    return (even & mask) | (odd & mask) << 8;
}
#endif

#endif
