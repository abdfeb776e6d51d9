#include "ring/ring.h"

#include "cortexm/sn_cortexm.h"

// A byte may be counted before it lies in memory; a fraction of a microsecond is plenty.
#define SN_SETTLE_CYCLES 128u

static uint32_t taken;  // bytes handed out since the receiver started
static uint32_t overruns;

void sn_ring_start(void) {
    taken = 0u;
    sn_ring_receive();
}

// Waits for bytes; returns how many are in the ring, 0 after an overrun was mended.
static uint32_t wait_for_bytes(void) {
    uint32_t count;
    bool whole;
    do {
        whole = sn_ring_received(&count);
    } while (whole && count == taken);
    if (!whole || count - taken > SN_RING_BYTES) {
        overruns += count - taken;
        sn_ring_start();
        return 0u;
    }
    sn_spin(SN_SETTLE_CYCLES);
    return count - taken;
}

uint32_t sn_ring_read(uint8_t *bytes, uint32_t capacity) {
    uint32_t ready = 0u;
    while (ready == 0u) {
        ready = wait_for_bytes();
    }
    const uint32_t count = ready < capacity ? ready : capacity;
    for (uint32_t index = 0; index < count; index++) {
        bytes[index] = *(volatile uint8_t *)&sn_ring[(taken + index) % SN_RING_BYTES];
    }
    taken += count;
    return count;
}

uint32_t sn_ring_overruns(void) {
    return overruns;
}
