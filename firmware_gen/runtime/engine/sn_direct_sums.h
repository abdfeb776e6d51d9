// The inner products of sn_direct, and, where assembly makes them, the plain requantisation too.
#ifndef SN_DIRECT_SUMS_H
#define SN_DIRECT_SUMS_H

#include <stdint.h>

#include "engine/sn_direct.h"
#include "engine/sn_dsp.h"

// At most 3: the generator reserves memory for so many windows.
#if SN_MVE
#define SN_DIRECT_PIXELS 2u
#else
#define SN_DIRECT_PIXELS 3u
#endif

// `patch`: [blocks][SN_DIRECT_PIXELS][16] values; `weights`: [blocks][2 channels][16]; `sums`: sums
// of products, [SN_DIRECT_PIXELS][2 channels]. All are aligned to 4.
void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums);

#if SN_DSP
// Makes the first channels of the pixels at `targets` by the plain requantisation, and returns how
// many those are, all but three at most; of equal targets, the first one's pixel stays. `pixels`:
// targets that differ.
uint32_t sn_direct_channels(const sn_direct *layer, const int8_t *patch, int8_t *const *targets,
                            uint32_t pixels);
#endif

#endif
