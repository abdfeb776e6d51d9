// The clock tree that the F2, F4 and F7 share: PLL from the board's oscillator, or from the
// internal one where the board has none or it does not start; peripheral buses at a half (APB2) and
// a quarter (APB1) of the core's clock. Registers: RM0390 5.4 and 6.3, RM0410 4.4 and 5.3.
#ifndef SN_STM32F4F7_CLOCKS_H
#define SN_STM32F4F7_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sn_config.h"

#ifndef SN_OSCILLATOR_HZ  // the file of the board names none
#define SN_OSCILLATOR_HZ 0u
#define SN_OSCILLATOR_IS_SIGNAL 0
#elif SN_OSCILLATOR_HZ < 4000000 || SN_OSCILLATOR_HZ > 50000000 || SN_OSCILLATOR_HZ % 1000000
#error The oscillator of an STM32F4 or F7 has whole MHz from 4 to 50: oscillator.hz is another.
#endif

#define SN_APB1_DIVIDER 4u
#define SN_APB2_DIVIDER 2u

// `core_hz`: a multiple of 1 MHz, 50 MHz to 216 MHz. `oscillator_hz`: a multiple of 1 MHz, 0 for
// none; `is_signal`: it comes from elsewhere, and no crystal has to be driven. `flash_control`:
// what the flash's control register needs for that clock, wait states in the lowest four bits.
// `over_drive`: whether that clock needs more than the first voltage scale gives.
typedef struct sn_clock_plan {
    uint32_t core_hz;
    uint32_t oscillator_hz;
    uint32_t flash_control;
    bool is_signal;
    bool over_drive;
} sn_clock_plan;

// Whatever the clocks were; nothing may use a peripheral meanwhile. Does nothing where there are no
// clocks to be set (QEMU).
void sn_clocks_start(const sn_clock_plan *plan);

#endif
