#include "engine/sn_first_layer_sums.h"

// The weights of a step in the stream: the bias stands behind the second step's.
#define WEIGHTS(step) (2 * (step) + ((step) > 1 ? 1u : 0u))
#define BIAS 3

// The values of two neighbouring windows in one step: of those beside or above each other, the
// first one has 0 and 1, the second one 1 and 2.
typedef struct {
    int16_t values[3];
} step_values;

// Behind the last value of an odd length, the third one has a weight of 0, and may not be there.
static inline step_values values_at(const int16_t *values, uint32_t along, uint32_t is_last) {
    return (step_values){{values[0], values[along], is_last ? (int16_t)0 : values[2 * along]}};
}

#if defined(__SSE2__)
#include <emmintrin.h>

// A step: four words of two values, one for each window.
#define STEP_VALUES 8u

static int16_t *store(int16_t *to, step_values first, step_values second) {
    to[0] = first.values[0];
    to[1] = first.values[1];
    to[2] = first.values[1];
    to[3] = first.values[2];
    to[4] = second.values[0];
    to[5] = second.values[1];
    to[6] = second.values[1];
    to[7] = second.values[2];
    return to + STEP_VALUES;
}

void sn_first_layer_sums(const void *window, const int32_t *stream, uint32_t steps, int32_t *sums) {
    const __m128i *words = window;
    __m128i all = _mm_set1_epi32(stream[BIAS]);
    for (uint32_t step = 0; step < steps; ++step) {
        const __m128i weights = _mm_set1_epi32(stream[WEIGHTS(step)]);
        all = _mm_add_epi32(all, _mm_madd_epi16(_mm_loadu_si128(words + step), weights));
    }
    void *const target = sums;
    _mm_storeu_si128(target, all);
}
#else

// A step: six values, of the first and of the second window pair in turn.
#define STEP_VALUES 6u

static int16_t *store(int16_t *to, step_values first, step_values second) {
    for (uint32_t i = 0; i < 3; ++i) {
        to[2 * i] = first.values[i];
        to[2 * i + 1] = second.values[i];
    }
    return to + STEP_VALUES;
}

typedef struct {
    int32_t a;
    int32_t b;
    int32_t c;
    int32_t d;
} window_sums;

static inline window_sums add_step(window_sums sums, const int16_t *x, int32_t weights) {
    const int32_t low = (int16_t)(weights & 0xffff);
    const int32_t high = weights >> 16;
    sums.a += low * x[0];
    sums.c += low * x[1];
    sums.b += low * x[2];
    sums.a += high * x[2];
    sums.d += low * x[3];
    sums.c += high * x[3];
    sums.b += high * x[4];
    sums.d += high * x[5];
    return sums;
}

void sn_first_layer_sums(const void *window, const int32_t *stream, uint32_t steps, int32_t *sums) {
    const int16_t *x = window;
    const int32_t bias = stream[BIAS];
    window_sums all = {bias, bias, bias, bias};
    all = add_step(all, x, stream[WEIGHTS(0u)]);
    all = add_step(all, x + STEP_VALUES, stream[WEIGHTS(1u)]);
    const int32_t *weights = stream + WEIGHTS(2u);
    for (uint32_t step = 2; step < steps; ++step, weights += 2) {
        x += STEP_VALUES;
        all = add_step(all, x + STEP_VALUES, *weights);
    }
    sums[0] = all.a;
    sums[1] = all.b;
    sums[2] = all.c;
    sums[3] = all.d;
}
#endif

void sn_first_layer_load(const sn_first_layer *layer, const sn_first_layer_path *path,
                         const int16_t *values, void *window) {
    const uint32_t pitch = layer->pitch;
    const uint32_t along = path->is_vertical ? pitch : 1;
    const uint32_t across = path->is_vertical ? 1 : pitch;
    const uint32_t lines = path->is_vertical ? path->kernel_columns : path->kernel_rows;
    const uint32_t length = path->is_vertical ? path->kernel_rows : path->kernel_columns;
    int16_t *to = window;
    for (uint32_t line = 0; line < lines; ++line, values += across) {
        const int16_t *from = values;
        for (uint32_t i = 0; i < length; i += 2, from += 2 * along) {
            const uint32_t is_last = i + 1 == length;
            to = store(to, values_at(from, along, is_last),
                       values_at(from + across, along, is_last));
        }
    }
}
