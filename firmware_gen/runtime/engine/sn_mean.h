// Mean over height and width, row by row, in one 32-bit sum for each channel.
#ifndef SN_MEAN_H
#define SN_MEAN_H

#include <stdint.h>

#include "engine/sn_model.h"

// Empties the sums: mean->channels of them.
void sn_mean_begin(const sn_mean *mean, int32_t *sums);

// Adds a row of width * channels bytes. model->max_rows keeps the sums within 32 bits.
void sn_mean_add_row(const sn_mean *mean, const int8_t *row, int32_t *sums);

// Writes the means of `row_count` (> 0) rows, mean->channels bytes. `output` may not overlap
// `sums`.
void sn_mean_finish(const sn_mean *mean, const int32_t *sums, uint32_t row_count, int8_t *output);

#endif
