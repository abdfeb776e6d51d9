// Softmax in fixed point, as TFLite's int8 reference computes it.
#ifndef SN_SOFTMAX_H
#define SN_SOFTMAX_H

#include <stdint.h>

#include "engine/sn_model.h"

// `input`: softmax->count (> 0) logits; `output`: as many probabilities of scale 1/256 and zero
// point -128. They do not overlap.
void sn_softmax_run(const sn_softmax *softmax, const int8_t *input, int8_t *output);

#endif
