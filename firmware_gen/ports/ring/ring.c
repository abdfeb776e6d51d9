#include "ring/ring.h"

#include "cortexm/sn_cortexm.h"

// A byte may be counted before it lies in memory; a fraction of a microsecond is plenty.
#define SN_SETTLE_CYCLES 128u

static uint32_t taken;  // bytes handed out since the receiver started
static uint32_t overruns;

// Waits for bytes; returns how many are in the ring, 0 after an overrun was mended.
static uint32_t wait_for_bytes(void) {
    uint32_t ready;
    do {
        ready = sn_ring_received(taken);
    } while (ready == 0u);
    if (ready > SN_RING_BYTES) {
        overruns += ready & ~SN_RING_BROKEN;
        taken = 0u;
        sn_ring_receive();
        return 0u;
    }
    sn_spin(SN_SETTLE_CYCLES);
    return ready;
}

uint32_t sn_ring_read(uint8_t *bytes, uint32_t capacity) {
    uint32_t ready = 0u;
    while (ready == 0u) {
        ready = wait_for_bytes();
    }
    const uint32_t count = ready < capacity ? ready : capacity;
    const uint32_t first = taken;
    for (uint32_t index = 0; index < count; index++) {
        bytes[index] = *(volatile uint8_t *)&sn_ring[(first + index) % SN_RING_BYTES];
    }
    taken = first + count;
    return count;
}

bool sn_ring_has_bytes(void) {
    return sn_ring_received(taken) != 0u;
}

uint32_t sn_ring_overruns(uint32_t more) {
    overruns += more;
    return overruns;
}
