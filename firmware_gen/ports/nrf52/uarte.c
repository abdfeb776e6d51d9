// UARTE0, polled. The receiver never stops: EasyDMA fills two halves of a ring in turn (the short
// ENDRX -> STARTRX), and TIMER1 counts the bytes through PPI, since RXD.AMOUNT is only written when
// a half is full. So the link keeps what arrives while the core computes, up to a whole ring.
#include "nrf52/uarte.h"

#include <stdbool.h>

#include "cortexm/sn_cortexm.h"
#include "nrf52/registers.h"
#include "sn_config.h"

#define SN_HALF 1024u
#define SN_RING (2u * SN_HALF)
#define SN_STAGING 64u
#define SN_RAM_START 0x20000000u
#define SN_RAM_END 0x20040000u  // of the largest part

// RXDRDY may come before EasyDMA has written the byte; 2 us are plenty.
#define SN_SETTLE_CYCLES 128u

#if SN_LINK_BAUD == 115200
#define SN_BAUDRATE 0x01D60000u
#elif SN_LINK_BAUD == 230400
#define SN_BAUDRATE 0x03B00000u
#elif SN_LINK_BAUD == 460800
#define SN_BAUDRATE 0x07400000u
#elif SN_LINK_BAUD == 921600
#define SN_BAUDRATE 0x0F000000u
#elif SN_LINK_BAUD == 1000000
#define SN_BAUDRATE 0x10000000u
#else
#error The UARTE of the nRF52 does not have this baud rate.
#endif

static uint8_t ring[SN_RING];
static uint32_t taken;   // bytes handed out since the receiver started
static uint32_t halves;  // halves that EasyDMA has begun after the first
static uint32_t overruns;

static uint32_t psel(uint32_t port, uint32_t pin) {
    return port << 5 | pin;
}

static uint32_t received(void) {
    SN_TIMER_CAPTURE0(SN_TIMER1_BASE) = 1u;
    return SN_TIMER_CC0(SN_TIMER1_BASE);
}

static void start_counter(void) {
    SN_TIMER_STOP(SN_TIMER1_BASE) = 1u;
    SN_TIMER_MODE(SN_TIMER1_BASE) = SN_TIMER_MODE_COUNTER;
    SN_TIMER_BITMODE(SN_TIMER1_BASE) = SN_TIMER_32_BITS;
    SN_PPI_CH0_EEP = SN_UARTE_RXDRDY_ADDRESS;
    SN_PPI_CH0_TEP = SN_TIMER_COUNT_ADDRESS(SN_TIMER1_BASE);
    SN_PPI_CHENSET = 1u;
    SN_TIMER_START(SN_TIMER1_BASE) = 1u;
}

static void point_at_half(uint32_t half) {
    SN_UARTE_RXD_PTR = (uint32_t)(uintptr_t)&ring[(half & 1u) * SN_HALF];
}

static void start_receiver(void) {
    taken = 0u;
    halves = 0u;
    SN_TIMER_CLEAR(SN_TIMER1_BASE) = 1u;
    SN_UARTE_RXSTARTED = 0u;
    point_at_half(0u);
    SN_UARTE_RXD_MAXCNT = SN_HALF;
    SN_UARTE_SHORTS = SN_ENDRX_STARTRX;
    SN_UARTE_STARTRX = 1u;
    while (SN_UARTE_RXSTARTED == 0u) {
    }
    SN_UARTE_RXSTARTED = 0u;
    point_at_half(1u);  // double-buffered: taken over at the next start
}

static void restart_receiver(void) {
    SN_UARTE_SHORTS = 0u;
    SN_UARTE_RXTO = 0u;
    SN_UARTE_STOPRX = 1u;
    while (SN_UARTE_RXTO == 0u) {
    }
    SN_UARTE_ENDRX = 0u;  // what is left in the receiver's FIFO goes into the ring and is dropped
    SN_UARTE_FLUSHRX = 1u;
    while (SN_UARTE_ENDRX == 0u) {
    }
    start_receiver();
}

void sn_uarte_start(void) {
    SN_UARTE_ENABLE = 0u;  // a bootloader may have left it on
    SN_GPIO_OUTSET(SN_LINK_TX_PORT) = 1u << SN_LINK_TX_PIN;
    SN_GPIO_PIN_CNF(SN_LINK_TX_PORT, SN_LINK_TX_PIN) = SN_PIN_OUTPUT;
    SN_GPIO_PIN_CNF(SN_LINK_RX_PORT, SN_LINK_RX_PIN) = SN_PIN_INPUT_PULLUP;
    SN_UARTE_PSEL_RTS = SN_PSEL_DISCONNECTED;
    SN_UARTE_PSEL_CTS = SN_PSEL_DISCONNECTED;
    SN_UARTE_PSEL_TXD = psel(SN_LINK_TX_PORT, SN_LINK_TX_PIN);
    SN_UARTE_PSEL_RXD = psel(SN_LINK_RX_PORT, SN_LINK_RX_PIN);
    SN_UARTE_BAUDRATE = SN_BAUDRATE;
    SN_UARTE_CONFIG = 0u;  // 8 bits, no parity, one stop bit, no flow control
    SN_UARTE_ENABLE = SN_UARTE_ENABLED;
    start_counter();
    start_receiver();
}

// Waits for bytes; returns how many are in the ring, 0 after an overrun was mended.
static uint32_t wait_for_bytes(void) {
    uint32_t count = received();
    while (count == taken) {
        count = received();
    }
    if (SN_UARTE_RXSTARTED != 0u) {
        SN_UARTE_RXSTARTED = 0u;
        halves++;
        point_at_half(halves + 1u);
    }
    // All counters wrap. Past the half that we know of, EasyDMA fills the wrong half; past the
    // ring, it overwrites what was not read.
    const int32_t beyond = (int32_t)(count - (halves + 1u) * SN_HALF);
    if (beyond > 0 || count - taken > SN_RING) {
        overruns += count - taken;
        restart_receiver();
        return 0u;
    }
    sn_spin(SN_SETTLE_CYCLES);
    return count - taken;
}

bool sn_uarte_has_bytes(void) {
    return received() != taken;
}

uint32_t sn_uarte_read(uint8_t *bytes, uint32_t capacity) {
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

static void send(const uint8_t *bytes, uint32_t count) {
    SN_UARTE_ENDTX = 0u;
    SN_UARTE_TXD_PTR = (uint32_t)(uintptr_t)bytes;
    SN_UARTE_TXD_MAXCNT = count;
    SN_UARTE_STARTTX = 1u;
    while (SN_UARTE_ENDTX == 0u) {
    }
}

void sn_uarte_write(const uint8_t *bytes, uint32_t count) {
    const uintptr_t address = (uintptr_t)bytes;
    const bool in_ram = address >= SN_RAM_START && address < SN_RAM_END;
    uint8_t staging[SN_STAGING];  // EasyDMA cannot read flash
    while (count > 0u) {
        uint32_t part = count < UINT16_MAX ? count : UINT16_MAX;
        const uint8_t *source = bytes;
        if (!in_ram) {
            part = part < SN_STAGING ? part : SN_STAGING;
            for (uint32_t index = 0; index < part; index++) {
                staging[index] = bytes[index];
            }
            source = staging;
        }
        __asm volatile("dmb" ::: "memory");
        send(source, part);
        bytes += part;
        count -= part;
    }
}

uint32_t sn_uarte_overruns(void) {
    const uint32_t errors = SN_UARTE_ERRORSRC;
    if (errors != 0u) {
        SN_UARTE_ERRORSRC = errors;  // written ones are cleared
        overruns++;
    }
    return overruns;
}
