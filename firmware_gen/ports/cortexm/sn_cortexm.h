// What the Cortex-M families share: startup, the fault line, the core's cycle counter.
#ifndef SN_CORTEXM_H
#define SN_CORTEXM_H

#include <stdbool.h>
#include <stdint.h>

// Entry of every exception that the firmware does not expect: prints one line and halts.
void sn_fault_entry(void);

// Stops for good; a debugger finds the core asleep here.
__attribute__((noreturn)) void sn_halt(void);

// Starts DWT CYCCNT; false where it does not move (emulators, cores without it).
bool sn_cyccnt_start(void);
uint32_t sn_cyccnt_read(void);

// Passes at least `cycles` core cycles.
void sn_spin(uint32_t cycles);

#endif
