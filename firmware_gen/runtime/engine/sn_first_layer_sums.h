// The inner products of sn_first_layer, and, where assembly makes them, whole pixels.
#ifndef SN_FIRST_LAYER_SUMS_H
#define SN_FIRST_LAYER_SUMS_H

#include <stdint.h>

#include "engine/sn_dsp.h"
#include "engine/sn_first_layer.h"

// Columns of words that meet the weights together: two neighbours for each of two pixels.
#define SN_FIRST_LAYER_COLUMNS 4u

// One channel's doubled sums, [4 columns][first output, second output], modulo 2^32. `words`:
// [steps][4 columns]; `stream`: that of the channel (see sn_first_layer.h).
void sn_first_layer_sums(const uint32_t *words, const int32_t *stream, uint32_t steps,
                         int32_t *sums);

#if SN_DSP
// Makes the channels of a plain path at all blocks of four columns of a row, and returns how many
// those are; 0 where there is no assembly for the path. `words`: [blocks][steps][4 columns].
uint32_t sn_first_layer_blocks(const sn_first_layer *layer, const sn_first_layer_path *path,
                               const uint32_t *words, int8_t *output);
#endif

#if SN_MVE
// Does what sn_first_layer_strip does; returns 0, and does nothing, where it cannot.
uint32_t sn_first_layer_helium(const sn_first_layer *layer, const int8_t *const *input,
                               int8_t *workspace, int8_t *const *outputs);
#endif

#endif
