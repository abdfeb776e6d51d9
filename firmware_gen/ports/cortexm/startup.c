// Vector table and reset of a Cortex-M: FPU where there is one, .data and .bss, then main().
#include <stdint.h>

#include "cortexm/sn_cortexm.h"

#ifdef __ARM_FP
#define SN_CPACR (*(volatile uint32_t *)0xE000ED88u)
#endif
#define SN_VTOR (*(volatile uint32_t *)0xE000ED08u)

// From the linker script; only their addresses mean something.
extern uint32_t sn_stack_top[];
extern uint32_t sn_data_start[];
extern uint32_t sn_data_end[];
extern const uint32_t sn_data_load[];
extern uint32_t sn_bss_start[];
extern uint32_t sn_bss_end[];

extern int main(void);
void sn_reset(void);
void sn_start(void);

typedef union sn_vector {
    const uint32_t *stack;
    void (*handler)(void);
} sn_vector;

// The firmware polls: no interrupt is ever enabled, so the 16 system entries are enough.
__attribute__((section(".vectors"), used)) const sn_vector sn_vectors[16] = {
    {.stack = sn_stack_top},     {.handler = sn_reset},       {.handler = sn_fault_entry},
    {.handler = sn_fault_entry}, {.handler = sn_fault_entry}, {.handler = sn_fault_entry},
    {.handler = sn_fault_entry}, {.handler = sn_fault_entry}, {.handler = sn_fault_entry},
    {.handler = sn_fault_entry}, {.handler = sn_fault_entry}, {.handler = sn_fault_entry},
    {.handler = sn_fault_entry}, {.handler = sn_fault_entry}, {.handler = sn_fault_entry},
    {.handler = sn_fault_entry},
};

// A bootloader may arrive here with interrupts on and another stack. They stay off: all faults come
// as hard faults then, which the fault line takes apart.
__attribute__((naked, used)) void sn_reset(void) {
    __asm volatile("cpsid i\n"
                   "movs r0, #0\n"
                   "msr control, r0\n"
                   "ldr r0, =sn_stack_top\n"
                   "msr msp, r0\n"
                   "isb\n"
                   "bl sn_start\n");  // reaches further than B does on Armv6-M
}

// Runs before .data and .bss are there, and before any floating-point register may be touched.
__attribute__((used)) void sn_start(void) {
#ifdef __ARM_FP
    SN_CPACR |= 0xFu << 20;  // full access to CP10 and CP11: the FPU, and Helium
#endif
    SN_VTOR = (uint32_t)(uintptr_t)sn_vectors;
    __asm volatile("dsb\nisb" ::: "memory");

    const uint32_t *from = sn_data_load;
    for (uint32_t *to = sn_data_start; to < sn_data_end; to++) {
        *to = *from++;
        __asm volatile("" ::: "memory");  // keeps the loop from becoming a call of memcpy
    }
    for (uint32_t *to = sn_bss_start; to < sn_bss_end; to++) {
        *to = 0u;
        __asm volatile("" ::: "memory");
    }
    (void)main();
    sn_halt();
}
