// UART0, polled: DMA channel 0 fills the ring, and its count says how much that was. The UART's own
// FIFO holds 32 bytes.
#include "rp2/uart.h"

#include "ring/ring.h"
#include "rp2/registers.h"
#include "sn_config.h"

#if SN_LINK_TX_PIN != 0 && SN_LINK_TX_PIN != 12 && SN_LINK_TX_PIN != 16 && SN_LINK_TX_PIN != 28
#error UART0 can send on GP0, GP12, GP16 and GP28 only.
#endif
#if SN_LINK_RX_PIN != 1 && SN_LINK_RX_PIN != 13 && SN_LINK_RX_PIN != 17 && SN_LINK_RX_PIN != 29
#error UART0 can receive on GP1, GP13, GP17 and GP29 only.
#endif

// The divider of the clock by 16 times the rate, in 64ths.
#define SN_DIVIDER ((SN_CORE_CLOCK_HZ * 4u + SN_LINK_BAUD / 2u) / SN_LINK_BAUD)

uint8_t sn_ring[SN_RING_BYTES] __attribute__((aligned(SN_RING_BYTES)));

void sn_ring_receive(void) {
    SN_DMA_CTRL = 0u;  // an aborted channel must be off (erratum RP2350-E5)
    SN_DMA_ABORT = 1u;
    while (SN_DMA_ABORT != 0u) {
    }
    SN_DMA_READ_ADDRESS = SN_UART_BASE;  // its data register
    SN_DMA_WRITE_ADDRESS = (uint32_t)(uintptr_t)sn_ring;
    SN_DMA_COUNT = SN_DMA_COUNT_MAX;
    SN_DMA_CTRL_TRIG =
        SN_DMA_UART0_RX | SN_DMA_RING(SN_RING_BITS) | SN_DMA_INCREASE_WRITE | SN_DMA_ENABLED;
}

uint32_t sn_ring_received(uint32_t taken) {
    const uint32_t count = SN_DMA_COUNT_MAX - SN_DMA_COUNT;
    return (count - taken) | (count == SN_DMA_COUNT_MAX ? SN_RING_BROKEN : 0u);  // used up
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
    sn_ring_receive();
}

void sn_uart_write(const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        while ((SN_UART_FLAGS & SN_UART_TX_FULL) != 0u) {
        }
        SN_UART_DATA = bytes[index];
    }
}

uint32_t sn_uart_overruns(void) {
    const uint32_t errors = SN_UART_ERRORS;
    SN_UART_ERRORS = 0u;  // any write clears
    return sn_ring_overruns(errors != 0u ? 1u : 0u);
}
