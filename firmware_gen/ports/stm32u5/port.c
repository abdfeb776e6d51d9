// STM32U5: clock tree, a USART as the link with a channel of GPDMA1 behind it, CYCCNT as the clock.
#include "sn_port.h"

#include <stdbool.h>

#include "cortexm/sn_cortexm.h"
#include "ring/ring.h"
#include "sn_config.h"
#include "stm32/gpio.h"
#include "stm32/link.h"
#include "stm32/usart_v2.h"
#include "stm32u5/clocks.h"
#include "stm32u5/gpdma.h"
#include "stm32u5/registers.h"

// Base addresses: table 5; requests: table 137 (GPDMA1 requests).
#if SN_LINK_USART == 1
#define SN_USART_BASE 0x40013800u
#define SN_USART_ENR SN_RCC_APB2ENR
#define SN_USART_EN (1u << 14)
#define SN_USART_REQUEST 24u
#elif SN_LINK_USART == 2
#define SN_USART_BASE 0x40004400u
#define SN_USART_ENR SN_RCC_APB1ENR1
#define SN_USART_EN (1u << 17)
#define SN_USART_REQUEST 26u
#else
#define SN_USART_BASE 0x40004800u
#define SN_USART_ENR SN_RCC_APB1ENR1
#define SN_USART_EN (1u << 18)
#define SN_USART_REQUEST 28u
#endif

// Periods of the USART's clock a bit, to the nearest.
#define SN_USART_DIVIDER ((SN_CORE_CLOCK_HZ + SN_LINK_BAUD / 2u) / SN_LINK_BAUD)

uint8_t sn_ring[SN_RING_BYTES];
static bool has_cyccnt;

void sn_port_init(void) {
    sn_clocks_start();
    SN_RCC_AHB1ENR |= SN_AHB1ENR_GPDMA1EN;
    SN_RCC_AHB2ENR1 |= SN_AHB2ENR1_GPIOEN(SN_LINK_RX_PORT) | SN_AHB2ENR1_GPIOEN(SN_LINK_TX_PORT);
    SN_USART_ENR |= SN_USART_EN;
    (void)SN_USART_ENR;  // the clocks need a moment
    sn_gpio_give(SN_GPIO_BASE(SN_LINK_TX_PORT), SN_LINK_TX_PIN, SN_LINK_FUNCTION);
    sn_gpio_give(SN_GPIO_BASE(SN_LINK_RX_PORT), SN_LINK_RX_PIN, SN_LINK_FUNCTION);
    has_cyccnt = sn_cyccnt_start();
    sn_usart_v2_start(SN_USART_BASE, SN_USART_DIVIDER);
    sn_ring_receive();
}

void sn_ring_receive(void) {
    sn_gpdma_start(SN_USART_REQUEST, SN_USART_V2_DATA(SN_USART_BASE));
}

uint32_t sn_ring_received(uint32_t taken) {
    // While it shows an overrun, the receiver may take nothing more.
    (void)sn_ring_overruns(sn_usart_v2_errors(SN_USART_BASE));
    return sn_gpdma_received() - taken;
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    return sn_ring_read(bytes, capacity);
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    sn_usart_v2_write(SN_USART_BASE, bytes, count);
}

uint32_t sn_port_overruns(void) {
    return sn_ring_overruns(sn_usart_v2_errors(SN_USART_BASE));
}

uint32_t sn_port_ticks(void) {
    return sn_cyccnt_read();
}

uint32_t sn_port_ticks_per_second(void) {
    return has_cyccnt ? SN_CORE_CLOCK_HZ : 0u;
}
