// The clocks: 12 MHz crystal, core and UART at 125 MHz (RP2040) or 150 MHz (RP2350), timer in
// microseconds.
#ifndef SN_RP2_CLOCKS_H
#define SN_RP2_CLOCKS_H

#include <stdint.h>

// Takes the peripherals whose SN_RESETS_ bits are in `which` out of reset, and waits for them.
void sn_resets_release(uint32_t which);

// Whatever the clocks were; nothing may use the UART or the timer meanwhile.
void sn_clocks_start(void);

#endif
