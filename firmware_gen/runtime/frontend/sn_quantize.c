#include "frontend/sn_kernels.h"

static int32_t clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

// Half away from zero, as TFLite quantizes; a magnitude above `limit` is cut.
static int32_t rounded_step(int64_t scaled, uint64_t limit, uint32_t shift) {
    const uint64_t magnitude = scaled < 0 ? 0u - (uint64_t)scaled : (uint64_t)scaled;
    const uint64_t clipped = magnitude > limit ? limit : magnitude;
    const int32_t step = (int32_t)((clipped + ((uint64_t)1 << (shift - 1u))) >> shift);
    return scaled < 0 ? -step : step;
}

void sn_quantize(int8_t *row, const int32_t *sums, const sn_frontend *frontend) {
    const uint64_t limit = (uint64_t)frontend->limit;
    for (uint32_t k = 0u; k < SN_COEFFICIENTS; k++) {
        const int64_t scaled = (int64_t)sums[k] * frontend->multiplier[k] + frontend->offset[k];
        const int32_t step = rounded_step(scaled, limit, frontend->shift);
        row[k] = (int8_t)clamp(step + frontend->zero_point, INT8_MIN, INT8_MAX);
    }
}
