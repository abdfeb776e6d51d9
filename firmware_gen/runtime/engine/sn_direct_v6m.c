// The inner products for Armv6-M: each value and each weight is loaded once, and the six sums lie
// in the registers that only ADD reaches.
#include "engine/sn_direct_sums.h"

#if SN_V6M

#pragma GCC diagnostic ignored "-Wunused-parameter"  // in registers, where the assembly knows them

// A value in r4 and both weights.
#define VALUE(first, second)                                                                       \
    "movs r5, r4\n muls r5, r2, r5\n add " #first ", r5\n muls r4, r3, r4\n add " #second ", r4\n"

// r0, r1: 16 bytes before the next value and weight; r6, r7: 16, 32. On the stack, blocks to go.
SN_NAKED void sn_direct_sums(const int8_t *patch, const int8_t *weights, uint32_t blocks,
                             int32_t *sums) {
    __asm__ volatile(
        "push {r2-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
        "movs r6, #16\n movs r7, #32\n subs r0, #16\n subs r1, #16\n movs r4, #0\n"
        "mov r8, r4\n mov r9, r4\n mov r10, r4\n mov r11, r4\n mov r12, r4\n mov lr, r4\n"
        "1: .rept 16\n"
        "ldrsb r2, [r1, r6]\n ldrsb r3, [r1, r7]\n adds r1, #1\n"
        "ldrsb r4, [r0, r6]\n" VALUE(r8, r9)                  //
        "ldrsb r4, [r0, r7]\n" VALUE(r10, r11)                //
        "adds r0, #16\n ldrsb r4, [r0, r7]\n" VALUE(r12, lr)  //
        "subs r0, #15\n .endr\n"
        "adds r0, #32\n adds r1, #16\n"
        "ldr r2, [sp, #16]\n subs r2, #1\n str r2, [sp, #16]\n beq 2f\n b 1b\n"
        "2: ldr r0, [sp, #20]\n mov r1, r8\n mov r2, r9\n mov r3, r10\n stm r0!, {r1-r3}\n"
        "mov r1, r11\n mov r2, r12\n mov r3, lr\n stm r0!, {r1-r3}\n"
        "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r2-r7, pc}\n");
}
#endif
