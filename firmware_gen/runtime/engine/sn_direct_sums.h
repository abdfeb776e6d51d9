// The inner products of sn_direct, and, where assembly makes them, the plain requantisation too.
#ifndef SN_DIRECT_SUMS_H
#define SN_DIRECT_SUMS_H

#include <stdint.h>

#include "engine/sn_direct.h"
#include "engine/sn_dsp.h"

// `patch`: [blocks][3 pixels][16] values; `weights`: [blocks][2 channels][16]; `sums`: six sums of
// products, [3 pixels][2 channels]. All are aligned to 4.
void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums);

#if SN_DSP
// Makes `pairs` pairs of channels of the pixels at `targets`, by the plain requantisation; of equal
// targets, the first one's pixel stays.
void sn_direct_pairs(const sn_direct *layer, const int8_t *patch, uint32_t pairs,
                     int8_t *const *targets);
#endif

#endif
