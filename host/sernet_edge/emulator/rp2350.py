"""The RP2350: 4 MB of flash as on the Pico 2, 520 KB of RAM, and a boot ROM that wants metadata.

Addresses and registers: RP2350 datasheet.
"""

import struct
from collections.abc import Iterator

from sernet_edge.emulator.machine import EmulatorError, Region
from sernet_edge.emulator.rp2 import Chip, Rp2
from sernet_edge.emulator.rp_uart import DmaLayout

_CHIP = Chip(
    name="RP2350",
    apb=Region(0x40000000, 0x170000),
    spacing=0x8000,
    resets=0x20000,
    clocks=0x10000,
    io=0x28000,
    pads=0x38000,
    xosc=0x48000,
    pll=0x50000,
    uart=0x70000,
    timer=0xB0000,
    ticks=(0x108000, (0x18, 0x1C)),  # of TICKS, for TIMER0
    all_resets=0x1FFFFFFF,
    reset_bits={0x28000: 6, 0x38000: 9, 0x50000: 14, 0xB0000: 23, 0x70000: 26},
    pad_reset=0x116,
    dma=DmaLayout(
        abort=0x464,
        count=0x0FFFFFFF,
        increase_write=6,
        ring_size=8,
        ring_write=12,
        request=17,
        uart0_rx=29,
    ),
)

# Blocks of metadata (datasheet 5.9): their marks, and of an image's type what must be as it is for
# a program for the Arm cores in the secure state.
_SEARCHED_BYTES = 4096
_BLOCK_START, _BLOCK_END = 0xFFFFDED3, 0xAB123579
_IMAGE_TYPE, _LAST = 0x42, 0xFF
_TYPE_MASK, _ARM_PROGRAM = 0x773F, 0x1021


class Rp2350(Rp2):
    """The microcontroller, to be connected to one Machine."""

    core = "cortex-m33"
    flash = Region(0x10000000, 0x400000)
    ram = Region(0x20000000, 0x90000)  # 520 KB, up to a whole page
    chip = _CHIP

    def check_boot(self) -> None:
        """Raise EmulatorError for a flash without a block that makes it a program (5.9.5)."""
        content = bytes(self.machine.uc.mem_read(self.flash.origin, _SEARCHED_BYTES))
        if not any(flags & _TYPE_MASK == _ARM_PROGRAM for flags in image_types(content)):
            raise EmulatorError(
                "The boot ROM would not start this image: its first 4,096 bytes have no IMAGE_DEF "
                "for a program of the Arm cores.",
                "Build it anew:  sernet-edge build --board pico2",
            )


def image_types(content: bytes) -> Iterator[int]:
    """Yield the flags of the image type of each whole block in `content` (datasheet 5.9.1)."""
    words = struct.unpack(f"<{len(content) // 4}I", content)
    for start in (index for index, word in enumerate(words) if word == _BLOCK_START):
        at = start + 1
        flags = None
        while at < len(words) and words[at] & 0xFF != _LAST:
            if words[at] & 0xFF == _IMAGE_TYPE:
                flags = words[at] >> 16
            size_mask = 0xFFFF if words[at] & 0x80 else 0xFF  # two bytes of size, or one
            at += max(1, words[at] >> 8 & size_mask)
        is_whole = (
            at + 2 < len(words)
            and words[at] >> 8 & 0xFFFF == at - start - 1
            and words[at + 2] == _BLOCK_END
        )
        if is_whole and flags is not None:
            yield flags
