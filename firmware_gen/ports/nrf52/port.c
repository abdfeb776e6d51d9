// nRF52833 and nRF52840: crystal and instruction cache on, UARTE0 as the link, CYCCNT or TIMER0 as
// the clock.
#include "sn_port.h"

#include "cortexm/sn_cortexm.h"
#include "nrf52/registers.h"
#include "nrf52/uarte.h"
#include "ring/ring.h"
#include "sn_config.h"

#define SN_PROBE_CYCLES 256u

typedef enum { SN_CLOCK_NONE, SN_CLOCK_CYCCNT, SN_CLOCK_TIMER } sn_clock;

static sn_clock clock;

static uint32_t timer_now(void) {
    SN_TIMER_CAPTURE0(SN_TIMER0_BASE) = 1u;
    return SN_TIMER_CC0(SN_TIMER0_BASE);
}

static sn_clock start_clock(void) {
    if (sn_cyccnt_start()) {
        return SN_CLOCK_CYCCNT;
    }
    SN_TIMER_STOP(SN_TIMER0_BASE) = 1u;
    SN_TIMER_MODE(SN_TIMER0_BASE) = SN_TIMER_MODE_TIMER;
    SN_TIMER_BITMODE(SN_TIMER0_BASE) = SN_TIMER_32_BITS;
    SN_TIMER_PRESCALER(SN_TIMER0_BASE) = 0u;
    SN_TIMER_CLEAR(SN_TIMER0_BASE) = 1u;
    SN_TIMER_START(SN_TIMER0_BASE) = 1u;
    const uint32_t before = timer_now();
    sn_spin(SN_PROBE_CYCLES);
    return timer_now() != before ? SN_CLOCK_TIMER : SN_CLOCK_NONE;
}

void sn_port_init(void) {
    SN_NVMC_ICACHECNF = 1u;
    SN_HFCLKSTARTED = 0u;
    SN_HFCLKSTART = 1u;  // the crystal: the RC oscillator is too far off for 460,800 baud
    while (SN_HFCLKSTARTED == 0u) {
    }
    clock = start_clock();
    sn_uarte_start();
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    return sn_ring_read(bytes, capacity);
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    sn_uarte_write(bytes, count);
}

uint32_t sn_port_overruns(void) {
    return sn_uarte_overruns();
}

uint32_t sn_port_ticks(void) {
    switch (clock) {
    case SN_CLOCK_CYCCNT:
        return sn_cyccnt_read();
    case SN_CLOCK_TIMER:
        return timer_now();
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
