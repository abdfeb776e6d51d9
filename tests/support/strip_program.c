// Runs one layer of the generated table over a clip: standard input to standard output.
//   strip_program CASE ROWS OUTPUT_ROWS
#include <stdio.h>
#include <stdlib.h>

#include "strip_cases.h"

// Each row is a block of its own, so that the address sanitizer sees the first byte beyond it.
static int8_t **read_rows(long count, size_t bytes) {
    int8_t **rows = calloc((size_t)count + 1, sizeof *rows);
    for (long i = 0; i < count; ++i) {
        rows[i] = malloc(bytes);
        if (fread(rows[i], 1, bytes, stdin) != bytes) {
            exit(2);
        }
    }
    return rows;
}

static void run(const strip_case *layer, int8_t **rows, long count, long output_rows) {
    const int8_t *input[64];
    int8_t *outputs[64];
    for (long first = -layer->early; first < output_rows; first += layer->rows) {
        void *const workspace = malloc(layer->workspace_bytes);
        for (long i = 0; i < layer->run_window; ++i) {
            const long row = first * layer->stride - layer->above + i;
            input[i] = row >= 0 && row < count ? rows[row] : NULL;
        }
        for (long i = 0; i < layer->rows; ++i) {
            const long row = first + i;
            outputs[i] = row >= 0 && row < output_rows ? malloc(layer->output_bytes) : NULL;
        }
        layer->run(layer->table, input, workspace, outputs);
        for (long i = 0; i < layer->rows; ++i) {
            if (outputs[i]) {
                fwrite(outputs[i], 1, layer->output_bytes, stdout);
                free(outputs[i]);
            }
        }
        free(workspace);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        return 1;
    }
    const strip_case *const layer = &strip_cases[strtol(argv[1], NULL, 10)];
    const long count = strtol(argv[2], NULL, 10);
    int8_t **rows = read_rows(count, layer->input_bytes);
    run(layer, rows, count, strtol(argv[3], NULL, 10));
    for (long i = 0; i < count; ++i) {
        free(rows[i]);
    }
    free(rows);
    return 0;
}
