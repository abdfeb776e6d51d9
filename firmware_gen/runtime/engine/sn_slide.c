#include "engine/sn_slide.h"

#include "engine/sn_mean.h"
#include "sn_shapes.h"

#if SN_LIVE
// The engine counts up to twice the cycle.
#define LARGEST_CYCLE (UINT32_MAX / 4u)

static uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b != 0u) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// The least common multiple; 0 where it is beyond the largest cycle, or one of them is 0.
static uint32_t common_multiple(uint32_t a, uint32_t b) {
    if (a == 0u || b == 0u) {
        return 0u;
    }
    const uint32_t factor = b / common_divisor(a, b);
    return factor > LARGEST_CYCLE / a ? 0u : a * factor;
}

// After so many ticks every operator's runs and the slots of all their rows come round.
static uint32_t period_of(const sn_model *model) {
    uint32_t period = 1u;
    for (uint32_t i = 0; i < model->row_operator_count; ++i) {
        period = common_multiple(period, model->row_operators[i].ticks_per_run);
    }
    for (uint32_t i = 0; i < model->tensor_count; ++i) {
        const sn_tensor *tensor = &model->tensors[i];
        if (tensor->capacity != 0u) {
            period = common_multiple(period, tensor->period * tensor->capacity);
        }
    }
    return period;
}

// From this tick on no run reads or makes rows above the stream's start.
static uint32_t settled_tick(const sn_model *model) {
    uint32_t settled = 0u;
    for (uint32_t i = 0; i < model->row_operator_count; ++i) {
        const sn_operator *op = &model->row_operators[i];
        const uint32_t above = op->rows_early * op->window_stride + op->rows_above;
        const uint32_t runs = 1u + above / (op->rows_per_run * op->window_stride);
        const uint32_t tick = op->lag + runs * op->ticks_per_run;
        settled = tick > settled ? tick : settled;
    }
    return settled;
}

sn_status sn_slide_begin(sn_slide *slide, const sn_model *model, uint32_t model_rows) {
    const sn_operator *last = &model->row_operators[model->row_operator_count - 1u];
    const uint32_t row_ticks = model->tensors[last->input].period;
    const uint32_t period = period_of(model);
    if (model_rows == 0u || model_rows > model->max_rows || period == 0u ||
        last->as.mean->width > SN_SLIDE_MAX_WIDTH) {
        return SN_ERR_MODEL;
    }
    const uint32_t periods = 1u + settled_tick(model) / period;
    if (periods > LARGEST_CYCLE / period) {
        return SN_ERR_MODEL;
    }
    const uint32_t rows = model_rows / row_ticks + (model_rows % row_ticks != 0u ? 1u : 0u);
    *slide = (sn_slide){rows, 0u, 0u, periods * period, 0u};
    return SN_OK;
}

void sn_slide_add_row(sn_slide *slide, const sn_mean *mean, const int8_t *row, int16_t *ring) {
    int16_t *sums = ring + slide->next * mean->channels;
    for (uint32_t channel = 0; channel < mean->channels; ++channel) {
        int32_t sum = 0;
        for (uint32_t pixel = 0; pixel < mean->width; ++pixel) {
            sum += row[pixel * mean->channels + channel] - mean->input_zero;
        }
        sums[channel] = (int16_t)sum;
    }
    slide->next = slide->next + 1u < slide->rows ? slide->next + 1u : 0u;
    slide->filled += slide->filled < slide->rows ? 1u : 0u;
}

bool sn_slide_is_full(const sn_slide *slide) {
    return slide->filled == slide->rows;
}

void sn_slide_finish(const sn_slide *slide, const sn_mean *mean, const int16_t *ring,
                     int8_t *output) {
    // Channel by channel, which needs no memory for sums.
    sn_mean one = *mean;
    one.channels = 1u;
    for (uint32_t channel = 0; channel < mean->channels; ++channel) {
        int32_t sum = 0;
        for (uint32_t row = 0; row < slide->rows; ++row) {
            sum += ring[row * mean->channels + channel];
        }
        sn_mean_finish(&one, &sum, slide->rows, output + channel);
    }
}
#endif
