// Convolution, stride 1, SAME padding: one output row at a time.
#ifndef SN_CONVOLUTION_H
#define SN_CONVOLUTION_H

#include <stdint.h>

#include "engine/sn_model.h"

// `rows`: convolution->kernel_rows input rows, null where the window leaves the picture.
// `workspace`: the bytes that sn_convolution names. `output`: width * output_channels bytes.
// None of them overlap.
void sn_convolution_row(const sn_convolution *convolution, const int8_t *const *rows,
                        int8_t *workspace, int8_t *output);

#endif
