// Where the link's USART and its stream are on the F4 and F7: base addresses RM0390 2.2.2 and
// RM0410 2.2.2, DMA requests RM0390 tables 28 and 29, RM0410 tables 26 and 27.
#ifndef SN_STM32F4F7_USART_PLACES_H
#define SN_STM32F4F7_USART_PLACES_H

#include "sn_config.h"
#include "stm32/link.h"
#include "stm32/registers.h"
#include "stm32f4f7/clocks.h"

#define SN_RCC_AHB1ENR SN_REGISTER(0x40023800u, 0x30u)
#define SN_RCC_APB1ENR SN_REGISTER(0x40023800u, 0x40u)
#define SN_RCC_APB2ENR SN_REGISTER(0x40023800u, 0x44u)
#define SN_GPIO_BASE(port) (0x40020000u + 0x400u * (port))
#define SN_DMA1_BASE 0x40026000u
#define SN_DMA2_BASE 0x40026400u

#define SN_AHB1ENR_DMA1EN (1u << 21)
#define SN_AHB1ENR_DMA2EN (1u << 22)
#define SN_AHB1ENR_GPIOEN(port) (1u << (port))

#if SN_LINK_USART == 1
#define SN_USART_BASE 0x40011000u
#define SN_USART_HZ (SN_CORE_CLOCK_HZ / SN_APB2_DIVIDER)
#define SN_USART_ENR SN_RCC_APB2ENR
#define SN_USART_EN (1u << 4)
#define SN_USART_STREAM {SN_DMA2_BASE, 2u, 4u}
#else
#define SN_USART_HZ (SN_CORE_CLOCK_HZ / SN_APB1_DIVIDER)
#define SN_USART_ENR SN_RCC_APB1ENR
#if SN_LINK_USART == 2
#define SN_USART_BASE 0x40004400u
#define SN_USART_EN (1u << 17)
#define SN_USART_STREAM {SN_DMA1_BASE, 5u, 4u}
#else
#define SN_USART_BASE 0x40004800u
#define SN_USART_EN (1u << 18)
#define SN_USART_STREAM {SN_DMA1_BASE, 1u, 4u}
#endif
#endif

// Periods of the USART's clock a bit, to the nearest.
#define SN_USART_DIVIDER ((SN_USART_HZ + SN_LINK_BAUD / 2u) / SN_LINK_BAUD)

#endif
