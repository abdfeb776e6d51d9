// Which input columns the window of one output column of a pool covers.
#ifndef SN_POOL_WINDOW_H
#define SN_POOL_WINDOW_H

#include <stdint.h>

#include "engine/sn_model.h"

typedef struct {
    uint32_t first;
    uint32_t count;
} sn_pool_window;

// The window of output column `column`, cut to the picture; never empty.
static inline sn_pool_window sn_pool_columns(const sn_pool *pool, uint32_t column) {
    const uint32_t start = column * pool->stride_columns;
    const uint32_t end = start + pool->kernel_columns;
    const uint32_t first = start > pool->columns_left ? start - pool->columns_left : 0;
    const uint32_t inside = end - pool->columns_left;
    const uint32_t last = inside < pool->input_width ? inside : pool->input_width;
    return (sn_pool_window){first, last - first};
}

#endif
