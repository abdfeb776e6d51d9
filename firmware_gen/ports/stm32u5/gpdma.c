#include "stm32u5/gpdma.h"

#include <stdbool.h>

#include "ring/ring.h"
#include "stm32/registers.h"

#define SN_GPDMA1_BASE 0x40020000u
#define SN_C0LBAR SN_REGISTER(SN_GPDMA1_BASE, 0x50u)
#define SN_C0FCR SN_REGISTER(SN_GPDMA1_BASE, 0x5Cu)
#define SN_C0SR SN_REGISTER(SN_GPDMA1_BASE, 0x60u)
#define SN_C0CR SN_REGISTER(SN_GPDMA1_BASE, 0x64u)
#define SN_C0TR1 SN_REGISTER(SN_GPDMA1_BASE, 0x90u)
#define SN_C0TR2 SN_REGISTER(SN_GPDMA1_BASE, 0x94u)
#define SN_C0BR1 SN_REGISTER(SN_GPDMA1_BASE, 0x98u)
#define SN_C0SAR SN_REGISTER(SN_GPDMA1_BASE, 0x9Cu)
#define SN_C0DAR SN_REGISTER(SN_GPDMA1_BASE, 0xA0u)
#define SN_C0LLR SN_REGISTER(SN_GPDMA1_BASE, 0xCCu)

#define SN_CR_EN 1u
#define SN_CR_RESET (1u << 1)
#define SN_CR_SUSP (1u << 2)
#define SN_SR_IDLEF 1u
#define SN_SR_TCF (1u << 8)
#define SN_SR_SUSPF (1u << 13)
#define SN_FLAGS (0x7Fu << 8)
// Bytes, from one place to places that follow each other; memory is behind port 1.
#define SN_TR1_BYTES_TO_MEMORY (1u << 19 | 1u << 30)
// What the item holds: block size, destination, and itself.
#define SN_LLR_UPDATES (1u << 29 | 1u << 27 | 1u << 16)
#define SN_LLR_ADDRESS 0xFFFCu
#define SN_LBAR_ADDRESS 0xFFFF0000u

typedef struct item {
    uint32_t block;
    uint32_t destination;
    uint32_t following;
} item;

// Aligned so that it does not lie across one of the blocks of 64 KB that LBAR names.
static volatile item around __attribute__((aligned(16)));
static uint32_t turns;   // round the ring, since the start
static uint32_t newest;  // what was last received

static void stop(void) {
    if ((SN_C0SR & SN_SR_IDLEF) == 0u) {
        SN_C0CR |= SN_CR_SUSP;
        while ((SN_C0SR & (SN_SR_SUSPF | SN_SR_IDLEF)) == 0u) {
        }
    }
    SN_C0CR = SN_CR_RESET;
    while ((SN_C0CR & SN_CR_EN) != 0u) {
    }
    SN_C0FCR = SN_FLAGS;
}

void sn_gpdma_start(uint32_t request, uint32_t source) {
    stop();
    turns = 0u;
    newest = 0u;
    const uint32_t address = (uint32_t)(uintptr_t)&around;
    around.block = SN_RING_BYTES;
    around.destination = (uint32_t)(uintptr_t)sn_ring;
    around.following = SN_LLR_UPDATES | (address & SN_LLR_ADDRESS);
    __asm volatile("dmb" ::: "memory");
    SN_C0LBAR = address & SN_LBAR_ADDRESS;
    SN_C0TR1 = SN_TR1_BYTES_TO_MEMORY;
    SN_C0TR2 = request;
    SN_C0BR1 = SN_RING_BYTES;
    SN_C0SAR = source;
    SN_C0DAR = (uint32_t)(uintptr_t)sn_ring;
    SN_C0LLR = SN_LLR_UPDATES | (address & SN_LLR_ADDRESS);
    SN_C0CR = SN_CR_EN;
}

static bool has_wrapped(void) {
    if ((SN_C0SR & SN_SR_TCF) == 0u) {
        return false;
    }
    SN_C0FCR = SN_SR_TCF;
    return true;
}

// The flag is looked at after the address, so that a turn that ends in between is seen; a count
// that went back belongs to a turn whose flag is still to come. Behind the ring's end, the item is
// about to be fetched.
uint32_t sn_gpdma_received(void) {
    uint32_t received;
    uint32_t written;
    bool wrapped;
    do {
        written = SN_C0DAR - (uint32_t)(uintptr_t)sn_ring;
        received = turns * SN_RING_BYTES + written;
        wrapped = has_wrapped();
        turns += wrapped ? 1u : 0u;
    } while (wrapped || written == SN_RING_BYTES || (int32_t)(received - newest) < 0);
    newest = received;
    return received;
}
