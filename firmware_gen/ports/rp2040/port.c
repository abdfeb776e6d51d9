// RP2040 (one of its two Cortex-M0+): clocks, UART0 as the link, the timer as the clock.
#include "sn_port.h"

#include <stdbool.h>

#include "cortexm/sn_cortexm.h"
#include "rp2040/clocks.h"
#include "rp2040/registers.h"
#include "rp2040/uart.h"
#include "sn_config.h"

#define SN_PROBE_CYCLES (3u * (SN_CORE_CLOCK_HZ / SN_TIMER_HZ))

static bool timer_moves;

void sn_port_init(void) {
    sn_clocks_start();
    sn_resets_release(SN_RESETS_DMA | SN_RESETS_IO_BANK0 | SN_RESETS_PADS_BANK0 | SN_RESETS_TIMER |
                      SN_RESETS_UART0);
    const uint32_t before = SN_TIMER_NOW;
    sn_spin(SN_PROBE_CYCLES);
    timer_moves = SN_TIMER_NOW != before;
    sn_uart_start();
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    return sn_uart_read(bytes, capacity);
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    sn_uart_write(bytes, count);
}

uint32_t sn_port_overruns(void) {
    return sn_uart_overruns();
}

uint32_t sn_port_ticks(void) {
    return SN_TIMER_NOW;
}

uint32_t sn_port_ticks_per_second(void) {
    return timer_moves ? SN_TIMER_HZ : 0u;
}
