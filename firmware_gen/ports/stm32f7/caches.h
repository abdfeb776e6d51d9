// The caches of a Cortex-M7. Registers: Armv7-M Architecture Reference Manual (DDI 0403) B3.2 and
// B4.8; what the core does: Arm DDI 0489, chapter 7.
#ifndef SN_STM32F7_CACHES_H
#define SN_STM32F7_CACHES_H

// Turns both on. What a DMA writes must then lie outside of what is cached: in the DTCM.
void sn_caches_start(void);

#endif
