#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

// Before the block shift a mel sum of 1.0 is 2^MEL_BITS: 15 bits of sample and of weight, less 10
// for the spectrum / 1024 and 1 for the window.
#define MEL_BITS 19u
#define SAMPLE_BITS 15u
#define EPSILON_BITS 50u
#define LOG_BITS 20u

void sn_log_mel(int32_t *log_mel, const sn_point *points, uint32_t shift, const sn_level *level,
                const sn_frontend *frontend) {
    // `shift` is 15..47, so that epsilon stays below 2^63.
    const uint64_t epsilon = ((uint64_t)level->epsilon << (shift - SAMPLE_BITS)) >>
                             (EPSILON_BITS - MEL_BITS - SAMPLE_BITS);
    const int32_t unit = (int32_t)((MEL_BITS + shift) << LOG_BITS) + level->log2;
    const uint16_t *weight = frontend->mel_weights;
    for (uint32_t band = 0u; band < SN_MEL_BANDS; band++) {
        const sn_point *bin = points + frontend->mel_first[band];
        const uint16_t *end = weight + frontend->mel_count[band];
        uint64_t sum = epsilon;
        for (; weight != end; weight++) {
            sum += (uint64_t)(uint32_t)bin->real * *weight;
            bin++;
        }
        log_mel[band] = sn_log2(sum, frontend->logarithms) - unit;
    }
}
