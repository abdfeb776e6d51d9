// What the generated table says of each layer of a test.
#ifndef STRIP_CASES_H
#define STRIP_CASES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const void *table;
    void (*run)(const void *table, const int8_t *const *input, void *workspace,
                int8_t *const *outputs);
    size_t workspace_bytes;
    size_t input_bytes;
    size_t output_bytes;
    long rows;
    long early;
    long stride;
    long above;
    long run_window;
} strip_case;

extern const strip_case strip_cases[];

#endif
