// The constants of one front-end: generated tables, and the geometry that they belong to.
// A Qn value v stands for v / 2^n. calibration/sernet_cal/mfcc_tables.py computes every table.
#ifndef SN_FRONTEND_H
#define SN_FRONTEND_H

#include <stdint.h>

#define SN_FRAME_LENGTH 1024u
#define SN_HOP_LENGTH 256u
#define SN_HOPS (SN_FRAME_LENGTH / SN_HOP_LENGTH)
#define SN_FFT_POINTS 512u  // complex points: the frame's samples in pairs
#define SN_MEL_BANDS 128u
#define SN_COEFFICIENTS 40u

typedef enum {
    SN_FORM_STREAM = 0,  // samples as they are, nothing kept
    SN_FORM_PAPER = 1    // the clip is kept and divided by the 99.9th percentile of |x|
} sn_form;

typedef struct {
    int32_t real;
    int32_t imaginary;
} sn_point;

typedef struct sn_frontend {
    sn_form form;
    const int32_t *window;     // [513], Q31: the first half and the middle of a symmetric window
    const sn_point *twiddles;  // [512], Q31: exp(-2 pi i m / 1024); +1 held as 2^31 - 1
    const uint32_t *square_roots;  // [193], Q24: sqrt(i / 64) for i = 64..256
    const uint32_t *logarithms;    // [257], Q20: log2(1 + i / 256)
    uint32_t first_bin;            // the first FFT bin that a mel band sees, not 0
    const uint8_t *mel_count;      // [129]: bins of each slope; slope s is the rise of band s and
                                   // the fall of band s - 1, the last one only falls
    const uint16_t *mel_weights;   // Q15: the slopes' rising weights, for bins without a gap; the
                                   // falling ones are 2^15 less these
    const int16_t *odd_cosines;    // [20][64]: cos(pi k (n + 1/2) / 128) * 32767 for odd k,
    const int16_t *even_cosines;   // [20][32]: and the first half of those for even k
    uint32_t epsilon;              // Q50: what is added to each mel sum before the logarithm
    const int32_t *multiplier;     // [40]: the affine maps from the DCT to int8, see sn_quantize.c
    const int64_t *offset;         // [40]
    int64_t limit;                 // clip of the scaled value
    uint32_t shift;                // 1..53
    int32_t zero_point;            // of the network's input
    const int8_t *silence;         // [40]: the row that pads short clips of the `stream` form
} sn_frontend;

#endif
