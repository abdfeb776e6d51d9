// The few STM32U5 registers that the port uses; names and offsets of RM0456, addresses of its table
// 5 (those of the non-secure world: without TrustZone there is no other).
#ifndef SN_STM32U5_REGISTERS_H
#define SN_STM32U5_REGISTERS_H

#include "stm32/registers.h"

// RCC (11.8)
#define SN_RCC_BASE 0x46020C00u
#define SN_RCC_CR SN_REGISTER(SN_RCC_BASE, 0x00u)
#define SN_RCC_CFGR1 SN_REGISTER(SN_RCC_BASE, 0x1Cu)
#define SN_RCC_CFGR2 SN_REGISTER(SN_RCC_BASE, 0x20u)
#define SN_RCC_PLL1CFGR SN_REGISTER(SN_RCC_BASE, 0x28u)
#define SN_RCC_PLL1DIVR SN_REGISTER(SN_RCC_BASE, 0x34u)
#define SN_RCC_AHB1ENR SN_REGISTER(SN_RCC_BASE, 0x88u)
#define SN_RCC_AHB2ENR1 SN_REGISTER(SN_RCC_BASE, 0x8Cu)
#define SN_RCC_AHB3ENR SN_REGISTER(SN_RCC_BASE, 0x94u)
#define SN_RCC_APB1ENR1 SN_REGISTER(SN_RCC_BASE, 0x9Cu)
#define SN_RCC_APB2ENR SN_REGISTER(SN_RCC_BASE, 0xA4u)

#define SN_CR_MSISON 1u
#define SN_CR_MSISRDY (1u << 2)
#define SN_CR_HSION (1u << 8)
#define SN_CR_HSIRDY (1u << 10)
#define SN_CR_PLL1ON (1u << 24)
#define SN_CR_PLL1RDY (1u << 25)
#define SN_CFGR1_SW 3u
#define SN_CFGR1_SW_HSI 1u
#define SN_CFGR1_SW_PLL 3u
#define SN_CFGR1_SWS (3u << 2)
#define SN_CFGR1_SWS_HSI (1u << 2)
#define SN_CFGR1_SWS_PLL (3u << 2)
#define SN_PLL1CFGR_HSI 2u
#define SN_PLL1CFGR_M(divider) (((divider) - 1u) << 8)  // PLL1MBOOST stays 0: not divided
#define SN_PLL1CFGR_REN (1u << 18)
#define SN_PLL1DIVR_N(multiplier) ((multiplier) - 1u)
#define SN_PLL1DIVR_PQ_HALF (1u << 9 | 1u << 16)
#define SN_PLL1DIVR_R(divider) (((divider) - 1u) << 24)
#define SN_AHB1ENR_GPDMA1EN 1u
#define SN_AHB2ENR1_GPIOEN(port) (1u << (port))
#define SN_AHB3ENR_PWREN (1u << 2)

// PWR (10.10), FLASH (7.9), ICACHE (8.8)
#define SN_PWR_VOSR SN_REGISTER(0x46020800u, 0x0Cu)
#define SN_VOSR_BOOSTRDY (1u << 14)
#define SN_VOSR_VOSRDY (1u << 15)
#define SN_VOSR_RANGE_1 (3u << 16)
#define SN_VOSR_BOOSTEN (1u << 18)
#define SN_FLASH_ACR SN_REGISTER(0x40022000u, 0x00u)
#define SN_ACR_LATENCY 15u
#define SN_ACR_PRFTEN (1u << 8)
#define SN_ICACHE_CR SN_REGISTER(0x40030400u, 0x00u)
#define SN_ICACHE_SR SN_REGISTER(0x40030400u, 0x04u)
#define SN_ICACHE_CR_EN 1u
#define SN_ICACHE_SR_BUSYF 1u

#define SN_GPIO_BASE(port) (0x42020000u + 0x400u * (port))

#endif
