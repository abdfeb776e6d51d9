// The second stage of the RP2040's boot: 256 bytes at the start of the flash, the last word their
// checksum. The boot ROM copies them into RAM and runs them there. They let the SSI read the flash
// for the core (plain serial reads, command 03h, that every flash chip knows), and go to the vector
// table.
//
// The checksum is a CRC-32 (polynomial 0x04C11DB7, from 0xFFFFFFFF, nothing reflected or inverted)
// over the first 252 bytes, so they must not depend on the compiler: they are machine code here.
// A test assembles the listing behind the words, and computes the checksum. Registers: RP2040
// datasheet, 4.10.13 (SSI); boot: 2.8.1.3.1.
#include <stdint.h>

#ifdef __ARM_ARCH_6M__

extern const uint32_t sn_boot2[64];

__attribute__((section(".boot2"), used)) const uint32_t sn_boot2[64] = {
    0x061B2318u,  // movs r3, #0x18; lsls r3, r3, #24      SSI
    0x60982000u,  // movs r0, #0; str r0, [r3, #0x08]      SSIENR: off
    0x61592104u,  // movs r1, #4; str r1, [r3, #0x14]      BAUDR: a quarter of the core's clock
    0x60194907u,  // ldr r1, ctrlr0; str r1, [r3, #0x00]
    0x22F46058u,  // str r0, [r3, #0x04]; movs r2, #0xF4   CTRLR1: one word each time
    0x50994906u,  // ldr r1, spi_ctrlr0; str r1, [r3, r2]
    0x60982001u,  // movs r0, #1; str r0, [r3, #0x08]      SSIENR: on
    0x49064805u,  // ldr r0, vectors; ldr r1, vtor
    0xC8066008u,  // str r0, [r1, #0]; ldmia r0!, {r1, r2}
    0x8808F381u,  // msr msp, r1
    0x46C04710u,  // bx r2; nop
    0x001F0300u,  // ctrlr0: frames of 32 bits; write command and address, then read
    0x03000218u,  // spi_ctrlr0: command 03h of 8 bits, address of 6 * 4 bits, all on one wire
    0x10000100u,  // vectors: behind these 256 bytes
    0xE000ED08u,  // vtor
    [63] = 0xB6F6D0B2u,
};

#endif
