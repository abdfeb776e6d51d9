// The order of things is that of RM0390 5.1.4 and RM0410 4.1.4 (entering over-drive mode).
#include "stm32f4f7/clocks.h"

#include "stm32/registers.h"

#define SN_RCC_BASE 0x40023800u
#define SN_RCC_CR SN_REGISTER(SN_RCC_BASE, 0x00u)
#define SN_RCC_PLLCFGR SN_REGISTER(SN_RCC_BASE, 0x04u)
#define SN_RCC_CFGR SN_REGISTER(SN_RCC_BASE, 0x08u)
#define SN_RCC_APB1ENR SN_REGISTER(SN_RCC_BASE, 0x40u)
#define SN_PWR_CR SN_REGISTER(0x40007000u, 0x00u)
#define SN_PWR_CSR SN_REGISTER(0x40007000u, 0x04u)
#define SN_FLASH_ACR SN_REGISTER(0x40023C00u, 0x00u)

#define SN_CR_HSION 1u
#define SN_CR_HSIRDY (1u << 1)
#define SN_CR_HSEON (1u << 16)
#define SN_CR_HSERDY (1u << 17)
#define SN_CR_HSEBYP (1u << 18)
#define SN_CR_PLLON (1u << 24)
#define SN_CR_PLLRDY (1u << 25)
#define SN_PLLCFGR_HSE (1u << 22)
#define SN_PLLCFGR_Q(divider) ((divider) << 24)
#define SN_PLLCFGR_R(divider) ((divider) << 28)  // reserved on the F405, with this reset value
#define SN_CFGR_SW 3u
#define SN_CFGR_SW_PLL 2u
#define SN_CFGR_SWS (3u << 2)
#define SN_CFGR_SWS_PLL (2u << 2)
#define SN_CFGR_HPRE (15u << 4)
#define SN_CFGR_PPRE (7u << 10 | 7u << 13)
#define SN_CFGR_APB1_QUARTER (5u << 10)
#define SN_CFGR_APB2_HALF (4u << 13)
#define SN_APB1ENR_PWREN (1u << 28)
#define SN_CR_VOS_SCALE_1 (3u << 14)
#define SN_CR_ODEN (1u << 16)
#define SN_CR_ODSWEN (1u << 17)
#define SN_CSR_ODRDY (1u << 16)
#define SN_CSR_ODSWRDY (1u << 17)
#define SN_ACR_LATENCY 15u

#define SN_HSI_HZ 16000000u
#define SN_PLL_INPUT_HZ 1000000u
#define SN_PLL_OUTPUT_DIVIDER 2u
#define SN_PLL_Q 9u  // for USB and the like, which are not used: below 48 MHz at any clock
#define SN_PLL_R 2u

// Turns at 16 MHz, of ten cycles or more: some 100 ms, and a crystal needs a few.
#define SN_OSCILLATOR_PATIENCE 160000u

static void run_from_internal_oscillator(void) {
    SN_RCC_CFGR &= ~SN_CFGR_SW;
    while ((SN_RCC_CFGR & SN_CFGR_SWS) != 0u) {
    }
    SN_RCC_CR &= ~SN_CR_PLLON;
    while ((SN_RCC_CR & SN_CR_PLLRDY) != 0u) {
    }
}

static bool start_oscillator(const sn_clock_plan *plan) {
    if (plan->oscillator_hz == 0u) {
        return false;
    }
    SN_RCC_CR &= ~SN_CR_HSEON;
    if (plan->is_signal) {
        SN_RCC_CR |= SN_CR_HSEBYP;
    }
    SN_RCC_CR |= SN_CR_HSEON;
    for (uint32_t turn = 0; turn < SN_OSCILLATOR_PATIENCE; turn++) {
        if ((SN_RCC_CR & SN_CR_HSERDY) != 0u) {
            return true;
        }
    }
    return false;
}

static void start_pll(const sn_clock_plan *plan, bool from_oscillator) {
    const uint32_t input_hz = from_oscillator ? plan->oscillator_hz : SN_HSI_HZ;
    const uint32_t multiplier = plan->core_hz * SN_PLL_OUTPUT_DIVIDER / SN_PLL_INPUT_HZ;
    SN_RCC_PLLCFGR = input_hz / SN_PLL_INPUT_HZ | multiplier << 6 |
                     (from_oscillator ? SN_PLLCFGR_HSE : 0u) | SN_PLLCFGR_Q(SN_PLL_Q) |
                     SN_PLLCFGR_R(SN_PLL_R);
    SN_RCC_CR |= SN_CR_PLLON;
}

static void raise_voltage(void) {
    SN_PWR_CR |= SN_CR_ODEN;
    while ((SN_PWR_CSR & SN_CSR_ODRDY) == 0u) {
    }
    SN_PWR_CR |= SN_CR_ODSWEN;
    while ((SN_PWR_CSR & SN_CSR_ODSWRDY) == 0u) {
    }
}

void sn_clocks_start(const sn_clock_plan *plan) {
    if ((SN_RCC_CR & SN_CR_HSIRDY) == 0u) {
        return;  // it runs after every reset, so here is no RCC
    }
    run_from_internal_oscillator();
    const bool from_oscillator = start_oscillator(plan);
    SN_RCC_APB1ENR |= SN_APB1ENR_PWREN;
    (void)SN_RCC_APB1ENR;  // the clock needs a moment
    if (plan->over_drive) {
        SN_PWR_CR |= SN_CR_VOS_SCALE_1;  // as after a reset; only while the PLL is off
    }
    start_pll(plan, from_oscillator);
    if (plan->over_drive) {
        raise_voltage();
    }
    SN_FLASH_ACR = plan->flash_control;
    while (((SN_FLASH_ACR ^ plan->flash_control) & SN_ACR_LATENCY) != 0u) {
    }
    const uint32_t plain = SN_RCC_CFGR & ~(SN_CFGR_HPRE | SN_CFGR_PPRE);
    SN_RCC_CFGR = plain | SN_CFGR_APB1_QUARTER | SN_CFGR_APB2_HALF;
    while ((SN_RCC_CR & SN_CR_PLLRDY) == 0u) {
    }
    SN_RCC_CFGR |= SN_CFGR_SW_PLL;
    while ((SN_RCC_CFGR & SN_CFGR_SWS) != SN_CFGR_SWS_PLL) {
    }
}
