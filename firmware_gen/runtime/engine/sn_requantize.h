// Rounding, shifts of negative values, and saturation: nowhere else in the engine.
// Each function mirrors the one of the same name in sernet_cal/requantize.py, unless noted.
#ifndef SN_REQUANTIZE_H
#define SN_REQUANTIZE_H

#include <stdint.h>

// C99 leaves the right shift of a negative value to the compiler; the array size is -1, an error,
// where it does not keep the sign.
typedef char sn_assert_arithmetic_shift[((-1 >> 1) == -1) ? 1 : -1];

// Python: clamp.
static inline int8_t sn_clamp(int32_t value, int32_t low, int32_t high) {
    const int32_t raised = value < low ? low : value;
    return (int8_t)(raised > high ? high : raised);
}

// round(value * multiplier / 2^31), halves up. Python: doubling_high_mul.
static inline int32_t sn_doubling_high_mul(int32_t value, int32_t multiplier) {
    return (int32_t)(((int64_t)value * multiplier + (1 << 30)) >> 31);
}

// The same where |value| <= 2^30 and multiplier >= 0. Cores without long products take four of 16
// bits: value is high * 2^16 + low with a signed low half, so that nothing overflows.
static inline int32_t sn_scale(int32_t value, int32_t multiplier) {
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
    const int32_t low = (int16_t)(uint16_t)((uint32_t)value & 0xffffu);
    const int32_t high = (value - low) >> 16;
    const int32_t small = multiplier & 0xffff;
    const int32_t large = multiplier >> 16;
    const int32_t middle = high * small + low * large + (low * small >> 16);
    return 2 * (high * large) + ((middle + 0x4000) >> 15);
#else
    return sn_doubling_high_mul(value, multiplier);
#endif
}

// round(value / 2^shift), halves away from zero; shift 0..31. Python: rounding_shift_right.
static inline int32_t sn_rounding_shift_right(int32_t value, int32_t shift) {
    const int32_t mask = (int32_t)((1u << shift) - 1u);
    const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
    return (value >> shift) + ((value & mask) > threshold ? 1 : 0);
}

// value * multiplier * 2^(shift - 31), rounded twice (profile DOUBLE). |value| * 2^max(shift, 0)
// stays below 2^30 (read_qmodel sees to it). Python: multiply_double_rounding.
static inline int32_t sn_multiply_double_rounding(int32_t value, int32_t multiplier,
                                                  int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t product = sn_scale(value * (1 << left), multiplier);
    return sn_rounding_shift_right(product, left - shift);
}

// 2^right / 2 - 128 * 2^right, rounded down; right 0..23. No Python twin.
static inline int32_t sn_plain_round(int32_t right) {
    return (-255 * (1 << right)) >> 1;
}

// What that product (`shift` -23..0), a zero point of -128 and the clamp to an int8 come to, with
// `right` = -shift and `round` = 2^right / 2 - 128 * 2^right. Halves of negative values are rounded
// up, which no longer shows: all values below 0 are clamped to the zero point. No Python twin.
static inline int8_t sn_requantize_plain(int32_t value, int32_t multiplier, int32_t round,
                                         int32_t right) {
    return sn_clamp((sn_scale(value, multiplier) + round) >> right, INT8_MIN, INT8_MAX);
}

// The same product rounded once, halves up (profile SINGLE); shift -31..30.
// Python: multiply_single_rounding.
static inline int32_t sn_multiply_single_rounding(int32_t value, int32_t multiplier,
                                                  int32_t shift) {
    const int32_t total = 31 - shift;
    const int64_t half = (int64_t)1 << (total - 1);
    return (int32_t)(((int64_t)value * multiplier + half) >> total);
}

// value / count, halves away from zero; count > 0. Python: kernels.divide_rounding.
static inline int32_t sn_divide_rounding(int32_t value, int32_t count) {
    const int32_t half = count / 2;
    return (value + (value > 0 ? half : -half)) / count;
}

// value * 2^shift held to the range of an int32. Python: kernels._saturate.
static inline int32_t sn_saturating_shift_left(int32_t value, int32_t shift) {
    const int64_t wide = (int64_t)value * ((int64_t)1 << shift);
    if (wide > INT32_MAX) {
        return INT32_MAX;
    }
    return wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

#endif
