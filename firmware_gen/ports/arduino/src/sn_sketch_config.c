#include "sn_sketch_config.h"

#include "sn_generated.h"
#include "sn_sketch_sizes.h"  // generated: SN_CLASSES, SN_MODEL_ROWS

static uint64_t arena[(SN_ARENA_BYTES + 7u) / 8u];

#if SN_CLIP_SAMPLES > 0
static int16_t kept_clip[SN_CLIP_SAMPLES];
#define KEPT_CLIP kept_clip
#else
#define KEPT_CLIP 0
#endif

const sn_classifier_config sn_sketch_config = {
    &sn_generated_frontend, &sn_generated_model, arena, sizeof arena, KEPT_CLIP,
    SN_CLIP_SAMPLES,        SN_MODEL_ROWS,
};
