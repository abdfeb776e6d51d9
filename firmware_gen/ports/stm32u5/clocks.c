// The order of things is that of RM0456 10.5.4 (voltage and booster) and 7.3.3 (flash).
#include "stm32u5/clocks.h"

#include "sn_config.h"
#include "stm32u5/registers.h"

#if SN_CORE_CLOCK_HZ < 64000000 || SN_CORE_CLOCK_HZ > 160000000 || SN_CORE_CLOCK_HZ % 2000000
#error The clocks of the STM32U5 port are even MHz from 64 to 160 MHz: clock_hz is another.
#endif

#ifdef SN_OSCILLATOR_HZ
#error The STM32U5 port runs from the internal oscillator: take the table oscillator out.
#endif

// 16 MHz / 4 = 4 MHz: the lowest input there may be, of the range that PLL1RGE = 0 stands for.
#define SN_PLL_INPUT_DIVIDER 4u
#define SN_PLL_INPUT_HZ 4000000u
#define SN_PLL_OUTPUT_DIVIDER 2u
#define SN_PLL_MULTIPLIER (SN_CORE_CLOCK_HZ * SN_PLL_OUTPUT_DIVIDER / SN_PLL_INPUT_HZ)

// In voltage range 1 one wait state for each 32 MHz (table 54).
#define SN_FLASH_WAIT_STATES ((SN_CORE_CLOCK_HZ - 1u) / 32000000u)

static void run_from_internal_oscillator(void) {
    SN_RCC_CR |= SN_CR_HSION;
    while ((SN_RCC_CR & SN_CR_HSIRDY) == 0u) {
    }
    SN_FLASH_ACR = (SN_FLASH_ACR & ~SN_ACR_LATENCY) | SN_FLASH_WAIT_STATES;
    while ((SN_FLASH_ACR & SN_ACR_LATENCY) != SN_FLASH_WAIT_STATES) {
    }
    SN_RCC_CFGR1 = (SN_RCC_CFGR1 & ~SN_CFGR1_SW) | SN_CFGR1_SW_HSI;
    while ((SN_RCC_CFGR1 & SN_CFGR1_SWS) != SN_CFGR1_SWS_HSI) {
    }
    SN_RCC_CR &= ~SN_CR_PLL1ON;
    while ((SN_RCC_CR & SN_CR_PLL1RDY) != 0u) {
    }
}

// The booster, which any clock above 55 MHz needs, runs from the PLL's source.
static void raise_voltage(void) {
    SN_RCC_AHB3ENR |= SN_AHB3ENR_PWREN;
    (void)SN_RCC_AHB3ENR;  // the clock needs a moment
    SN_PWR_VOSR |= SN_VOSR_RANGE_1;
    while ((SN_PWR_VOSR & SN_VOSR_VOSRDY) == 0u) {
    }
    SN_PWR_VOSR |= SN_VOSR_BOOSTEN;
    while ((SN_PWR_VOSR & SN_VOSR_BOOSTRDY) == 0u) {
    }
}

static void start_pll(void) {
    SN_RCC_PLL1DIVR = SN_PLL1DIVR_N(SN_PLL_MULTIPLIER) | SN_PLL1DIVR_PQ_HALF |
                      SN_PLL1DIVR_R(SN_PLL_OUTPUT_DIVIDER);
    SN_RCC_CR |= SN_CR_PLL1ON;
    while ((SN_RCC_CR & SN_CR_PLL1RDY) == 0u) {
    }
    SN_RCC_PLL1CFGR |= SN_PLL1CFGR_REN;
}

static void start_cache(void) {
    while ((SN_ICACHE_SR & SN_ICACHE_SR_BUSYF) != 0u) {
    }
    SN_ICACHE_CR |= SN_ICACHE_CR_EN;
}

void sn_clocks_start(void) {
    run_from_internal_oscillator();
    SN_RCC_PLL1CFGR = SN_PLL1CFGR_HSI | SN_PLL1CFGR_M(SN_PLL_INPUT_DIVIDER);
    raise_voltage();
    start_pll();
    SN_FLASH_ACR |= SN_ACR_PRFTEN;
    SN_RCC_CFGR2 = 0u;  // no bus divides the core's clock
    SN_RCC_CFGR1 |= SN_CFGR1_SW_PLL;
    while ((SN_RCC_CFGR1 & SN_CFGR1_SWS) != SN_CFGR1_SWS_PLL) {
    }
    start_cache();
}
