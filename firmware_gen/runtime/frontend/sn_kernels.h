// The steps of one frame's MFCC, each in the file of its name. Every buffer is the caller's; none
// may overlap another. Bit for bit the functions of calibration/sernet_cal/mfcc_kernels.py.
#ifndef SN_KERNELS_H
#define SN_KERNELS_H

#include <stdint.h>

#include "frontend/sn_frontend.h"
#include "frontend/sn_level.h"

// How far a frame is scaled up: by 2^(before - 1) while it is windowed, and by 2^after after it.
typedef struct {
    uint32_t before;
    uint32_t after;
} sn_block_shift;

// Reads the frame of SN_FRAME_LENGTH samples that starts at ring[first] and wraps around; `ring` is
// aligned to 4 bytes, `first` a multiple of SN_HOP_LENGTH, `sample_bits` the OR of the samples'
// bits (sn_value_bits). Writes it to `points` (SN_FFT_POINTS pairs of samples in bit-reversed
// order), windowed and scaled by 2^(before - 1); times 2^after it lies within -2^30..2^30 - 1. The
// shifts' sum is 15..47.
sn_block_shift sn_window(const int16_t *ring, uint32_t first, uint32_t sample_bits,
                         const int32_t *window, sn_point *points);

// Replaces 512 complex points, in bit-reversed order, by their spectrum * 2^shift / 512; times
// 2^shift their parts lie within -2^30..2^30 - 1.
void sn_fft(sn_point *points, uint32_t shift, const sn_point *twiddles);

// Replaces the packed spectrum by the magnitudes of the real frame's spectrum / 1024: the one of
// bin k becomes points[k].real, 0..2^31-1. Those that no mel band sees may be left out.
void sn_spectrum(sn_point *points, const sn_frontend *frontend);

// Replaces points[b + 1] by the mel sum of band b, for all 128 bands: below 2^50, its lower word in
// `real` and its upper word in `imaginary`. `points`: as sn_spectrum leaves them.
void sn_mel(sn_point *points, const sn_frontend *frontend);

// Writes 128 logarithms (base 2, Q20) of the mel sums + epsilon, full scale 1.0, within +-2^25.
// `sums`: those of the bands, as sn_mel leaves them; `shift`: before + after.
void sn_log2_mel(int32_t *log_mel, const sn_point *sums, uint32_t shift, const sn_level *level,
                 const sn_frontend *frontend);

// The logarithm to base 2 of 1..2^32-1, Q20, by `table` (257 values); error below 3e-6.
int32_t sn_log2(uint32_t value, const uint32_t *table);

// Writes 40 cosine sums, within +-2^30; overwrites `log_mel`.
void sn_dct(int32_t *sums, int32_t *log_mel, const sn_frontend *frontend);

// Standardises, clips and quantizes 40 cosine sums to a feature row.
void sn_quantize(int8_t *row, const int32_t *sums, const sn_frontend *frontend);

#endif
