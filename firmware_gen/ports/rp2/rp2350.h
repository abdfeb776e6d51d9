// Where the RP2350 has its registers, and the bits that differ in the family; names of its
// datasheet.
#ifndef SN_RP2_RP2350_H
#define SN_RP2_RP2350_H

// The crystal's 12 MHz * 125 = 1500 MHz, / 5 / 2 = 150 MHz.
#define SN_CHIP_CLOCK_HZ 150000000
#define SN_PLL_DIVIDERS (5u << 16 | 2u << 12)

// 2.2.4
#define SN_CLOCKS_BASE 0x40010000u
#define SN_RESETS_BASE 0x40020000u
#define SN_IO_BASE 0x40028000u
#define SN_PADS_BASE 0x40038000u
#define SN_XOSC_BASE 0x40048000u
#define SN_PLL_BASE 0x40050000u
#define SN_UART_BASE 0x40070000u
#define SN_TIMER_BASE 0x400B0000u

// RESETS (7.5.3)
#define SN_RESETS_DMA (1u << 2)
#define SN_RESETS_IO_BANK0 (1u << 6)
#define SN_RESETS_PADS_BANK0 (1u << 9)
#define SN_RESETS_PLL_SYS (1u << 14)
#define SN_RESETS_TIMER (1u << 23)
#define SN_RESETS_UART0 (1u << 26)

// The timer's microseconds come from TICKS (8.5.2), which has cycles and enable apart.
#define SN_TICK_CTRL SN_REGISTER(0x40108000u, 0x18u)
#define SN_TICK_CTRL_ENABLE 1u
#define SN_TICK_CYCLES SN_REGISTER(0x40108000u, 0x1Cu)

// PADS_BANK0 (9.11.3): after a reset every pad is cut off from its peripheral.
#define SN_PAD_ISOLATED (1u << 8)

// DMA (12.6.10); the upper bits of the count are its mode: 0, stop at the end.
#define SN_DMA_ABORT SN_REGISTER(SN_DMA_BASE, 0x464u)
#define SN_DMA_COUNT_MAX 0x0FFFFFFFu
#define SN_DMA_INCREASE_WRITE (1u << 6)
#define SN_DMA_RING(bits) ((bits) << 8 | 1u << 12)  // wraps the write address
#define SN_DMA_UART0_RX (29u << 17)

#endif
