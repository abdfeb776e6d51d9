// The inner products of sn_first_layer.
#ifndef SN_FIRST_LAYER_SUMS_H
#define SN_FIRST_LAYER_SUMS_H

#include <stdint.h>

// Columns of words that meet the weights together: two neighbours for each of two pixels.
#define SN_FIRST_LAYER_COLUMNS 4u

// One channel's doubled sums, [4 columns][first output, second output], modulo 2^32. `words`:
// [steps][4 columns]; `stream`: that of the channel (see sn_first_layer.h).
void sn_first_layer_sums(const uint32_t *words, const int32_t *stream, uint32_t steps,
                         int32_t *sums);

#endif
