#include "link/sn_meter.h"

void sn_meter_begin(sn_meter *meter) {
    *meter = (sn_meter){0, 0, 0, 0, 0, 0, 0};
}

static void conclude(sn_meter *meter) {
    meter->peak = meter->highest;
    meter->mean = meter->sum / (int32_t)SN_METER_SAMPLES;
    meter->mean_square = (uint32_t)(meter->squares / SN_METER_SAMPLES);
    meter->count = 0;
    meter->highest = 0;
    meter->sum = 0;
    meter->squares = 0;
}

void sn_meter_push(sn_meter *meter, const int16_t *samples, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        const int32_t sample = samples[index];
        const uint32_t size = (uint32_t)(sample < 0 ? -sample : sample);
        meter->highest = size > meter->highest ? size : meter->highest;
        meter->sum += sample;
        meter->squares += (uint64_t)size * size;
        if (++meter->count == SN_METER_SAMPLES) {
            conclude(meter);
        }
    }
}
