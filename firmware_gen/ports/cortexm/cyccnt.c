// The core's cycle counter, which emulators and some cores do not have: it is probed.
#include "cortexm/sn_cortexm.h"

#if !defined(__ARM_ARCH) || defined(__ARM_ARCH_6M__)

bool sn_cyccnt_start(void) {
    return false;
}

uint32_t sn_cyccnt_read(void) {
    return 0u;
}

#else

#define SN_DEMCR (*(volatile uint32_t *)0xE000EDFCu)
#define SN_DWT_CTRL (*(volatile uint32_t *)0xE0001000u)
#define SN_DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)
#define SN_DWT_LAR (*(volatile uint32_t *)0xE0001FB0u)

#define SN_DEMCR_TRCENA (1u << 24)
#define SN_DWT_CTRL_CYCCNTENA 1u
#define SN_DWT_UNLOCK 0xC5ACCE55u
#define SN_PROBE_CYCLES 64u

bool sn_cyccnt_start(void) {
    SN_DEMCR |= SN_DEMCR_TRCENA;
    SN_DWT_LAR = SN_DWT_UNLOCK;  // some Cortex-M7 lock the counter; others ignore this
    SN_DWT_CYCCNT = 0u;
    SN_DWT_CTRL |= SN_DWT_CTRL_CYCCNTENA;
    const uint32_t before = SN_DWT_CYCCNT;
    sn_spin(SN_PROBE_CYCLES);
    return SN_DWT_CYCCNT != before;
}

uint32_t sn_cyccnt_read(void) {
    return SN_DWT_CYCCNT;
}

#endif

void sn_spin(uint32_t cycles) {
    // A turn of this loop takes two cycles at the very least.
    for (uint32_t turn = 0; turn < cycles / 2u; turn++) {
        __asm volatile("nop");
    }
}
