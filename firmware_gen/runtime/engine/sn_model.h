// The network as generated constants: tensors, operators and the schedule that streams them.
//
// Time is counted in ticks: tick t begins with feature row t, and goes on after the last row while
// the padding below the clip runs through. Run k of an operator is at tick k * ticks_per_run + lag,
// so the memory that every row needs, and until when, is known when the tables are generated.
#ifndef SN_MODEL_H
#define SN_MODEL_H

#include <stdint.h>

#include "engine/sn_direct.h"
#include "engine/sn_first_layer.h"
#include "engine/sn_winograd.h"

// Most input rows that a run may read, and most tensors that a concatenation may join.
#define SN_MAX_WINDOW_ROWS 32
// Most output rows that a run may make.
#define SN_MAX_RUN_ROWS 16

// A tensor's rows lie in a ring of `capacity` slots, row r in slot r % capacity; a vector is one
// row. `slots`: byte offsets into the arena. A row has width * channels bytes, channels innermost.
// A tensor that only a fused operator would see has no slots: it is not made.
typedef struct sn_tensor {
    uint32_t period;
    uint32_t width;
    uint32_t channels;
    uint32_t capacity;
    const uint32_t *slots;
} sn_tensor;

// What turns the sum of one output channel into its int8 value; see sn_requantize.h.
typedef struct sn_channel {
    int32_t bias;
    int32_t multiplier;
    int32_t shift;
} sn_channel;

typedef struct sn_pool {
    uint32_t input_width;
    uint32_t output_width;
    uint32_t channels;
    uint32_t kernel_rows;
    uint32_t kernel_columns;
    uint32_t stride_columns;
    uint32_t columns_left;
    int8_t low;
    int8_t high;
} sn_pool;

// `inputs`: tensor numbers; `channels`: of each input.
typedef struct sn_concatenation {
    uint32_t count;
    uint32_t width;
    const uint32_t *inputs;
    const uint32_t *channels;
} sn_concatenation;

// `sums`: arena offset of one int32_t for each channel.
typedef struct sn_mean {
    uint32_t width;
    uint32_t channels;
    int8_t input_zero;
    int8_t output_zero;
    int32_t multiplier;
    int32_t shift;
    uint32_t sums;
} sn_mean;

// `weights`: output by output. `channels`: the bias includes -input_zero * (sum of the weights).
typedef struct sn_fully_connected {
    uint32_t inputs;
    uint32_t outputs;
    int8_t output_zero;
    int8_t low;
    int8_t high;
    const sn_channel *channels;
    const int8_t *weights;
} sn_fully_connected;

// `exponentials`: 256 values, exp(-scale * d) in Q0.31 for a logit d steps below the largest.
typedef struct sn_softmax {
    uint32_t count;
    const int32_t *exponentials;
} sn_softmax;

typedef enum {
    SN_KERNEL_DIRECT,
    SN_KERNEL_WINOGRAD,
    SN_KERNEL_FIRST_LAYER,
    SN_KERNEL_AVERAGE_POOL,
    SN_KERNEL_MAX_POOL,
    SN_KERNEL_CONCATENATION,
    SN_KERNEL_MEAN,
    SN_KERNEL_FULLY_CONNECTED,
    SN_KERNEL_SOFTMAX
} sn_kernel;

// `kernel` says which member of `as` is meant. Run k makes the output rows that start at
// k * rows_per_run - rows_early, `rows_per_run` of them; those outside the clip are left out. (A
// mean adds rows of its input so.) Output row r reads the input rows that start at
// r * window_stride - rows_above, `window_rows` of them. `input` is unused by a concatenation.
typedef struct sn_operator {
    sn_kernel kernel;
    uint32_t input;
    uint32_t output;
    uint32_t lag;
    uint32_t ticks_per_run;
    uint32_t rows_per_run;
    uint32_t rows_early;
    uint32_t window_rows;
    uint32_t window_stride;
    uint32_t rows_above;
    union {
        const sn_direct *direct;
        const sn_winograd *winograd;
        const sn_first_layer *first_layer;
        const sn_pool *pool;
        const sn_concatenation *concatenation;
        const sn_mean *mean;
        const sn_fully_connected *fully_connected;
        const sn_softmax *softmax;
    } as;
} sn_operator;

// `row_operators` run at their ticks, in this order, the last one being the mean; then, after the
// last row, the `vector_operators`. Tensor 0 is the input, the last one the scores. `max_rows`:
// the longest clip whose mean stays within its 32-bit sums. `scratch`: arena offset of
// `scratch_bytes` that hold nothing while no row is being pushed.
typedef struct sn_model {
    uint32_t arena_bytes;
    uint32_t scratch;
    uint32_t scratch_bytes;
    uint32_t max_rows;
    uint32_t classes;
    uint32_t tensor_count;
    uint32_t row_operator_count;
    uint32_t vector_operator_count;
    const sn_tensor *tensors;
    const sn_operator *row_operators;
    const sn_operator *vector_operators;
} sn_model;

#endif
