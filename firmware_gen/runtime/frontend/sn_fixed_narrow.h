// The wide steps of sn_fixed.h by multiplications to 32 bits, same results: included by that file.
#ifndef SN_FIXED_NARROW_H
#define SN_FIXED_NARROW_H

#include <stdint.h>

#include "frontend/sn_frontend.h"

// value = high * 2^16 + low, low in -2^15..2^15 - 1.
typedef struct {
    int32_t high;
    int32_t low;
} sn_halves;

static inline sn_halves sn_split(int32_t value) {
    const int32_t low = (int16_t)(uint16_t)(uint32_t)value;
    return (sn_halves){(value - low) >> 16, low};
}

// high + (first + second) / 2^16 + low / 2^32, rounded down.
static inline int32_t sn_join(int32_t high, int32_t first, int32_t second, int32_t low) {
    const int32_t carried = first + (low >> 16);
    return high + (carried >> 16) + ((second + (carried & 0xFFFF)) >> 16);
}

// `b` is within +-2^30.6; any `a`: its lower half is taken as 0..2^16 - 1, so that none overflows.
static inline int32_t sn_product_floor(int32_t a, int32_t b) {
    const int32_t high = a >> 16;
    const int32_t low = a & 0xFFFF;
    const sn_halves v = sn_split(b);
    return sn_join(high * v.high, high * v.low, low * v.high, low * v.low);
}

// Every sum here fits 32 bits, because it is a part of a product of two complex numbers: 2^14.7
// (the upper halves of p) times 2^15.5 (lower halves of the twiddle), 2^15.5 times 2^15, and 2^15.5
// times 2^15.5, which would only reach 2^31 for a twiddle whose lower halves are both -2^15: none
// is.
static inline sn_point sn_half_product(sn_point p, sn_point twiddle) {
    const sn_halves r = sn_split(p.real);
    const sn_halves i = sn_split(p.imaginary);
    const sn_halves c = sn_split(twiddle.real);
    const sn_halves s = sn_split(twiddle.imaginary);
    return (sn_point){
        sn_join(r.high * c.high - i.high * s.high, r.high * c.low - i.high * s.low,
                r.low * c.high - i.low * s.high, r.low * c.low - i.low * s.low),
        sn_join(r.high * s.high + i.high * c.high, r.high * s.low + i.high * c.low,
                r.low * s.high + i.low * c.high, r.low * s.low + i.low * c.low),
    };
}

static inline uint64_t sn_square(sn_point p) {
    const uint32_t a = p.real < 0 ? 0u - (uint32_t)p.real : (uint32_t)p.real;
    const uint32_t b = p.imaginary < 0 ? 0u - (uint32_t)p.imaginary : (uint32_t)p.imaginary;
    const uint32_t a_high = a >> 16;
    const uint32_t a_low = a & 0xFFFFu;
    const uint32_t b_high = b >> 16;
    const uint32_t b_low = b & 0xFFFFu;
    // Below 2^32, as the modulus of p is below 2^30.7.
    const uint32_t mixed = a_high * a_low + b_high * b_low;
    const uint64_t outer = (uint64_t)(a_high * a_high + b_high * b_high) << 32;
    return outer + ((uint64_t)mixed << 17) + a_low * a_low + b_low * b_low;
}

#endif
