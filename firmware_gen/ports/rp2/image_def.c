// What the boot ROM of the RP2350 looks for in the first 4 KiB of the flash before it starts a
// firmware: a block of metadata (datasheet 5.9.5.1, "Minimum Arm IMAGE_DEF"). As it says nothing of
// a vector table, that lies at the start of the flash. The ROM has set up reading the flash
// (5.9.5), and this port leaves it so.
#include <stdint.h>

#ifndef __ARM_ARCH_6M__

extern const uint32_t sn_image_def[5];

__attribute__((section(".image_def"), used)) const uint32_t sn_image_def[5] = {
    0xFFFFDED3u,  // start of a block
    0x10210142u,  // item 42h of one word: executable, secure, Arm, RP2350
    0x000001FFu,  // last item: one word came before
    0x00000000u,  // the next block is this one
    0xAB123579u,  // end
};

#endif
