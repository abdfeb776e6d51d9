#include "stm32f4f7/stream.h"

#include "ring/ring.h"
#include "stm32/registers.h"

// Streams 0 to 3 have their flags in the low registers, 4 to 7 in the high ones; in each, those of
// two streams lie in each half word.
#define SN_DMA_ISR(stream) SN_REGISTER((stream)->dma, 0x00u + 4u * ((stream)->stream / 4u))
#define SN_DMA_IFCR(stream) SN_REGISTER((stream)->dma, 0x08u + 4u * ((stream)->stream / 4u))
#define SN_DMA_STREAM(stream) ((stream)->dma + 0x10u + 0x18u * (stream)->stream)
#define SN_DMA_CR(stream) SN_REGISTER(SN_DMA_STREAM(stream), 0x00u)
#define SN_DMA_NDTR(stream) SN_REGISTER(SN_DMA_STREAM(stream), 0x04u)
#define SN_DMA_PAR(stream) SN_REGISTER(SN_DMA_STREAM(stream), 0x08u)
#define SN_DMA_M0AR(stream) SN_REGISTER(SN_DMA_STREAM(stream), 0x0Cu)
#define SN_DMA_FCR(stream) SN_REGISTER(SN_DMA_STREAM(stream), 0x14u)

#define SN_FLAGS 0x3Du    // FEIF, DMEIF, TEIF, HTIF, TCIF
#define SN_FLAG_TC 0x20u  // TCIF: the end of a turn
#define SN_CR_EN 1u
#define SN_CR_CIRC (1u << 8)
#define SN_CR_MINC (1u << 10)
#define SN_CR_CHANNEL_SHIFT 25u
#define SN_FCR_DIRECT 0x20u  // no FIFO: each byte goes to memory at once
#define SN_PROBE 0x40004400u

static uint32_t turns;   // round the ring, since the start
static uint32_t newest;  // what was last received

static uint32_t flags_shift(const sn_stream *stream) {
    const uint32_t place = stream->stream % 4u;
    return 16u * (place / 2u) + 6u * (place % 2u);
}

// All other fields can only be written once this is done.
static void stop(const sn_stream *stream) {
    SN_DMA_CR(stream) &= ~SN_CR_EN;
    while ((SN_DMA_CR(stream) & SN_CR_EN) != 0u) {
    }
}

bool sn_stream_is_there(const sn_stream *stream) {
    stop(stream);
    SN_DMA_PAR(stream) = SN_PROBE;
    return SN_DMA_PAR(stream) == SN_PROBE;
}

void sn_stream_start(const sn_stream *stream, uint32_t source) {
    stop(stream);
    SN_DMA_IFCR(stream) = SN_FLAGS << flags_shift(stream);
    turns = 0u;
    newest = 0u;
    SN_DMA_PAR(stream) = source;
    SN_DMA_M0AR(stream) = (uint32_t)(uintptr_t)sn_ring;
    SN_DMA_NDTR(stream) = SN_RING_BYTES;
    SN_DMA_FCR(stream) = SN_FCR_DIRECT;
    SN_DMA_CR(stream) = stream->channel << SN_CR_CHANNEL_SHIFT | SN_CR_MINC | SN_CR_CIRC;
    SN_DMA_CR(stream) |= SN_CR_EN;
}

static bool has_wrapped(const sn_stream *stream) {
    const uint32_t end = SN_FLAG_TC << flags_shift(stream);
    if ((SN_DMA_ISR(stream) & end) == 0u) {
        return false;
    }
    SN_DMA_IFCR(stream) = end;
    return true;
}

// The flag is looked at after the count, so that a turn that ends in between is seen; a count that
// went back belongs to a turn whose flag is still to come.
uint32_t sn_stream_received(const sn_stream *stream) {
    uint32_t received;
    bool wrapped;
    do {
        const uint32_t left = SN_DMA_NDTR(stream);
        received = turns * SN_RING_BYTES + (SN_RING_BYTES - left);
        wrapped = has_wrapped(stream);
        turns += wrapped ? 1u : 0u;
    } while (wrapped || (int32_t)(received - newest) < 0);
    newest = received;
    return received;
}
