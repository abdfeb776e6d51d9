// Arm's MPS2 and MPS3 boards (as QEMU has them): CMSDK UART by polling, the free-running counter of
// FPGAIO as the clock. Where they lie differs from board to board and comes from sn_config.h.
#include <stdbool.h>
#include <stdint.h>

#include "cortexm/sn_cortexm.h"
#include "sn_config.h"
#include "sn_port.h"

#ifndef SN_UART_BASE
#error The file of this board lacks the table peripherals.
#endif

#define SN_COUNTER (*(volatile uint32_t *)SN_COUNTER_ADDRESS)
#define SN_UART_DATA (*(volatile uint32_t *)SN_UART_BASE)
#define SN_UART_STATE (*(volatile uint32_t *)(SN_UART_BASE + 0x04u))
#define SN_UART_CTRL (*(volatile uint32_t *)(SN_UART_BASE + 0x08u))
#define SN_UART_BAUDDIV (*(volatile uint32_t *)(SN_UART_BASE + 0x10u))

#define SN_STATE_TX_FULL 1u
#define SN_STATE_RX_FULL 2u
#define SN_STATE_RX_OVERRUN 8u
#define SN_CTRL_TX_AND_RX 3u
#define SN_BAUDDIV_MIN 16u
#define SN_PROBE_CYCLES 256u

typedef enum { SN_CLOCK_NONE, SN_CLOCK_CYCCNT, SN_CLOCK_COUNTER } sn_clock;

static sn_clock clock;
static uint32_t overruns;

static sn_clock start_clock(void) {
    if (sn_cyccnt_start()) {
        return SN_CLOCK_CYCCNT;
    }
    const uint32_t before = SN_COUNTER;
    sn_spin(SN_PROBE_CYCLES);
    return SN_COUNTER != before ? SN_CLOCK_COUNTER : SN_CLOCK_NONE;
}

void sn_port_init(void) {
    const uint32_t divider = SN_UART_CLOCK_HZ / SN_LINK_BAUD;
    SN_UART_BAUDDIV = divider < SN_BAUDDIV_MIN ? SN_BAUDDIV_MIN : divider;
    SN_UART_CTRL = SN_CTRL_TX_AND_RX;
    clock = start_clock();
}

uint32_t sn_port_read(uint8_t *bytes, uint32_t capacity) {
    uint32_t state;
    uint32_t count = 0;
    do {
        state = SN_UART_STATE;
        if ((state & SN_STATE_RX_OVERRUN) != 0u) {
            overruns++;
            SN_UART_STATE = SN_STATE_RX_OVERRUN;
        }
        if ((state & SN_STATE_RX_FULL) != 0u) {
            bytes[count++] = (uint8_t)SN_UART_DATA;
        }
    } while (count == 0u || (count < capacity && (state & SN_STATE_RX_FULL) != 0u));
    return count;
}

void sn_port_write(const uint8_t *bytes, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        while ((SN_UART_STATE & SN_STATE_TX_FULL) != 0u) {
        }
        SN_UART_DATA = bytes[index];
    }
}

uint32_t sn_port_overruns(void) {
    return overruns;
}

uint32_t sn_port_ticks(void) {
    switch (clock) {
    case SN_CLOCK_CYCCNT:
        return sn_cyccnt_read();
    case SN_CLOCK_COUNTER:
        return SN_COUNTER;
    case SN_CLOCK_NONE:
        break;
    }
    return 0u;
}

uint32_t sn_port_ticks_per_second(void) {
    switch (clock) {
    case SN_CLOCK_CYCCNT:
        return SN_CORE_CLOCK_HZ;
    case SN_CLOCK_COUNTER:
        return SN_COUNTER_HZ;
    case SN_CLOCK_NONE:
        break;
    }
    return 0u;
}
