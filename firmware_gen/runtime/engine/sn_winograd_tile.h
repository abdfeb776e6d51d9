// The sizes of tiles that a firmware has, by sn_shapes.h: where there is one alone, the compiler
// takes it for a constant, and leaves out what serves the others.
#ifndef SN_WINOGRAD_TILE_H
#define SN_WINOGRAD_TILE_H

#include <stdint.h>

#include "engine/sn_winograd.h"
#include "sn_shapes.h"

#ifndef SN_WINOGRAD_TILES_LIST
#define SN_WINOGRAD_TILES_LIST(X)
#endif
#define SN_WINOGRAD_HEIGHT(height, width) | (height)
#define SN_WINOGRAD_WIDTH(height, width) | (width)
enum {
    SN_WINOGRAD_HEIGHTS = 0 SN_WINOGRAD_TILES_LIST(SN_WINOGRAD_HEIGHT),
    SN_WINOGRAD_WIDTHS = 0 SN_WINOGRAD_TILES_LIST(SN_WINOGRAD_WIDTH)
};

// 1 / 3 modulo 2^32.
#define SN_WINOGRAD_THIRD 0xaaaaaaabu

static inline uint32_t sn_winograd_side(uint32_t sides, uint32_t side) {
    return sides == 4 || sides == 2 ? sides : side;
}

static inline uint32_t sn_winograd_height(const sn_winograd *layer) {
    return sn_winograd_side(SN_WINOGRAD_HEIGHTS, layer->tile_height);
}

static inline uint32_t sn_winograd_width(const sn_winograd *layer) {
    return sn_winograd_side(SN_WINOGRAD_WIDTHS, layer->tile_width);
}

// Points of a tile along a side of 4 or 2 outputs.
static inline uint32_t sn_winograd_along(uint32_t side) {
    return side + 2;
}

static inline uint32_t sn_winograd_points_of(const sn_winograd *layer) {
    return sn_winograd_along(sn_winograd_height(layer)) *
           sn_winograd_along(sn_winograd_width(layer));
}

// The transforms along a side scale a sum by 24 = 3 * 2^3, or 2 = 2^1: the power of two, and the
// inverse of the rest modulo 2^32.
static inline uint32_t sn_winograd_side_scale(uint32_t side) {
    return side == 4 ? 3 : 1;
}

static inline uint32_t sn_winograd_side_inverse(uint32_t side) {
    return side == 4 ? SN_WINOGRAD_THIRD : 1;
}

// The power of two by which sums are scaled.
static inline uint32_t sn_winograd_scale(const sn_winograd *layer) {
    return sn_winograd_side_scale(sn_winograd_height(layer)) +
           sn_winograd_side_scale(sn_winograd_width(layer));
}

#endif
