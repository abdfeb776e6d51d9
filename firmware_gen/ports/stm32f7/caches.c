#include "stm32f7/caches.h"

#include <stdint.h>

#include "stm32/registers.h"

#define SN_CCR SN_REGISTER(0xE000ED14u, 0u)
#define SN_CCSIDR SN_REGISTER(0xE000ED80u, 0u)
#define SN_CSSELR SN_REGISTER(0xE000ED84u, 0u)
#define SN_ICIALLU SN_REGISTER(0xE000EF50u, 0u)
#define SN_DCISW SN_REGISTER(0xE000EF60u, 0u)

#define SN_CCR_DC (1u << 16)
#define SN_CCR_IC (1u << 17)
#define SN_CSSELR_DATA 0u  // level 1
#define SN_SET_SHIFT 5u    // lines of 32 bytes
#define SN_WAY_SHIFT 30u   // four ways

static void barrier(void) {
    __asm volatile("dsb\nisb" ::: "memory");
}

// After a reset the data cache holds anything.
static void forget_data(void) {
    SN_CSSELR = SN_CSSELR_DATA;
    barrier();
    const uint32_t size = SN_CCSIDR;
    const uint32_t last_set = size >> 13 & 0x7FFFu;
    const uint32_t last_way = size >> 3 & 3u;
    for (uint32_t set = 0; set <= last_set; set++) {
        for (uint32_t way = 0; way <= last_way; way++) {
            SN_DCISW = way << SN_WAY_SHIFT | set << SN_SET_SHIFT;
        }
    }
}

// A cache that a bootloader left on may hold what memory does not: it stays as it is.
void sn_caches_start(void) {
    if ((SN_CCR & SN_CCR_IC) == 0u) {
        barrier();
        SN_ICIALLU = 0u;
        barrier();
        SN_CCR |= SN_CCR_IC;
        barrier();
    }
    if ((SN_CCR & SN_CCR_DC) == 0u) {
        forget_data();
        barrier();
        SN_CCR |= SN_CCR_DC;
        barrier();
    }
}
