// How loud the newest tenth of a second was.
#ifndef SN_METER_H
#define SN_METER_H

#include <stdint.h>

// `peak`: largest absolute sample; `mean`, `mean_square`: of the samples, rounded towards 0. All 0
// before the first SN_METER_SAMPLES. The sums are of the samples since then.
typedef struct {
    uint32_t peak;
    int32_t mean;
    uint32_t mean_square;
    uint32_t count;
    uint32_t highest;
    int32_t sum;
    uint64_t squares;
} sn_meter;

#define SN_METER_SAMPLES 1600u

// Forgets everything.
void sn_meter_begin(sn_meter *meter);

// Takes the next samples.
void sn_meter_push(sn_meter *meter, const int16_t *samples, uint32_t count);

#endif
