// The mean of the newest rows of a stream without an end, which slides on with each new row.
//
// Kept in the arena where a clip keeps the sums of its mean: a ring of `rows` rows of sums, one
// int16_t for each channel; the schedule of a live firmware gives room for both.
#ifndef SN_SLIDE_H
#define SN_SLIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/sn_model.h"
#include "sn_status.h"

// Widest row, in pixels, whose sums stay within an int16_t.
#define SN_SLIDE_MAX_WIDTH 128u

// `rows`: that one answer is the mean of; `next`: slot of the next row; `filled`: rows in the ring.
// `cycle`: ticks that may be taken off the engine's count, again and again, as everything (slots,
// runs, windows) comes round after them. `answers`: so far, modulo 2^32.
typedef struct sn_slide {
    uint32_t rows;
    uint32_t next;
    uint32_t filled;
    uint32_t cycle;
    uint32_t answers;
} sn_slide;

// Starts with an empty ring. `model_rows`: feature rows of the model's clip length; the mean slides
// over as many rows as such a clip gives it. SN_ERR_MODEL for tables that cannot run for ever.
SN_MUST_CHECK sn_status sn_slide_begin(sn_slide *slide, const sn_model *model, uint32_t model_rows);

// Puts the sums of a row of width * channels bytes in the place of the oldest ones. `ring`: rows *
// channels sums.
void sn_slide_add_row(sn_slide *slide, const sn_mean *mean, const int8_t *row, int16_t *ring);

// Whether the ring has as many rows as an answer needs.
bool sn_slide_is_full(const sn_slide *slide);

// Writes the mean of the rows in a full ring, mean->channels bytes, as sn_mean_finish does.
// `output` may not overlap `ring`.
void sn_slide_finish(const sn_slide *slide, const sn_mean *mean, const int16_t *ring,
                     int8_t *output);

#endif
