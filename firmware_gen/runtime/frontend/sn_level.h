// The level of a clip: what the `paper` form divides by, and nothing for the `stream` form.
#ifndef SN_LEVEL_H
#define SN_LEVEL_H

#include <stdint.h>

#include "frontend/sn_frontend.h"

// Samples with |x| <= limit are multiplied by 2^shift, louder ones become +-clipped. What is left
// of the division is a factor on the spectrum: `log2` (Q20) is taken off each logarithm, `epsilon`
// (Q50) is scaled with it. Mirrors mfcc.py: Level.
typedef struct {
    int32_t limit;
    uint32_t shift;
    int32_t clipped;
    int32_t log2;
    uint32_t epsilon;
} sn_level;

#define SN_HISTOGRAM_BINS 256u

// The level that leaves samples as they are.
void sn_level_of_stream(sn_level *level, const sn_frontend *frontend);

// The level of a kept clip of 2 samples at least, at most 2^22. `histogram`: scratch of
// SN_HISTOGRAM_BINS counts.
void sn_level_of_clip(sn_level *level, const int16_t *samples, uint32_t count, uint32_t *histogram,
                      const sn_frontend *frontend);

// Writes `count` samples at this level to `levelled`; zeros for those of a null pointer. Returns
// the OR of the results' bits (sn_value_bits).
uint32_t sn_level_apply(const sn_level *level, const int16_t *samples, uint32_t count,
                        int16_t *levelled);

// 1000 times the 99.9th percentile of |samples|, exactly: rank 0.999 (count - 1), interpolated
// between the neighbours. Mirrors mfcc_kernels.py: percentile_of_magnitudes.
uint32_t sn_percentile(const int16_t *samples, uint32_t count, uint32_t *histogram);

#endif
