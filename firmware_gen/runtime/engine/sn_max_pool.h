// Max pool, SAME padding: one output row at a time.
#ifndef SN_MAX_POOL_H
#define SN_MAX_POOL_H

#include <stdint.h>

#include "engine/sn_model.h"

// `rows`: pool->kernel_rows input rows, null where the window leaves the picture, one there at
// least. `output`: output_width * channels bytes, not overlapping any row.
void sn_max_pool_row(const sn_pool *pool, const int8_t *const *rows, int8_t *output);

#endif
