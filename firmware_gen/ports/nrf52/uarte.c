// UARTE0, polled: EasyDMA fills two halves of the ring in turn (the short ENDRX -> STARTRX), and
// TIMER1 counts the bytes through PPI, since RXD.AMOUNT is only written when a half is full.
#include "nrf52/uarte.h"

#include <stdbool.h>

#include "nrf52/registers.h"
#include "ring/ring.h"
#include "sn_config.h"

#define SN_HALF (SN_RING_BYTES / 2u)
#define SN_STAGING 64u
#define SN_RAM_START 0x20000000u
#define SN_RAM_END 0x20040000u  // of the largest part

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

uint8_t sn_ring[SN_RING_BYTES];
static uint32_t halves;  // halves that EasyDMA has begun

static uint32_t psel(uint32_t port, uint32_t pin) {
    return port << 5 | pin;
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
    SN_UARTE_RXD_PTR = (uint32_t)(uintptr_t)&sn_ring[(half & 1u) * SN_HALF];
}

static void stop_receiver(void) {
    SN_UARTE_SHORTS = 0u;
    SN_UARTE_RXTO = 0u;
    SN_UARTE_STOPRX = 1u;
    while (SN_UARTE_RXTO == 0u) {
    }
    SN_UARTE_ENDRX = 0u;  // what is left in the receiver's FIFO goes into the ring and is dropped
    SN_UARTE_FLUSHRX = 1u;
    while (SN_UARTE_ENDRX == 0u) {
    }
}

void sn_ring_receive(void) {
    if (SN_UARTE_SHORTS != 0u) {
        stop_receiver();
    }
    halves = 1u;
    SN_TIMER_CLEAR(SN_TIMER1_BASE) = 1u;
    SN_UARTE_RXSTARTED = 0u;
    point_at_half(0u);
    SN_UARTE_RXD_MAXCNT = SN_HALF;
    SN_UARTE_SHORTS = SN_ENDRX_STARTRX;
    SN_UARTE_STARTRX = 1u;
    while (SN_UARTE_RXSTARTED == 0u) {
    }
    SN_UARTE_RXSTARTED = 0u;
    point_at_half(1u);
}

uint32_t sn_ring_received(uint32_t taken) {
    SN_TIMER_CAPTURE0(SN_TIMER1_BASE) = 1u;
    const uint32_t count = SN_TIMER_CC0(SN_TIMER1_BASE);
    if (count == taken) {
        return 0u;
    }
    if (SN_UARTE_RXSTARTED != 0u) {
        SN_UARTE_RXSTARTED = 0u;
        halves++;
        point_at_half(halves);  // double-buffered: taken over at the next start
    }
    // Both counters wrap. Past the half that we know of, EasyDMA fills the wrong half.
    const bool is_broken = (int32_t)(count - halves * SN_HALF) > 0;
    return (count - taken) | (is_broken ? SN_RING_BROKEN : 0u);
}

void sn_uarte_start(void) {
    SN_UARTE_ENABLE = 0u;  // a bootloader may have left it on
    SN_UARTE_SHORTS = 0u;
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
    sn_ring_receive();
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
    SN_UARTE_ERRORSRC = errors;  // written ones are cleared
    return sn_ring_overruns(errors != 0u ? 1u : 0u);
}
