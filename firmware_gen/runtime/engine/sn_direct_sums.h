// The inner products of sn_direct.
#ifndef SN_DIRECT_SUMS_H
#define SN_DIRECT_SUMS_H

#include <stdint.h>

// `patch`: [blocks][3 pixels][16] values; `weights`: [blocks][2 channels][16]; `sums`: six sums of
// products, [3 pixels][2 channels].
void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks, int32_t *sums);

#endif
