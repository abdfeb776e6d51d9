// The order of things is that of the datasheets (RP2040: 2.15 to 2.18; RP2350: 8.1 to 8.6): nothing
// ever runs from a clock that is being changed.
#include "rp2/clocks.h"

#include "rp2/registers.h"
#include "sn_config.h"

#if SN_CORE_CLOCK_HZ != SN_CHIP_CLOCK_HZ
#error The clocks are set up for 125 MHz (RP2040) or 150 MHz (RP2350): clock_hz is another.
#endif

#define SN_PLL_MULTIPLIER 125u
#define SN_CRYSTAL_STARTUP 47u  // about 1 ms, in 256 periods of the crystal

void sn_resets_release(uint32_t which) {
    SN_REGISTER(SN_RESETS_BASE + SN_CLEAR, SN_RESETS_RESET) = which;
    while ((SN_RESETS_DONE & which) != which) {
    }
}

static void run_from_ring_oscillator(void) {
    SN_REGISTER(SN_CLOCKS_BASE + SN_CLEAR, SN_CLK_SYS_CTRL) = SN_CLK_SYS_SRC_AUX;
    while (SN_CLK_SYS_SELECTED != SN_CLK_SYS_ON_REF) {
    }
    SN_REGISTER(SN_CLOCKS_BASE + SN_CLEAR, SN_CLK_REF_CTRL) = SN_CLK_REF_SRC;
    while (SN_CLK_REF_SELECTED != SN_CLK_REF_ON_ROSC) {
    }
}

static void start_crystal(void) {
    SN_XOSC_STARTUP = SN_CRYSTAL_STARTUP;
    SN_XOSC_CTRL = SN_XOSC_ENABLED;
    while ((SN_XOSC_STATUS & SN_XOSC_STABLE) == 0u) {
    }
    SN_REGISTER(SN_CLOCKS_BASE + SN_SET, SN_CLK_REF_CTRL) = SN_CLK_REF_SRC_XOSC;
    while (SN_CLK_REF_SELECTED != SN_CLK_REF_ON_XOSC) {
    }
}

static void start_pll(void) {
    SN_REGISTER(SN_RESETS_BASE + SN_SET, SN_RESETS_RESET) = SN_RESETS_PLL_SYS;
    sn_resets_release(SN_RESETS_PLL_SYS);
    SN_PLL_CS = 1u;  // divides the crystal's clock by 1
    SN_PLL_FBDIV = SN_PLL_MULTIPLIER;
    SN_REGISTER(SN_PLL_BASE + SN_CLEAR, SN_PLL_PWR) = SN_PLL_OFF | SN_PLL_VCO_OFF;
    while ((SN_PLL_CS & SN_PLL_LOCKED) == 0u) {
    }
    SN_PLL_PRIM = SN_PLL_DIVIDERS;
    SN_REGISTER(SN_PLL_BASE + SN_CLEAR, SN_PLL_PWR) = SN_PLL_POST_OFF;
}

static void start_ticks(void) {
#ifdef SN_TICK_CYCLES
    SN_TICK_CTRL = 0u;
    SN_TICK_CYCLES = SN_CRYSTAL_MHZ;
#endif
    SN_TICK_CTRL = SN_TICK_CTRL_ENABLE;
}

void sn_clocks_start(void) {
    run_from_ring_oscillator();
    start_crystal();
    start_pll();
    SN_REGISTER(SN_CLOCKS_BASE, SN_CLK_SYS_CTRL) = 0u;  // auxiliary source PLL_SYS, not yet used
    SN_REGISTER(SN_CLOCKS_BASE + SN_SET, SN_CLK_SYS_CTRL) = SN_CLK_SYS_SRC_AUX;
    while (SN_CLK_SYS_SELECTED != SN_CLK_SYS_ON_AUX) {
    }
    SN_CLK_PERI_CTRL = SN_CLK_PERI_ENABLE;
    start_ticks();
}
