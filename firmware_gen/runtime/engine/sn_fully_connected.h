// The dense layer.
#ifndef SN_FULLY_CONNECTED_H
#define SN_FULLY_CONNECTED_H

#include <stdint.h>

#include "engine/sn_model.h"

// `input`: dense->inputs bytes; `output`: dense->outputs bytes; they do not overlap.
void sn_fully_connected_run(const sn_fully_connected *dense, const int8_t *input, int8_t *output);

#endif
