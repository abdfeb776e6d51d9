// Runs the front-end as a program, so that the sanitisers can watch it: reads four words (total
// samples, samples a push, model rows, kept capacity) and the samples, writes the feature rows.
#include <stdio.h>
#include <stdlib.h>

#include "frontend/sn_features.h"

extern const sn_frontend sn_generated_frontend;

static sn_status write_row(void *context, const int8_t *row) {
    return fwrite(row, 1, SN_COEFFICIENTS, context) == SN_COEFFICIENTS ? SN_OK : SN_ERR_MEMORY;
}

static sn_status run(const uint32_t *words, const int16_t *samples, int16_t *kept) {
    static sn_features features;
    static sn_features_work work;
    sn_status status = sn_features_begin(&features, &sn_generated_frontend, &work, kept, words[3],
                                         words[2], words[0]);
    for (uint32_t at = 0; status == SN_OK && at < words[0]; at += words[1]) {
        const uint32_t left = words[0] - at;
        const uint32_t count = left < words[1] ? left : words[1];
        status = sn_features_push(&features, samples + at, count, write_row, stdout);
    }
    return status == SN_OK ? sn_features_finish(&features, write_row, stdout) : status;
}

int main(void) {
    uint32_t words[4];
    if (fread(words, sizeof words[0], 4, stdin) != 4) {
        return 100;
    }
    // Exact sizes: a read or write past an end is one past a heap block.
    int16_t *samples = malloc(words[0] * sizeof *samples);
    int16_t *kept = malloc(words[3] * sizeof *kept);
    int result = 101;
    if (samples != NULL && kept != NULL &&
        fread(samples, sizeof *samples, words[0], stdin) == words[0]) {
        result = (int)run(words, samples, kept);
    }
    free(samples);
    free(kept);
    return result;
}
