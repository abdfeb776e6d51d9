// Runs the generated network without an end and writes every answer to stdout.
//
// Without arguments: on the rows of stdin. With three (seed, rows to pass, rows to show): on rows
// that a generator makes; what comes before the last ones is not written, these are, each before
// its answers. Either way the arena is as large as the plan says, and full of rubbish, and what the
// front-end may use of it is spoilt before each row; scores must stay until the next answer. Rows
// are written as 'R' and their bytes,
// answers as 'A' and theirs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sn_engine.h"

extern const sn_model sn_generated_model;
// Of the model's clip length; beside the model's tables.
extern const uint32_t live_model_rows;

static bool is_shown = true;

static void write_answer(void *context, uint32_t tensor, uint32_t row_index, const int8_t *row,
                         uint32_t length) {
    (void)row_index;
    if (is_shown && tensor == sn_generated_model.tensor_count - 1u) {
        fputc('A', context);
        fwrite(row, 1, length, context);
    }
}

static uint32_t random_word(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

// Whether the scores are those of the newest answer, which `newest` keeps.
static bool scores_stay(const sn_engine *engine, uint32_t answers) {
    static int8_t newest[256];
    static uint32_t known;
    const int8_t *scores = sn_engine_scores(engine);
    const uint32_t classes = sn_generated_model.classes;
    if (scores && answers != known) {
        memcpy(newest, scores, classes);
        known = answers;
    }
    return !scores || memcmp(newest, scores, classes) == 0;
}

static int push(sn_engine *engine, sn_slide *slide, const int8_t *row) {
    memset(sn_engine_scratch(engine), 0xa5, sn_generated_model.scratch_bytes);
    if (sn_engine_push_endless(engine, slide, row) != SN_OK) {
        return 3;
    }
    if (!scores_stay(engine, slide->answers)) {
        return 5;
    }
    const bool is_small = engine->rows_pushed < 2u * slide->cycle && slide->next < slide->rows;
    return is_small ? 0 : 4;
}

static int run_made_up(sn_engine *engine, sn_slide *slide, int8_t *row, uint32_t length,
                       char **arguments) {
    uint32_t state = (uint32_t)strtoul(arguments[1], NULL, 10);
    const unsigned long passed = strtoul(arguments[2], NULL, 10);
    const unsigned long shown = strtoul(arguments[3], NULL, 10);
    slide->answers = UINT32_MAX - 1u;
    for (unsigned long number = 0; number < passed + shown; ++number) {
        is_shown = number >= passed;
        for (uint32_t i = 0; i < length; ++i) {
            row[i] = (int8_t)(random_word(&state) % 256u - 128u);
        }
        if (is_shown) {
            fputc('R', stdout);
            fwrite(row, 1, length, stdout);
        }
        const int status = push(engine, slide, row);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int run_input(sn_engine *engine, sn_slide *slide, int8_t *row, uint32_t length) {
    int status = 0;
    while (status == 0 && fread(row, 1, length, stdin) == length) {
        status = push(engine, slide, row);
    }
    return status;
}

int main(int count, char **arguments) {
    const uint32_t length =
        sn_generated_model.tensors[0].width * sn_generated_model.tensors[0].channels;
    void *arena = malloc(sn_generated_model.arena_bytes);
    int8_t *row = malloc(length);
    memset(arena, 0x5a, sn_generated_model.arena_bytes);
    sn_engine engine;
    sn_slide slide;
    int status = 2;
    if (sn_engine_begin(&engine, &sn_generated_model, arena, sn_generated_model.arena_bytes,
                        write_answer, stdout) == SN_OK &&
        sn_slide_begin(&slide, &sn_generated_model, live_model_rows) == SN_OK) {
        status = count == 4 ? run_made_up(&engine, &slide, row, length, arguments)
                            : run_input(&engine, &slide, row, length);
    }
    free(row);
    free(arena);
    return status;
}
