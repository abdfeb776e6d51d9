// The clocks of the STM32U5: PLL1 from the internal oscillator of 16 MHz (1 % off at most from 0 to
// 85 degrees, which a UART bears), all buses at the core's clock.
#ifndef SN_STM32U5_CLOCKS_H
#define SN_STM32U5_CLOCKS_H

// Whatever the clocks were; nothing may use a peripheral meanwhile. The instruction cache, which
// also holds the constants that are read from flash, is on afterwards.
void sn_clocks_start(void);

#endif
