// UART0, polled. The receiver never stops: DMA channel 0 writes what comes into a ring, and its
// count says how much that was. So the link keeps what arrives while the core computes, up to a
// whole ring; the UART's own FIFO holds 32 bytes.
#include "rp2/uart.h"

#include "cortexm/sn_cortexm.h"
#include "rp2/registers.h"
#include "sn_config.h"

#define SN_RING_BITS 11u
#define SN_RING (1u << SN_RING_BITS)

#if SN_LINK_TX_PIN != 0 && SN_LINK_TX_PIN != 12 && SN_LINK_TX_PIN != 16 && SN_LINK_TX_PIN != 28
#error UART0 can send on GP0, GP12, GP16 and GP28 only.
#endif
#if SN_LINK_RX_PIN != 1 && SN_LINK_RX_PIN != 13 && SN_LINK_RX_PIN != 17 && SN_LINK_RX_PIN != 29
#error UART0 can receive on GP1, GP13, GP17 and GP29 only.
#endif

// The divider of the clock by 16 times the rate, in 64ths.
#define SN_DIVIDER ((SN_CORE_CLOCK_HZ * 4u + SN_LINK_BAUD / 2u) / SN_LINK_BAUD)

// The count may be ahead of the byte in memory; a few cycles are plenty.
#define SN_SETTLE_CYCLES 32u

static uint8_t ring[SN_RING] __attribute__((aligned(SN_RING)));
static uint32_t taken;  // bytes handed out since the receiver started
static uint32_t overruns;

static uint32_t received(void) {
    return SN_DMA_COUNT_MAX - SN_DMA_COUNT;
}

static void start_receiver(void) {
    SN_DMA_CTRL = 0u;  // an aborted channel must be off (erratum RP2350-E5)
    SN_DMA_ABORT = 1u;
    while (SN_DMA_ABORT != 0u) {
    }
    taken = 0u;
    SN_DMA_READ_ADDRESS = SN_UART_BASE;  // its data register
    SN_DMA_WRITE_ADDRESS = (uint32_t)(uintptr_t)ring;
    SN_DMA_COUNT = SN_DMA_COUNT_MAX;
    SN_DMA_CTRL_TRIG =
        SN_DMA_UART0_RX | SN_DMA_RING(SN_RING_BITS) | SN_DMA_INCREASE_WRITE | SN_DMA_ENABLED;
}

static void give_pin(uint32_t pin) {
    SN_REGISTER(SN_PAD(pin), SN_CLEAR) = SN_PAD_PULL_DOWN;
    SN_REGISTER(SN_PAD(pin), SN_SET) = SN_PAD_PULL_UP | SN_PAD_INPUT;
    SN_GPIO_CTRL(pin) = SN_GPIO_UART;
    SN_REGISTER(SN_PAD(pin), SN_CLEAR) = SN_PAD_ISOLATED;  // last: what it is set to holds by now
}

void sn_uart_start(void) {
    give_pin(SN_LINK_TX_PIN);
    give_pin(SN_LINK_RX_PIN);
    SN_UART_IBRD = SN_DIVIDER / 64u;
    SN_UART_FBRD = SN_DIVIDER % 64u;
    SN_UART_LCR_H = SN_UART_8_BITS_FIFO;  // takes the divider over, too
    SN_UART_DMACR = SN_UART_RX_DMA;
    SN_UART_CR = SN_UART_ENABLED;
    start_receiver();
}

// Waits for bytes; returns how many are in the ring, 0 after an overrun was mended.
static uint32_t wait_for_bytes(void) {
    uint32_t count = received();
    while (count == taken) {
        count = received();
    }
    if (count - taken > SN_RING ||
        count == SN_DMA_COUNT_MAX) {  // overwritten, or the count is used up
        overruns += count - taken;
        start_receiver();
        return 0u;
    }
    sn_spin(SN_SETTLE_CYCLES);
    return count - taken;
}

uint32_t sn_uart_read(uint8_t *bytes, uint32_t capacity) {
    uint32_t ready = 0u;
    while (ready == 0u) {
        ready = wait_for_bytes();
    }
    const uint32_t count = ready < capacity ? ready : capacity;
    for (uint32_t index = 0; index < count; index++) {
        bytes[index] = *(volatile uint8_t *)&ring[(taken + index) % SN_RING];
    }
    taken += count;
    return count;
}

void sn_uart_write(const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        while ((SN_UART_FLAGS & SN_UART_TX_FULL) != 0u) {
        }
        SN_UART_DATA = bytes[index];
    }
}

uint32_t sn_uart_overruns(void) {
    if (SN_UART_ERRORS != 0u) {
        SN_UART_ERRORS = 0u;  // any write clears
        overruns++;
    }
    return overruns;
}
