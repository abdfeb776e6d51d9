// Runs all cases on QEMU's mps3-an547 (Cortex-M55 with Helium), and tells by semihosting how many
// bytes differ from what is expected.
#include "strip_cases.h"

#define MOST_ROWS 64

extern const int8_t clips[];
extern const int8_t expected[];
extern const uint32_t clip_rows;
extern const uint32_t case_count;
extern uint32_t stack_top[];
void reset(void);

static int8_t memory[1 << 18] __attribute__((aligned(16)));

const void *const vectors[] __attribute__((section(".vectors"), used)) = {stack_top, reset};

static void semihost(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void tell(uint32_t case_number, uint32_t differing) {
    static char text[] = "case 00: 00000000\n";
    text[5] = (char)('0' + case_number / 10);
    text[6] = (char)('0' + case_number % 10);
    for (uint32_t i = 0; i < 8; ++i) {
        const uint32_t digit = differing >> (28 - 4 * i) & 15u;
        text[9 + i] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
    semihost(4, text);
}

static void run(const strip_case *layer, const int8_t *clip, int8_t *made, long output_rows) {
    const int8_t *input[MOST_ROWS];
    int8_t *outputs[MOST_ROWS];
    for (long first = -layer->early; first < output_rows; first += layer->rows) {
        for (long i = 0; i < layer->run_window; ++i) {
            const long row = first * layer->stride - layer->above + i;
            const int inside = row >= 0 && row < (long)clip_rows;
            input[i] = inside ? clip + (size_t)row * layer->input_bytes : NULL;
        }
        for (long i = 0; i < layer->rows; ++i) {
            const long row = first + i;
            const int inside = row >= 0 && row < output_rows;
            outputs[i] = inside ? made + (size_t)row * layer->output_bytes : NULL;
        }
        layer->run(layer->table, input, memory, outputs);
    }
}

void reset(void) {
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
    __asm__ volatile("dsb\n isb\n");
    const int8_t *clip = clips;
    const int8_t *wanted = expected;
    for (uint32_t i = 0; i < case_count; ++i) {
        const strip_case *const layer = &strip_cases[i];
        const long output_rows = ((long)clip_rows + layer->stride - 1) / layer->stride;
        int8_t *const made = memory + (1 << 17);
        const size_t bytes = (size_t)output_rows * layer->output_bytes;
        uint32_t differing = 0;
        run(layer, clip, made, output_rows);
        for (size_t k = 0; k < bytes; ++k) {
            differing += made[k] != wanted[k];
        }
        tell(i, differing);
        clip += clip_rows * layer->input_bytes;
        wanted += bytes;
    }
    semihost(0x18, (const void *)0x20026);
}
