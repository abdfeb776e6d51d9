#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// 2^(7 - shift / 2) times the square root of `mantissa` / 2^30, which is 2^30..2^32 - 1; by table
// (Q24, from 1.0 on) with linear interpolation.
SN_INLINE uint32_t root_of(uint32_t mantissa, uint32_t shift, const uint32_t *square_roots) {
    const uint32_t *entry = square_roots + ((mantissa - (64u << 24)) >> 24);
    const uint32_t fraction = (mantissa >> 10) & 0x3FFFu;
    const uint32_t root = entry[0] + (((entry[1] - entry[0]) * fraction) >> 14);
    return (root << 7) >> (shift / 2u);
}

// The same for a square of 32 bits.
SN_INLINE int32_t small_magnitude(uint32_t square, const uint32_t *square_roots) {
    if (square == 0u) {
        return 0;
    }
    const uint32_t shift = (uint32_t)__builtin_clz(square) & ~1u;
    return (int32_t)(root_of(square << shift, shift, square_roots) >> 16);
}

// The modulus of a number whose parts are within +-2^30.6; relative error below 8e-6. An even shift
// brings the square into 2^62..2^64; the root then moves by half of it.
SN_INLINE int32_t magnitude(int32_t real, int32_t imaginary, const uint32_t *square_roots) {
    const uint64_t square = sn_square((sn_point){real, imaginary});
    const uint32_t high = (uint32_t)(square >> 32);
    const uint32_t low = (uint32_t)square;
    if (high == 0u) {
        return small_magnitude(low, square_roots);
    }
    const uint32_t shift = (uint32_t)__builtin_clz(high) & ~1u;
    return (int32_t)root_of(sn_high_word(high, low, shift), shift, square_roots);
}

// Bins k and 512 - k from the packed points of the same places. The even samples' spectrum is
// (a + conj b) / 2, the odd samples' (a - conj b) / 2i; the latter is turned by the twiddle.
static void unpack_pair(sn_point *low, sn_point *high, sn_point twiddle,
                        const uint32_t *square_roots) {
    const sn_point a = {sn_shift_down(low->real, 1u), sn_shift_down(low->imaginary, 1u)};
    const sn_point b = {sn_shift_down(high->real, 1u), sn_shift_down(high->imaginary, 1u)};
    const sn_point even = {sn_shift_down(a.real + b.real, 1u),
                           sn_shift_down(a.imaginary - b.imaginary, 1u)};
    const sn_point odd = {a.imaginary + b.imaginary, b.real - a.real};
    const sn_point turned = sn_half_product(odd, twiddle);
    low->real = magnitude(even.real + turned.real, even.imaginary + turned.imaginary, square_roots);
    high->real =
        magnitude(even.real - turned.real, even.imaginary - turned.imaginary, square_roots);
}

void sn_spectrum(sn_point *points, const sn_frontend *frontend) {
    const uint32_t middle = SN_FFT_POINTS / 2u;
    for (uint32_t k = frontend->first_bin; k < middle; k++) {
        unpack_pair(points + k, points + SN_FFT_POINTS - k, frontend->twiddles[k],
                    frontend->square_roots);
    }
    sn_point *centre = points + middle;
    centre->real = magnitude(sn_shift_down(centre->real, 1u), sn_shift_down(centre->imaginary, 1u),
                             frontend->square_roots);
}
