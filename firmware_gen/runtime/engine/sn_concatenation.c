#include "engine/sn_concatenation.h"

void sn_concatenation_row(const sn_concatenation *concatenation, const int8_t *const *rows,
                          int8_t *output) {
    for (uint32_t pixel = 0; pixel < concatenation->width; ++pixel) {
        for (uint32_t i = 0; i < concatenation->count; ++i) {
            const uint32_t channels = concatenation->channels[i];
            const int8_t *source = rows[i] + pixel * channels;
            for (uint32_t channel = 0; channel < channels; ++channel) {
                *output++ = source[channel];
            }
        }
    }
}
