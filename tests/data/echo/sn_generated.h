// A stand-in for the runtime's header: only what generated/sn_identity.c needs.
#ifndef SN_GENERATED_H
#define SN_GENERATED_H

#include <stdint.h>

#include "sn_config.h"

typedef struct sn_identity {
    uint8_t build_id[32];
    const char *board;
    uint32_t clock_hz;
    uint32_t model_rows;
    uint32_t clip_samples;
    uint32_t run_budget_ms;
    uint32_t class_count;
    const char *const *classes;
} sn_identity;

extern const sn_identity sn_generated_identity;

#endif
