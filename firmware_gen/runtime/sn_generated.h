// What every generated project defines, and the runtime's main program uses.
#ifndef SN_GENERATED_H
#define SN_GENERATED_H

#include <stdint.h>

#include "engine/sn_model.h"
#include "frontend/sn_frontend.h"
#include "sn_config.h"  // generated: SN_ARENA_BYTES, SN_CLIP_SAMPLES (0 for `stream`), ABI lock
#include "sn_shapes.h"  // generated: SN_LIVE, 1 in a firmware that takes streams without an end

typedef struct sn_identity {
    uint8_t build_id[32];
    const char *board;       // e.g. "nano33"
    uint32_t clock_hz;       // the core's, 0 where unknown
    uint32_t model_rows;     // rows of the model's clip length
    uint32_t clip_samples;   // samples of the model's clip length
    uint32_t run_budget_ms;  // longest time that one second of audio may take
    uint32_t class_count;
    const char *const *classes;
} sn_identity;

extern const sn_frontend sn_generated_frontend;
extern const sn_model sn_generated_model;
extern const sn_identity sn_generated_identity;

#endif
