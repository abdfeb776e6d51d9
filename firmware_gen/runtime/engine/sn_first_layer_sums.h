// The inner products of sn_first_layer, and, where assembly makes them, whole pixels.
#ifndef SN_FIRST_LAYER_SUMS_H
#define SN_FIRST_LAYER_SUMS_H

#include <stdint.h>

#include "engine/sn_dsp.h"
#include "engine/sn_first_layer.h"

// Lays out the values of the four windows of an output pixel, as sn_first_layer_sums wants them:
// up to 16 bytes for each step, aligned to 4. `values`: where the first window begins.
void sn_first_layer_load(const sn_first_layer *layer, const sn_first_layer_path *path,
                         const int16_t *values, void *window);

// One channel's doubled sums, [2 columns of a vertical path, or rows][first, second output].
// `stream`: that of the channel (see sn_first_layer.h).
void sn_first_layer_sums(const void *window, const int32_t *stream, uint32_t steps, int32_t *sums);

#if SN_DSP || SN_V6M
// Makes the channels of a plain path at all blocks of two pixels of a row, and returns how many
// columns of the input those are; 0 where there is no assembly for the path. `values`: where the
// first window begins; `words`: 16 bytes for each step of each block.
uint32_t sn_first_layer_blocks(const sn_first_layer *layer, const sn_first_layer_path *path,
                               const int16_t *values, uint32_t *words, int8_t *output);
#endif

#if SN_MVE
// Does what sn_first_layer_strip does; returns 0, and does nothing, where it cannot.
uint32_t sn_first_layer_helium(const sn_first_layer *layer, const int8_t *const *input,
                               int8_t *workspace, int8_t *const *outputs);
#endif

#endif
