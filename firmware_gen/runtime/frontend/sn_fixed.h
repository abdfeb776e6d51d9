// Integer steps that C leaves open or awkward; the rest of this folder goes through them.
#ifndef SN_FIXED_H
#define SN_FIXED_H

#include <stdint.h>

#include "frontend/sn_frontend.h"

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

// The upper half of a 64-bit sum of products: divided by 2^32, rounded down.
static inline int32_t sn_high_half(int64_t value) {
    return (int32_t)(value >> 32);
}

// Half the product with a Q31 twiddle (mfcc_kernels.py: _rotated_half). Parts within +-2^30.6.
static inline sn_point sn_half_product(sn_point p, sn_point twiddle) {
    const int32_t minus_imaginary = -p.imaginary;
    const int64_t real =
        (int64_t)p.real * twiddle.real + (int64_t)minus_imaginary * twiddle.imaginary;
    const int64_t imaginary =
        (int64_t)p.real * twiddle.imaginary + (int64_t)p.imaginary * twiddle.real;
    return (sn_point){sn_high_half(real), sn_high_half(imaginary)};
}

static inline uint32_t sn_smaller(uint32_t left, uint32_t right) {
    return left < right ? left : right;
}

#endif
