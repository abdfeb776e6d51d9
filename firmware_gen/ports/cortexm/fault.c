// An unexpected exception becomes one ASCII line that the host recognises, then the core halts.
#include "cortexm/sn_cortexm.h"
#include "sn_port.h"

#define SN_HARD_FAULT 3u
#ifndef __ARM_ARCH_6M__
#define SN_CFSR (*(volatile uint32_t *)0xE000ED28u)
#define SN_CFSR_MEMORY 0x000000FFu
#define SN_CFSR_BUS 0x0000FF00u
#define SN_CFSR_USAGE 0xFFFF0000u
#endif

extern uint32_t sn_stack_bottom[];
extern uint32_t sn_ram_end[];

void sn_fault(const uint32_t *frame, uint32_t exception);

// The stack may be what overflowed, so the handler takes it from the top again.
__attribute__((naked)) void sn_fault_entry(void) {
    __asm volatile("mrs r0, msp\n"
                   "mrs r1, ipsr\n"
                   "ldr r2, =sn_stack_top\n"
                   "msr msp, r2\n"
                   "isb\n"
                   "bl sn_fault\n");
}

static void put_text(char *line, uint32_t *length, const char *text) {
    while (*text != '\0') {
        line[(*length)++] = *text++;
    }
}

static void put_hex(char *line, uint32_t *length, uint32_t value) {
    for (uint32_t digit = 0; digit < 8u; digit++) {
        line[(*length)++] = "0123456789abcdef"[value >> 28];
        value <<= 4;
    }
}

#ifdef __ARM_ARCH_6M__

// Armv6-M has one fault, and no register that tells its cause.
static const char *kind_of(uint32_t exception) {
    return exception != SN_HARD_FAULT ? "EXCEPTION" : "HARD";
}

#else

// With interrupts off every fault is escalated; the status register still tells its cause.
static const char *kind_of(uint32_t exception) {
    const uint32_t status = SN_CFSR;
    if (exception != SN_HARD_FAULT) {
        return "EXCEPTION";
    }
    if ((status & SN_CFSR_BUS) != 0u) {
        return "BUS";
    }
    if ((status & SN_CFSR_MEMORY) != 0u) {
        return "MEMORY";
    }
    return (status & SN_CFSR_USAGE) != 0u ? "USAGE" : "HARD";
}

#endif

// `frame`: r0-r3, r12, lr, pc, xpsr as the core pushed them.
__attribute__((used, noreturn)) void sn_fault(const uint32_t *frame, uint32_t exception) {
    const uintptr_t address = (uintptr_t)frame;
    const bool stacked =
        address >= (uintptr_t)sn_stack_bottom && address + 32u <= (uintptr_t)sn_ram_end;
    const uint32_t lr = stacked ? frame[5] : 0u;
    const uint32_t pc = stacked ? frame[6] : 0u;
    char line[48];
    uint32_t length = 0;
    put_text(line, &length, "\nSN FAULT ");
    put_text(line, &length, stacked ? kind_of(exception) : "STACK");
    put_text(line, &length, " ");
    put_hex(line, &length, pc);
    put_text(line, &length, " ");
    put_hex(line, &length, lr);
    put_text(line, &length, "\n");
    sn_port_write((const uint8_t *)line, length);
    sn_halt();
}

void sn_halt(void) {
    for (;;) {
        __asm volatile("wfi");
    }
}
