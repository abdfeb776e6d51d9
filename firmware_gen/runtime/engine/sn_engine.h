// The streaming int8 network: feature rows in, class scores out; rings, no whole tensors.
#ifndef SN_ENGINE_H
#define SN_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/sn_model.h"
#include "engine/sn_slide.h"
#include "sn_status.h"

// Sees each finished row of each tensor that is made, in row order: tensor 0 is the input (the
// feature rows), then the output of every operator in the model's order, the last being the scores.
// Tensors inside a fused operator are not made, and keep their numbers. `length` bytes, without
// padding columns.
typedef void (*sn_tap)(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                       uint32_t length);

// `rows_pushed`: feature rows so far; `rows_total`: all of them, unknown (the largest uint32_t)
// before sn_engine_finish.
typedef struct sn_engine {
    const sn_model *model;
    uint8_t *arena;
    sn_tap tap;
    void *tap_context;
    uint32_t rows_pushed;
    uint32_t rows_total;
    bool finished;
} sn_engine;

// Starts a clip. `arena`: at least model->arena_bytes, aligned to 8; owned by the engine until the
// next begin. `tap` may be null.
SN_MUST_CHECK sn_status sn_engine_begin(sn_engine *engine, const sn_model *model, void *arena,
                                        uint32_t arena_bytes, sn_tap tap, void *tap_context);

// Pushes one feature row and runs every layer as far as its rows allow. SN_ERR_ARGUMENT beyond
// model->max_rows, SN_ERR_STATE after sn_engine_finish.
SN_MUST_CHECK sn_status sn_engine_push(sn_engine *engine, const int8_t *row);

// Flushes the bottom padding through all layers; the scores are valid afterwards. SN_ERR_STATE
// without any row, or when called twice.
SN_MUST_CHECK sn_status sn_engine_finish(sn_engine *engine);

// As sn_engine_push for a stream without an end, begun with sn_engine_begin and sn_slide_begin: it
// may be called for ever, and each row that the last layer makes gives scores as soon as there are
// enough. The tap sees all vectors then, and row numbers that are taken back from time to time.
// After an error the stream is over. Only in a live firmware.
SN_MUST_CHECK sn_status sn_engine_push_endless(sn_engine *engine, sn_slide *slide,
                                               const int8_t *row);

// Memory of the arena for others, model->scratch_bytes, aligned to 4. What they keep there is lost
// in sn_engine_push, sn_engine_push_endless and sn_engine_finish.
void *sn_engine_scratch(const sn_engine *engine);

// The int8 scores, model->classes of them; null before sn_engine_finish, or a stream's first
// answer.
const int8_t *sn_engine_scores(const sn_engine *engine);

#endif
