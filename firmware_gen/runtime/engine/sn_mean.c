#include "engine/sn_mean.h"

#include "engine/sn_requantize.h"

void sn_mean_begin(const sn_mean *mean, int32_t *sums) {
    for (uint32_t channel = 0; channel < mean->channels; ++channel) {
        sums[channel] = 0;
    }
}

void sn_mean_add_row(const sn_mean *mean, const int8_t *row, int32_t *sums) {
    for (uint32_t pixel = 0; pixel < mean->width; ++pixel, row += mean->channels) {
        for (uint32_t channel = 0; channel < mean->channels; ++channel) {
            sums[channel] += row[channel] - mean->input_zero;
        }
    }
}

static int32_t floor_log2(uint32_t value) {
    int32_t result = 0;
    for (; value > 1; value >>= 1) {
        ++result;
    }
    return result;
}

// floor(value * 2^shift / divisor), bit by bit: a 64-bit division would need the C library.
static int32_t shifted_quotient(uint32_t value, int32_t shift, uint32_t divisor) {
    uint32_t quotient = value / divisor;
    uint32_t remainder = value % divisor;
    for (; shift > 0; --shift) {
        quotient <<= 1;
        remainder <<= 1;
        if (remainder >= divisor) {
            remainder -= divisor;
            quotient |= 1u;
        }
    }
    return (int32_t)quotient;
}

// The multiplier takes the division by the number of pixels in, as the Python's
// kernels.mean_multiplier does.
void sn_mean_finish(const sn_mean *mean, const int32_t *sums, uint32_t row_count, int8_t *output) {
    const uint32_t pixels = row_count * mean->width;
    const int32_t largest = 31 + mean->shift;
    int32_t shift = floor_log2(pixels);
    shift = shift < largest ? shift : largest;
    const int32_t multiplier = shifted_quotient((uint32_t)mean->multiplier, shift, pixels);
    for (uint32_t channel = 0; channel < mean->channels; ++channel) {
        const int32_t scaled =
            sn_multiply_double_rounding(sums[channel], multiplier, mean->shift - shift);
        output[channel] = sn_clamp(scaled + mean->output_zero, INT8_MIN, INT8_MAX);
    }
}
