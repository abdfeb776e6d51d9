// Concatenation along the channels: one row at a time.
#ifndef SN_CONCATENATION_H
#define SN_CONCATENATION_H

#include <stdint.h>

#include "engine/sn_model.h"

// `rows`: concatenation->count rows, in the order of its inputs. `output`: the row of all their
// channels, not overlapping any of them.
void sn_concatenation_row(const sn_concatenation *concatenation, const int8_t *const *rows,
                          int8_t *output);

#endif
