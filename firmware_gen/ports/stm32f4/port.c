// STM32F4: clock tree, a USART as the link with a stream of the DMA behind it, CYCCNT as the clock.
// QEMU's STM32F405 has neither clock tree nor DMA nor CYCCNT: there the USART is polled.
#include "sn_port.h"

#include <stdbool.h>

#include "cortexm/sn_cortexm.h"
#include "ring/ring.h"
#include "sn_config.h"
#include "stm32/gpio.h"
#include "stm32/usart_v1.h"
#include "stm32f4f7/clocks.h"
#include "stm32f4f7/stream.h"
#include "stm32f4f7/usart_places.h"

#if SN_CORE_CLOCK_HZ < 50000000 || SN_CORE_CLOCK_HZ > 180000000 || SN_CORE_CLOCK_HZ % 1000000
#error The clocks of the STM32F4 port are whole MHz from 50 to 180 MHz: clock_hz is another.
#endif

// At 2.7 to 3.6 V one wait state for each 30 MHz (RM0390 3.4.1). The accelerator in front of the
// flash prefetches and caches.
#define SN_FLASH_WAIT_STATES ((SN_CORE_CLOCK_HZ - 1u) / 30000000u)
#define SN_ACR_ACCELERATOR (1u << 8 | 1u << 9 | 1u << 10)  // PRFTEN, ICEN, DCEN

// What the first voltage scale can do alone (RM0390 table 15).
#define SN_NORMAL_DRIVE_HZ 168000000u

static const sn_clock_plan clock_plan = {
    .core_hz = SN_CORE_CLOCK_HZ,
    .oscillator_hz = SN_OSCILLATOR_HZ,
    .flash_control = SN_ACR_ACCELERATOR | SN_FLASH_WAIT_STATES,
    .is_signal = SN_OSCILLATOR_IS_SIGNAL,
    .over_drive = SN_CORE_CLOCK_HZ > SN_NORMAL_DRIVE_HZ,
};
static const sn_stream stream = SN_USART_STREAM;

uint8_t sn_ring[SN_RING_BYTES];
static bool has_dma;
static bool has_cyccnt;

void sn_port_init(void) {
    sn_clocks_start(&clock_plan);
    SN_RCC_AHB1ENR |= SN_AHB1ENR_GPIOEN(SN_LINK_RX_PORT) | SN_AHB1ENR_GPIOEN(SN_LINK_TX_PORT) |
                      SN_AHB1ENR_DMA1EN | SN_AHB1ENR_DMA2EN;
    SN_USART_ENR |= SN_USART_EN;
    (void)SN_USART_ENR;  // the clocks need a moment
    sn_gpio_give(SN_GPIO_BASE(SN_LINK_TX_PORT), SN_LINK_TX_PIN, SN_LINK_FUNCTION);
    sn_gpio_give(SN_GPIO_BASE(SN_LINK_RX_PORT), SN_LINK_RX_PIN, SN_LINK_FUNCTION);
    has_cyccnt = sn_cyccnt_start();
    has_dma = sn_stream_is_there(&stream);
    sn_usart_v1_start(SN_USART_BASE, SN_USART_DIVIDER);
    if (has_dma) {
        sn_ring_receive();
    }
}

void sn_ring_receive(void) {
    sn_stream_start(&stream, SN_USART_V1_DATA(SN_USART_BASE));
}

uint32_t sn_ring_received(uint32_t taken) {
    // While it shows an overrun, the receiver may take nothing more.
    (void)sn_ring_overruns(sn_usart_v1_errors(SN_USART_BASE));
    return sn_stream_received(&stream) - taken;
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    return has_dma ? sn_ring_read(bytes, capacity)
                   : sn_usart_v1_read(SN_USART_BASE, bytes, capacity);
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    sn_usart_v1_write(SN_USART_BASE, bytes, count);
}

uint32_t sn_port_overruns(void) {
    return sn_ring_overruns(sn_usart_v1_errors(SN_USART_BASE));
}

uint32_t sn_port_ticks(void) {
    return sn_cyccnt_read();
}

uint32_t sn_port_ticks_per_second(void) {
    return has_cyccnt ? SN_CORE_CLOCK_HZ : 0u;
}
