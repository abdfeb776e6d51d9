// From the sums of a batch's points to bytes of the output, pooled.
#ifndef SN_WINOGRAD_OUTPUT_H
#define SN_WINOGRAD_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/sn_dsp.h"
#include "engine/sn_requantize.h"
#include "engine/sn_winograd_tile.h"

// What a row of tiles writes: `outputs`, one for each row behind the pool, 0 where there is none;
// bit i of `inside`: whether row i of the convolution is in the clip. `is_whole`: all are there.
// `is_even`: no row behind the pool has rows both inside and outside.
typedef struct sn_winograd_rows {
    int8_t *outputs[4];
    uint32_t inside;
    bool is_whole;
    bool is_even;
} sn_winograd_rows;

// How sets of sums lie: `lanes` output channels of a tile `next` sets apart, tiles `step` sets
// apart.
typedef struct sn_winograd_sets {
    uint32_t lanes;
    uint32_t next;
    uint32_t step;
} sn_winograd_sets;

// The byte of a scaled sum.
static inline int8_t sn_winograd_byte(const sn_winograd *layer, const sn_winograd_channel *channel,
                                      int32_t sum) {
#if SN_DSP
    if (layer->is_plain) {  // as sn_winograd_outputs_dsp.c does it
        const int32_t product =
            sn_high_product(sum >> (sn_winograd_scale(layer) - 1), channel->multiplier);
        return sn_saturate_byte((product + sn_plain_round(channel->right)) >> channel->right);
    }
#else
    if (layer->is_plain) {
        return sn_requantize_plain(sum >> sn_winograd_scale(layer), channel->multiplier,
                                   sn_plain_round(channel->right), channel->right);
    }
#endif
    const int32_t scaled = sn_multiply_double_rounding(sum >> sn_winograd_scale(layer),
                                                       channel->multiplier, -channel->right);
    return sn_clamp(scaled + layer->output_zero, layer->low, layer->high);
}

// Writes a batch in the output channels from `number` on. `rows`: of each tile row of the run.
void sn_winograd_write(const sn_winograd *layer, const sn_winograd_batch *batch,
                       const sn_winograd_rows *rows, const uint32_t *sums, uint32_t number,
                       const sn_winograd_sets *sets);

#endif
