// Where the RP2040 has its registers, and the bits that differ in the family; names of its
// datasheet.
#ifndef SN_RP2_RP2040_H
#define SN_RP2_RP2040_H

// The crystal's 12 MHz * 125 = 1500 MHz, / 6 / 2 = 125 MHz.
#define SN_CHIP_CLOCK_HZ 125000000
#define SN_PLL_DIVIDERS (6u << 16 | 2u << 12)

// 2.2.2 and 2.2.3
#define SN_CLOCKS_BASE 0x40008000u
#define SN_RESETS_BASE 0x4000C000u
#define SN_IO_BASE 0x40014000u
#define SN_PADS_BASE 0x4001C000u
#define SN_XOSC_BASE 0x40024000u
#define SN_PLL_BASE 0x40028000u
#define SN_UART_BASE 0x40034000u
#define SN_TIMER_BASE 0x40054000u

// RESETS (2.14.3)
#define SN_RESETS_DMA (1u << 2)
#define SN_RESETS_IO_BANK0 (1u << 5)
#define SN_RESETS_PADS_BANK0 (1u << 8)
#define SN_RESETS_PLL_SYS (1u << 12)
#define SN_RESETS_TIMER (1u << 21)
#define SN_RESETS_UART0 (1u << 22)

// The timer's microseconds come from the watchdog (4.7.6), cycles and enable in one register.
#define SN_TICK_CTRL SN_REGISTER(0x40058000u, 0x2Cu)
#define SN_TICK_CTRL_ENABLE (1u << 9 | SN_CRYSTAL_MHZ)

// PADS_BANK0 (2.19.6.3): no pad is cut off from its peripheral.
#define SN_PAD_ISOLATED 0u

// DMA (2.5.7)
#define SN_DMA_ABORT SN_REGISTER(SN_DMA_BASE, 0x444u)
#define SN_DMA_COUNT_MAX UINT32_MAX
#define SN_DMA_INCREASE_WRITE (1u << 5)
#define SN_DMA_RING(bits) ((bits) << 6 | 1u << 10)  // wraps the write address
#define SN_DMA_UART0_RX (21u << 15)

#endif
