// Runs the generated network on the rows of stdin and writes each finished row to stdout, as three
// little-endian words (tensor, row, length) and the bytes. The arena is exactly as large as the
// plan says, and full of rubbish, so that sanitizers and comparisons see any stray access.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sn_engine.h"

extern const sn_model sn_generated_model;

static void write_row(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                      uint32_t length) {
    const uint32_t head[3] = {tensor, row_index, length};
    fwrite(head, sizeof head[0], 3, context);
    fwrite(row, 1, length, context);
}

static int run(void *arena, int8_t *row, uint32_t length) {
    sn_engine engine;
    sn_status status = sn_engine_begin(&engine, &sn_generated_model, arena,
                                       sn_generated_model.arena_bytes, write_row, stdout);
    while (status == SN_OK && fread(row, 1, length, stdin) == length) {
        memset(sn_engine_scratch(&engine), 0xa5, sn_generated_model.scratch_bytes);
        status = sn_engine_push(&engine, row);
    }
    return status == SN_OK ? (int)sn_engine_finish(&engine) : (int)status;
}

int main(void) {
    const uint32_t length =
        sn_generated_model.tensors[0].width * sn_generated_model.tensors[0].channels;
    void *arena = malloc(sn_generated_model.arena_bytes);
    int8_t *row = malloc(length);
    memset(arena, 0x5a, sn_generated_model.arena_bytes);
    const int status = run(arena, row, length);
    free(row);
    free(arena);
    return status;
}
