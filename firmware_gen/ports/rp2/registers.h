// The few registers of the RP2040 and RP2350 that the port uses, where both have the same; names of
// the datasheets. One has the Cortex-M0+ (Armv6-M), the other the Cortex-M33.
#ifndef SN_RP2_REGISTERS_H
#define SN_RP2_REGISTERS_H

#include <stdint.h>

#ifdef __ARM_ARCH_6M__
#include "rp2/rp2040.h"
#else
#include "rp2/rp2350.h"
#endif

#define SN_REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))

// Writing to these aliases of a register sets or clears the bits that are ones (2.1.2; 2.1.3).
#define SN_SET 0x2000u
#define SN_CLEAR 0x3000u

// RESETS
#define SN_RESETS_RESET 0x0u
#define SN_RESETS_DONE SN_REGISTER(SN_RESETS_BASE, 0x8u)

// CLOCKS
#define SN_CLK_REF_CTRL 0x30u
#define SN_CLK_REF_SELECTED SN_REGISTER(SN_CLOCKS_BASE, 0x38u)
#define SN_CLK_SYS_CTRL 0x3Cu
#define SN_CLK_SYS_SELECTED SN_REGISTER(SN_CLOCKS_BASE, 0x44u)
#define SN_CLK_PERI_CTRL SN_REGISTER(SN_CLOCKS_BASE, 0x48u)

#define SN_CLK_REF_SRC 3u
#define SN_CLK_REF_SRC_XOSC 2u
#define SN_CLK_REF_ON_ROSC 1u  // one bit for each source
#define SN_CLK_REF_ON_XOSC 4u
#define SN_CLK_SYS_SRC_AUX 1u  // the auxiliary source 0 is PLL_SYS
#define SN_CLK_SYS_ON_REF 1u
#define SN_CLK_SYS_ON_AUX 2u
#define SN_CLK_PERI_ENABLE (1u << 11)  // its auxiliary source 0 is clk_sys

// XOSC
#define SN_CRYSTAL_MHZ 12u
#define SN_XOSC_CTRL SN_REGISTER(SN_XOSC_BASE, 0x00u)
#define SN_XOSC_STATUS SN_REGISTER(SN_XOSC_BASE, 0x04u)
#define SN_XOSC_STARTUP SN_REGISTER(SN_XOSC_BASE, 0x0Cu)
#define SN_XOSC_ENABLED 0x00FABAA0u  // ENABLE, and the range 1 to 15 MHz
#define SN_XOSC_STABLE (1u << 31)

// PLL_SYS
#define SN_PLL_CS SN_REGISTER(SN_PLL_BASE, 0x0u)
#define SN_PLL_PWR 0x4u
#define SN_PLL_FBDIV SN_REGISTER(SN_PLL_BASE, 0x8u)
#define SN_PLL_PRIM SN_REGISTER(SN_PLL_BASE, 0xCu)
#define SN_PLL_LOCKED (1u << 31)
#define SN_PLL_OFF 1u
#define SN_PLL_POST_OFF (1u << 3)
#define SN_PLL_VCO_OFF (1u << 5)

// TIMER
#define SN_TIMER_NOW SN_REGISTER(SN_TIMER_BASE, 0x28u)
#define SN_TIMER_HZ 1000000u

// IO_BANK0, PADS_BANK0
#define SN_GPIO_CTRL(pin) SN_REGISTER(SN_IO_BASE, 0x04u + 8u * (pin))
#define SN_GPIO_UART 2u
#define SN_PAD(pin) (SN_PADS_BASE + 0x04u + 4u * (pin))
#define SN_PAD_PULL_DOWN (1u << 2)
#define SN_PAD_PULL_UP (1u << 3)
#define SN_PAD_INPUT (1u << 6)

// UART0, a PL011
#define SN_UART_DATA SN_REGISTER(SN_UART_BASE, 0x00u)
#define SN_UART_ERRORS SN_REGISTER(SN_UART_BASE, 0x04u)
#define SN_UART_FLAGS SN_REGISTER(SN_UART_BASE, 0x18u)
#define SN_UART_IBRD SN_REGISTER(SN_UART_BASE, 0x24u)
#define SN_UART_FBRD SN_REGISTER(SN_UART_BASE, 0x28u)
#define SN_UART_LCR_H SN_REGISTER(SN_UART_BASE, 0x2Cu)
#define SN_UART_CR SN_REGISTER(SN_UART_BASE, 0x30u)
#define SN_UART_DMACR SN_REGISTER(SN_UART_BASE, 0x48u)
#define SN_UART_TX_FULL (1u << 5)
#define SN_UART_8_BITS_FIFO 0x70u
#define SN_UART_ENABLED 0x301u  // UARTEN, TXE, RXE
#define SN_UART_RX_DMA 1u

// DMA channel 0
#define SN_DMA_BASE 0x50000000u
#define SN_DMA_READ_ADDRESS SN_REGISTER(SN_DMA_BASE, 0x000u)
#define SN_DMA_WRITE_ADDRESS SN_REGISTER(SN_DMA_BASE, 0x004u)
#define SN_DMA_COUNT SN_REGISTER(SN_DMA_BASE, 0x008u)
#define SN_DMA_CTRL_TRIG SN_REGISTER(SN_DMA_BASE, 0x00Cu)
#define SN_DMA_CTRL SN_REGISTER(SN_DMA_BASE, 0x010u)  // the same, without a start
#define SN_DMA_ENABLED 1u

#endif
