// RP2040 (one of its two Cortex-M0+) and RP2350 (one of its two Cortex-M33): clocks, UART0 as the
// link; as the clock, the core's counter where it has one, or the timer.
#include "sn_port.h"

#include "cortexm/sn_cortexm.h"
#include "ring/ring.h"
#include "rp2/clocks.h"
#include "rp2/registers.h"
#include "rp2/uart.h"
#include "sn_config.h"

#define SN_PROBE_CYCLES (3u * (SN_CORE_CLOCK_HZ / SN_TIMER_HZ))

typedef enum { SN_CLOCK_NONE, SN_CLOCK_CYCCNT, SN_CLOCK_TIMER } sn_clock;

static sn_clock clock;

static sn_clock start_clock(void) {
    if (sn_cyccnt_start()) {
        return SN_CLOCK_CYCCNT;
    }
    const uint32_t before = SN_TIMER_NOW;
    sn_spin(SN_PROBE_CYCLES);
    return SN_TIMER_NOW != before ? SN_CLOCK_TIMER : SN_CLOCK_NONE;
}

void sn_port_init(void) {
    sn_clocks_start();
    sn_resets_release(SN_RESETS_DMA | SN_RESETS_IO_BANK0 | SN_RESETS_PADS_BANK0 | SN_RESETS_TIMER |
                      SN_RESETS_UART0);
    clock = start_clock();
    sn_uart_start();
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    return sn_ring_read(bytes, capacity);
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    sn_uart_write(bytes, count);
}

uint32_t sn_port_overruns(void) {
    return sn_uart_overruns();
}

uint32_t sn_port_ticks(void) {
    switch (clock) {
    case SN_CLOCK_CYCCNT:
        return sn_cyccnt_read();
    case SN_CLOCK_TIMER:
        return SN_TIMER_NOW;
    case SN_CLOCK_NONE:
        break;
    }
    return 0u;
}

uint32_t sn_port_ticks_per_second(void) {
    switch (clock) {
    case SN_CLOCK_CYCCNT:
        return SN_CORE_CLOCK_HZ;
    case SN_CLOCK_TIMER:
        return SN_TIMER_HZ;
    case SN_CLOCK_NONE:
        break;
    }
    return 0u;
}
