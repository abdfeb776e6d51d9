#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

static sn_point halved(sn_point p) {
    return (sn_point){sn_shift_down(p.real, 1u), sn_shift_down(p.imaginary, 1u)};
}

static sn_point sum(sn_point a, sn_point b) {
    return (sn_point){a.real + b.real, a.imaginary + b.imaginary};
}

static sn_point difference(sn_point a, sn_point b) {
    return (sn_point){a.real - b.real, a.imaginary - b.imaginary};
}

// Half the product with -i times the twiddle.
static sn_point turned_further(sn_point p, sn_point twiddle) {
    return sn_half_product((sn_point){p.imaginary, -p.real}, twiddle);
}

// Two stages of radix 2 on the points 0, half, 2 half and 3 half from `p`, loaded and stored once.
// The first stage pairs neighbours, the second one those two apart.
static void two_stages(sn_point *p, uint32_t half, sn_point first, sn_point second) {
    const sn_point a = halved(p[0]);
    const sn_point b = sn_half_product(p[half], first);
    const sn_point c = halved(p[2u * half]);
    const sn_point d = sn_half_product(p[3u * half], first);
    const sn_point even = halved(sum(a, b));
    const sn_point odd = halved(difference(a, b));
    const sn_point even_turned = sn_half_product(sum(c, d), second);
    const sn_point odd_turned = turned_further(difference(c, d), second);
    p[0] = sum(even, even_turned);
    p[half] = sum(odd, odd_turned);
    p[2u * half] = difference(even, even_turned);
    p[3u * half] = difference(odd, odd_turned);
}

// The same for twiddles of 1, which Q31 cannot hold.
static void two_stages_straight(sn_point *p, uint32_t half) {
    const sn_point a = halved(p[0]);
    const sn_point b = halved(p[half]);
    const sn_point c = halved(p[2u * half]);
    const sn_point d = halved(p[3u * half]);
    const sn_point even = halved(sum(a, b));
    const sn_point odd = halved(difference(a, b));
    const sn_point even_turned = halved(sum(c, d));
    const sn_point last = difference(c, d);
    const sn_point odd_turned = halved((sn_point){last.imaginary, -last.real});
    p[0] = sum(even, even_turned);
    p[half] = sum(odd, odd_turned);
    p[2u * half] = difference(even, even_turned);
    p[3u * half] = difference(odd, odd_turned);
}

void sn_fft(sn_point *points, const sn_point *twiddles) {
    for (uint32_t n = 0u; n < SN_FFT_POINTS; n += 2u) {
        const sn_point a = halved(points[n]);
        const sn_point b = halved(points[n + 1u]);
        points[n] = sum(a, b);
        points[n + 1u] = difference(a, b);
    }
    for (uint32_t half = 2u; half < SN_FFT_POINTS; half *= 4u) {
        for (uint32_t group = 0u; group < SN_FFT_POINTS; group += 4u * half) {
            two_stages_straight(points + group, half);
        }
        const uint32_t step = SN_FFT_POINTS / half;
        for (uint32_t place = 1u; place < half; place++) {
            const sn_point first = twiddles[step * place];
            const sn_point second = twiddles[step / 2u * place];
            for (uint32_t group = place; group < SN_FFT_POINTS; group += 4u * half) {
                two_stages(points + group, half, first, second);
            }
        }
    }
}
