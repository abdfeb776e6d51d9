#include "frontend/sn_kernels.h"

// Half away from zero, as TFLite quantizes.
static int32_t round_shift(int64_t value, uint32_t shift) {
    const int64_t half = (int64_t)1 << (shift - 1u);
    const int64_t magnitude = ((value < 0 ? -value : value) + half) >> shift;
    return (int32_t)(value < 0 ? -magnitude : magnitude);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

void sn_quantize(int8_t *row, const int32_t *sums, const sn_frontend *frontend) {
    for (uint32_t k = 0u; k < SN_COEFFICIENTS; k++) {
        const int64_t scaled = (int64_t)sums[k] * frontend->multiplier[k] + frontend->offset[k];
        const int64_t clipped = clamp(scaled, -frontend->limit, frontend->limit);
        const int32_t step = round_shift(clipped, frontend->shift) + frontend->zero_point;
        row[k] = (int8_t)clamp(step, INT8_MIN, INT8_MAX);
    }
}
