// A stand-in for the firmware: sends its build id and a line of flash, then echoes every byte plus
// one; 'F' writes to a bad address, 'S' overflows the stack, 'T' sends the clock's rate and whether
// it moves.
#include <stdbool.h>

#include "sn_generated.h"
#include "sn_port.h"

int main(void);

#if SN_CLIP_SAMPLES > 0
extern int16_t sn_kept_clip[SN_CLIP_SAMPLES];
int16_t sn_kept_clip[SN_CLIP_SAMPLES];
#endif

static const char ready[] = "ready\n";
static uint8_t arena[SN_ARENA_BYTES];
static uint32_t total = 3u;

static void send_clock(void) {
    const uint32_t before = sn_port_ticks();
    for (volatile uint32_t turn = 0; turn < 100000u; turn++) {
    }
    const bool moves = sn_port_ticks() != before;
    const uint32_t rate = sn_port_ticks_per_second();
    const uint8_t answer[5] = {(uint8_t)rate, (uint8_t)(rate >> 8), (uint8_t)(rate >> 16),
                               (uint8_t)(rate >> 24), moves};
    sn_port_write(answer, sizeof answer);
}

static void overflow(void) {
#ifdef __arm__
    // A push below the RAM, as of a function that needs more stack than there is.
    __asm volatile("msr msp, %0\npush {r0}" ::"r"(0x20000000u) : "memory");
#endif
}

static void answer(uint8_t byte) {
    if (byte == 'F') {
        *(volatile uint32_t *)(uintptr_t)0xF0000000u = total;
    } else if (byte == 'S') {
        overflow();
    } else if (byte == 'T') {
        send_clock();
    } else {
        arena[total % SN_ARENA_BYTES] = (uint8_t)(byte + 1u);
        sn_port_write(&arena[total % SN_ARENA_BYTES], 1u);
    }
#if SN_CLIP_SAMPLES > 0
    sn_kept_clip[total % SN_CLIP_SAMPLES] = (int16_t)byte;
#endif
    total++;
}

int main(void) {
    sn_port_init();
    sn_port_write(sn_generated_identity.build_id, sizeof sn_generated_identity.build_id);
    sn_port_write((const uint8_t *)ready, sizeof ready - 1u);
    for (;;) {
        uint8_t bytes[64];
        const uint32_t count = sn_port_read(bytes, sizeof bytes);
        if (count == 0u) {
            return 0;
        }
        for (uint32_t index = 0; index < count; index++) {
            answer(bytes[index]);
        }
    }
}
