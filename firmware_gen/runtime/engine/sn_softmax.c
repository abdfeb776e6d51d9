#include "engine/sn_softmax.h"

#include "engine/sn_requantize.h"

// The sum of the exponentials has 12 integer bits.
#define SUM_BITS 12

static uint32_t difference_to(int32_t largest, int8_t logit) {
    return (uint32_t)(largest - logit);
}

static int32_t leading_zeros(uint32_t value) {
    int32_t count = 0;
    for (; !(value & 0x80000000u); value <<= 1) {
        ++count;
    }
    return count;
}

// 1 / (1 + value), Q0.31 in and out, by Newton-Raphson in Q2.29. Python: kernels._reciprocal.
static int32_t reciprocal(int32_t value) {
    const int32_t half = (int32_t)(((uint32_t)value + 0x80000000u) >> 1);
    int32_t x = 1515870810 + sn_doubling_high_mul(half, -1010580540);
    for (int32_t step = 0; step < 3; ++step) {
        const int32_t error = (1 << 29) - sn_doubling_high_mul(half, x);
        x += sn_saturating_shift_left(sn_doubling_high_mul(x, error), 2);
    }
    return sn_saturating_shift_left(x, 1);
}

void sn_softmax_run(const sn_softmax *softmax, const int8_t *input, int8_t *output) {
    int32_t largest = INT8_MIN;
    for (uint32_t i = 0; i < softmax->count; ++i) {
        largest = input[i] > largest ? input[i] : largest;
    }
    int32_t sum = 0;
    for (uint32_t i = 0; i < softmax->count; ++i) {
        const int32_t power = softmax->exponentials[difference_to(largest, input[i])];
        sum += sn_rounding_shift_right(power, SUM_BITS);
    }
    const int32_t headroom = leading_zeros((uint32_t)sum);
    const int32_t scale = reciprocal((int32_t)(((uint32_t)sum << headroom) & 0x7fffffffu));
    for (uint32_t i = 0; i < softmax->count; ++i) {
        const int32_t power = softmax->exponentials[difference_to(largest, input[i])];
        const int32_t scaled = sn_rounding_shift_right(sn_doubling_high_mul(power, scale),
                                                       31 - 8 + SUM_BITS - headroom);
        output[i] = sn_clamp(scaled + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}
