#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// Both points halved: their sum goes to `a`, their difference to `b`.
static void butterfly(int32_t *a, int32_t *b, int32_t turned_real, int32_t turned_imaginary) {
    const int32_t real = sn_shift_down(a[0], 1u);
    const int32_t imaginary = sn_shift_down(a[1], 1u);
    a[0] = real + turned_real;
    a[1] = imaginary + turned_imaginary;
    b[0] = real - turned_real;
    b[1] = imaginary - turned_imaginary;
}

// The points that lie `half` apart at the same place of each group, with their common twiddle.
static void turn_and_combine(int32_t *points, uint32_t half, uint32_t place, int32_t cosine,
                             int32_t minus_sine) {
    for (uint32_t group = 0u; group < SN_FFT_POINTS; group += 2u * half) {
        int32_t *a = points + 2u * (group + place);
        int32_t *b = a + 2u * half;
        const int64_t real = b[0];
        const int64_t imaginary = b[1];
        butterfly(a, b, sn_high_half(real * cosine - imaginary * minus_sine),
                  sn_high_half(real * minus_sine + imaginary * cosine));
    }
}

// The same for a twiddle of 1, which Q31 cannot hold.
static void combine(int32_t *points, uint32_t half) {
    for (uint32_t group = 0u; group < SN_FFT_POINTS; group += 2u * half) {
        int32_t *a = points + 2u * group;
        int32_t *b = a + 2u * half;
        butterfly(a, b, sn_shift_down(b[0], 1u), sn_shift_down(b[1], 1u));
    }
}

void sn_fft(int32_t *points, const int32_t *twiddles) {
    for (uint32_t half = 1u; half < SN_FFT_POINTS; half *= 2u) {
        combine(points, half);
        const uint32_t step = 2u * (SN_FFT_POINTS / half);
        for (uint32_t place = 1u; place < half; place++) {
            const int32_t *twiddle = twiddles + step * place;
            turn_and_combine(points, half, place, twiddle[0], twiddle[1]);
        }
    }
}
