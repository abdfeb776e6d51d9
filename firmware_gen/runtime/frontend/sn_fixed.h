// Integer steps that C leaves open or awkward; the rest of this folder goes through them.
#ifndef SN_FIXED_H
#define SN_FIXED_H

#include <stdint.h>

#include "engine/sn_dsp.h"
#include "frontend/sn_frontend.h"

// For a step that a loop of every frame takes more than once: the call would cost a quarter of it.
#define SN_INLINE static inline __attribute__((always_inline))

// For a loop that needs all registers to itself.
#define SN_APART static __attribute__((noinline))

// |value|; the most negative value gives 2^31.
static inline uint32_t sn_absolute(int32_t value) {
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

// Bits that `value` needs, 0 for 0 (mfcc_kernels.py: bit_length).
static inline uint32_t sn_bit_length_32(uint32_t value) {
    return value == 0u ? 0u : 32u - (uint32_t)__builtin_clz(value);
}

static inline uint32_t sn_bit_length_64(uint64_t value) {
    const uint32_t high = (uint32_t)(value >> 32);
    return high != 0u ? 32u + sn_bit_length_32(high) : sn_bit_length_32((uint32_t)value);
}

// value * 2^shift for shift 0..30; the caller knows that the result fits.
static inline int32_t sn_scale_up(int32_t value, uint32_t shift) {
    return value * (int32_t)(1u << shift);
}

// value / 2^shift, rounded down, as Python's value >> shift: the compilers used here shift
// negative numbers arithmetically.
static inline int32_t sn_shift_down(int32_t value, uint32_t shift) {
    return value >> shift;
}

// The bits of a value, a negative one inverted: when they need n bits, the value lies in
// -2^n..2^n - 1.
static inline uint32_t sn_value_bits(int32_t value) {
    return (uint32_t)(value ^ sn_shift_down(value, 31u));
}

// sample * weight / 2^16, rounded down, of a sample of 16 bits.
static inline int32_t sn_weighted(int32_t sample, int32_t weight) {
    return sample * sn_shift_down(weight, 16u) + sn_shift_down(sample * (weight & 0xFFFF), 16u);
}

// Cores of the Cortex-M0 kind multiply to 32 bits only: there, words are taken in parts.
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define SN_NARROW 1
#else
#define SN_NARROW 0
#endif

#if SN_NARROW
#include "frontend/sn_fixed_narrow.h"
#else
// (a b + c d) / 2^32, rounded down; the sum fits 64 bits.
static inline int32_t sn_high_of_sum(int32_t a, int32_t b, int32_t c, int32_t d) {
#if SN_DSP  // the register of the lower half is soon free again
    int32_t low;
    int32_t high;
    __asm__("smull %0, %1, %2, %3\n\tsmlal %0, %1, %4, %5"
            : "=&r"(low), "=&r"(high)
            : "r"(a), "r"(b), "r"(c), "r"(d));
    return high;
#else
    return (int32_t)(((int64_t)a * b + (int64_t)c * d) >> 32);
#endif
}

// Half the product with a Q31 twiddle (mfcc_kernels.py: _rotated_half). Parts within +-2^30.6.
static inline sn_point sn_half_product(sn_point p, sn_point twiddle) {
    return (sn_point){
        sn_high_of_sum(p.real, twiddle.real, -p.imaginary, twiddle.imaginary),
        sn_high_of_sum(p.real, twiddle.imaginary, p.imaginary, twiddle.real),
    };
}

// a b / 2^32, rounded down; b within +-2^30.6.
static inline int32_t sn_product_floor(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b) >> 32);
}

// The square of the modulus; parts within +-2^30.6.
static inline uint64_t sn_square(sn_point p) {
    return (uint64_t)((int64_t)p.real * p.real) + (uint64_t)((int64_t)p.imaginary * p.imaginary);
}
#endif

// The upper word of (high : low) << shift for shift 0..31.
static inline uint32_t sn_high_word(uint32_t high, uint32_t low, uint32_t shift) {
#if SN_DSP  // unlike C, the core shifts by 32, too
    uint32_t part;
    __asm__("rsb %0, %2, #32\n\tlsr %0, %1, %0" : "=&r"(part) : "r"(low), "r"(shift));
    return high << shift | part;
#else
    return high << shift | (low >> 1) >> (31u - shift);
#endif
}

static inline uint32_t sn_smaller(uint32_t left, uint32_t right) {
    return left < right ? left : right;
}

#endif
