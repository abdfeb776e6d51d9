// The front-end on its own: whole clips, and its steps one by one between the buffers below.
#include "frontend/sn_features.h"
#include "frontend/sn_fixed.h"
#include "frontend/sn_kernels.h"

extern const sn_frontend sn_generated_frontend;

extern int16_t samples[8192];
extern int8_t rows[32 * SN_COEFFICIENTS];
extern uint32_t row_count;
extern sn_point points[SN_FFT_POINTS];
extern sn_block_shift shift;
extern int32_t log_mel[SN_MEL_BANDS];
extern int32_t sums[SN_COEFFICIENTS];

int16_t samples[8192];
int8_t rows[32 * SN_COEFFICIENTS];
uint32_t row_count;
sn_point points[SN_FFT_POINTS];
sn_block_shift shift;
int32_t log_mel[SN_MEL_BANDS];
int32_t sums[SN_COEFFICIENTS];
static sn_features features;
static sn_features_work work;
static sn_level level;

uint32_t run_clip(uint32_t count, uint32_t block);
void run_window(uint32_t first);
void run_fft(uint32_t after);
void run_spectrum(void);
void run_mel(void);
void run_log_mel(uint32_t both_shifts);
void run_dct(void);

static sn_status take(void *context, const int8_t *row) {
    (void)context;
    for (uint32_t k = 0u; k < SN_COEFFICIENTS; k++) {
        rows[row_count * SN_COEFFICIENTS + k] = row[k];
    }
    row_count++;
    return SN_OK;
}

uint32_t run_clip(uint32_t count, uint32_t block) {
    row_count = 0u;
    sn_status status =
        sn_features_begin(&features, &sn_generated_frontend, &work, 0, 0u, 1u, count);
    for (uint32_t i = 0u; status == SN_OK && i < count; i += block) {
        status = sn_features_push(&features, samples + i, sn_smaller(block, count - i), take, 0);
    }
    return status == SN_OK ? (uint32_t)sn_features_finish(&features, take, 0) : (uint32_t)status;
}

void run_window(uint32_t first) {
    uint32_t bits = 0u;
    for (uint32_t n = 0u; n < SN_FRAME_LENGTH; n++) {
        bits |= sn_value_bits(samples[n]);
    }
    shift = sn_window(samples, first, bits, sn_generated_frontend.window, points);
}

void run_fft(uint32_t after) {
    sn_fft(points, after, sn_generated_frontend.twiddles);
}

void run_spectrum(void) {
    sn_spectrum(points, &sn_generated_frontend);
}

void run_mel(void) {
    sn_mel(points, &sn_generated_frontend);
}

void run_log_mel(uint32_t both_shifts) {
    sn_level_of_stream(&level, &sn_generated_frontend);
    sn_log2_mel(log_mel, points, both_shifts, &level, &sn_generated_frontend);
}

void run_dct(void) {
    sn_dct(sums, log_mel, &sn_generated_frontend);
}
