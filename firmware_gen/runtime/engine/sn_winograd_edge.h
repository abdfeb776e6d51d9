// The last column of a picture 4 n + 1 wide, where a tile would be three columns of nothing: its
// third tap across meets padding alone, whose sum the bias knows. So two convolutions along time
// are left, by F(4, 3) or F(2, 3): of a 4x4 tile 12 products for 4 outputs instead of 36.
//     y = A (sum over input channels of (G g) * (B d), d in the last two columns of the picture)
// |B d| <= 2,040; SN_WINOGRAD_EDGE_OFFSET keeps it positive in the low channel. As an image that is
// the offset at the last two rows of both columns, seen by the last two outputs.
#ifndef SN_WINOGRAD_EDGE_H
#define SN_WINOGRAD_EDGE_H

#include "engine/sn_winograd_output.h"

// The transformed input of a batch without its starts, values[rows of points][2][1 +
// pairs][tile_rows]. `rows`:
// the input rows of a run, none 0; `scratch`: 12 * SN_WINOGRAD_COLUMNS
// words.
void sn_winograd_edge_values(const sn_winograd *layer, const sn_winograd_batch *batch,
                             const int8_t *const *rows, uint32_t *scratch, uint32_t *values);

// Writes a batch in two output channels from `number` on, from
// sums[tile_rows][2][SN_WINOGRAD_SUMS].
void sn_winograd_edge_write(const sn_winograd *layer, const sn_winograd_batch *batch,
                            const sn_winograd_rows *rows, const uint32_t *sums, uint32_t number);

#endif
