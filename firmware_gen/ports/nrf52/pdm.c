// The PDM peripheral (nRF52840 Product Specification v1.7, 6.15), polled. EasyDMA fills two halves
// in turn, and TIMER2 counts through PPI the halves that are full: an event register alone could
// not tell one from two.
#include "sn_config.h"

#if SN_MICROPHONE
#include <stdbool.h>
#include <stdint.h>

#include "nrf52/registers.h"
#include "ring/ring.h"
#include "sn_microphone.h"

#define SN_HALF 4096u      // 256 ms: longer than any run of the network
#define SN_SETTLING 1600u  // 100 ms for the microphone to wake up and the decimation to settle

// 1.280 MHz / 80 = 16,000 Hz exactly; the usual 1.032 MHz / 64 would be 16,125 Hz (6.15.1, 6.15.7).
#define SN_PDM_CLOCK_1280K 0x0A000000u
#define SN_PDM_RATIO_80 1u
// Half a decibel a step, 0x28 is 0 dB (6.15.7.11).
#define SN_PDM_GAIN ((uint32_t)(0x28 + 2 * (SN_MICROPHONE_GAIN_DB)))

// Set by the linker script, both aligned to 8 bytes.
extern int16_t sn_bss_end[];
extern int16_t sn_ram_end[];

static int16_t halves[2][SN_HALF];
static bool is_on;
static uint32_t reading;    // the half that is read; EasyDMA has been given this one and the next
static uint32_t taken;      // samples of it that were read
static uint32_t unsettled;  // samples still to be dropped
static uint32_t lost;

static uint32_t full_halves(void) {
    SN_TIMER_CAPTURE0(SN_TIMER2_BASE) = 1u;
    return SN_TIMER_CC0(SN_TIMER2_BASE);
}

static void point_at_half(uint32_t half) {
    SN_PDM_SAMPLE_PTR = (uint32_t)(uintptr_t)halves[half & 1u];
}

static void connect_pins(void) {
#ifdef SN_MICROPHONE_POWER_PIN
    SN_GPIO_OUTSET(SN_MICROPHONE_POWER_PORT) = 1u << SN_MICROPHONE_POWER_PIN;
    SN_GPIO_PIN_CNF(SN_MICROPHONE_POWER_PORT, SN_MICROPHONE_POWER_PIN) = SN_PIN_OUTPUT;
#endif
    // 6.15.6: the pins are set up as the peripheral uses them, before it is enabled.
    SN_GPIO_OUTCLR(SN_MICROPHONE_CLOCK_PORT) = 1u << SN_MICROPHONE_CLOCK_PIN;
    SN_GPIO_PIN_CNF(SN_MICROPHONE_CLOCK_PORT, SN_MICROPHONE_CLOCK_PIN) = SN_PIN_OUTPUT;
    SN_GPIO_PIN_CNF(SN_MICROPHONE_DATA_PORT, SN_MICROPHONE_DATA_PIN) = SN_PIN_INPUT;
    SN_PDM_PSEL_CLK = SN_MICROPHONE_CLOCK_PORT << 5 | SN_MICROPHONE_CLOCK_PIN;
    SN_PDM_PSEL_DIN = SN_MICROPHONE_DATA_PORT << 5 | SN_MICROPHONE_DATA_PIN;
}

static void start_counter(void) {
    SN_TIMER_STOP(SN_TIMER2_BASE) = 1u;
    SN_TIMER_MODE(SN_TIMER2_BASE) = SN_TIMER_MODE_COUNTER;
    SN_TIMER_BITMODE(SN_TIMER2_BASE) = SN_TIMER_32_BITS;
    SN_TIMER_CLEAR(SN_TIMER2_BASE) = 1u;
    SN_PPI_CH1_EEP = SN_PDM_END_ADDRESS;
    SN_PPI_CH1_TEP = SN_TIMER_COUNT_ADDRESS(SN_TIMER2_BASE);
    SN_PPI_CHENSET = 1u << 1;
    SN_TIMER_START(SN_TIMER2_BASE) = 1u;
}

// SAMPLE.PTR is taken over at the start and again whenever a half is full (6.15.4): the next half
// is named as soon as the one before has begun.
static void start_stream(void) {
    reading = 0u;
    taken = 0u;
    unsettled = SN_SETTLING;
    start_counter();
    point_at_half(0u);
    SN_PDM_SAMPLE_MAXCNT = SN_HALF;
    SN_PDM_STARTED = 0u;
    SN_PDM_START = 1u;
    while (SN_PDM_STARTED == 0u) {
    }
    point_at_half(1u);
}

static void stop_stream(void) {
    SN_PDM_STOPPED = 0u;
    SN_PDM_STOP = 1u;
    while (SN_PDM_STOPPED == 0u) {
    }
}

void sn_microphone_start(void) {
    sn_microphone_stop();
    connect_pins();
    SN_PDM_CLOCK = SN_PDM_CLOCK_1280K;
    SN_PDM_RATIO = SN_PDM_RATIO_80;
    SN_PDM_MODE = SN_PDM_MONO;  // the left channel, taken at the falling edge
    SN_PDM_GAINL = SN_PDM_GAIN;
    SN_PDM_GAINR = SN_PDM_GAIN;
    SN_PDM_ENABLE = 1u;
    lost = 0u;
    start_stream();
    is_on = true;
}

void sn_microphone_stop(void) {
    if (!is_on) {
        return;
    }
    is_on = false;
    stop_stream();
    SN_PDM_ENABLE = 0u;
#ifdef SN_MICROPHONE_POWER_PIN
    SN_GPIO_OUTCLR(SN_MICROPHONE_POWER_PORT) = 1u << SN_MICROPHONE_POWER_PIN;
#endif
}

// EasyDMA had no half to go on with and wrote over what it had: nothing there can be told apart.
static void begin_again(uint32_t full) {
    lost += (full - reading) * SN_HALF - taken;
    stop_stream();
    start_stream();
}

static bool has_overrun(uint32_t full) {
    return full > reading + 1u;
}

// Gives EasyDMA the half that was read, for the one after the next.
static void give_back(void) {
    point_at_half(reading + 2u);
    const uint32_t full = full_halves();
    if (has_overrun(full)) {  // too late to tell which half it took
        begin_again(full);
        return;
    }
    reading++;
    taken = 0u;
}

static uint32_t smaller(uint32_t left, uint32_t right) {
    return left < right ? left : right;
}

uint32_t sn_microphone_read(int16_t *samples, uint32_t capacity) {
    const uint32_t full = is_on ? full_halves() : 0u;
    if (!is_on || full == reading) {
        return 0u;
    }
    if (has_overrun(full)) {
        begin_again(full);
        return 0u;
    }
    __asm volatile("dmb" ::: "memory");  // EasyDMA wrote the half
    const uint32_t dropped = smaller(unsettled, SN_HALF - taken);
    unsettled -= dropped;
    taken += dropped;
    const uint32_t count = smaller(capacity, SN_HALF - taken);
    for (uint32_t index = 0; index < count; index++) {
        samples[index] = halves[reading & 1u][taken + index];
    }
    taken += count;
    if (taken == SN_HALF) {
        give_back();
    }
    return count;
}

uint32_t sn_microphone_lost(void) {
    return lost;
}

// Whatever RAM the linker had no use for.
int16_t *sn_microphone_room(uint32_t *capacity) {
    *capacity = (uint32_t)((uintptr_t)sn_ram_end - (uintptr_t)sn_bss_end) / sizeof(int16_t);
    return sn_bss_end;
}

bool sn_port_has_bytes(void) {
    return sn_ring_has_bytes();
}
#endif
