#include "engine/sn_fully_connected.h"

#include "engine/sn_requantize.h"

void sn_fully_connected_run(const sn_fully_connected *dense, const int8_t *input, int8_t *output) {
    const int8_t *weights = dense->weights;
    for (uint32_t i = 0; i < dense->outputs; ++i, weights += dense->inputs) {
        const sn_channel *scaling = &dense->channels[i];
        int32_t sum = scaling->bias;
        for (uint32_t j = 0; j < dense->inputs; ++j) {
            sum += weights[j] * input[j];
        }
        const int32_t scaled =
            sn_multiply_single_rounding(sum, scaling->multiplier, scaling->shift);
        output[i] = sn_clamp(scaled + dense->output_zero, dense->low, dense->high);
    }
}
