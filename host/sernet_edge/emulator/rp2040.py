"""The RP2040: 2 MB of flash as on the Pico, 264 KB of RAM, and a boot ROM that runs a second stage.

Addresses and registers: RP2040 datasheet.
"""

from sernet_edge.emulator.machine import EmulatorError, Machine, Region
from sernet_edge.emulator.registers import RegisterFile
from sernet_edge.emulator.rp2 import Chip, Rp2
from sernet_edge.emulator.rp_uart import DmaLayout

BOOT2_BYTES = 256

_SSI = Region(0x18000000, 0x10000)
_CHIP = Chip(
    name="RP2040",
    apb=Region(0x40000000, 0x70000),
    spacing=0x4000,
    resets=0x0C000,
    clocks=0x08000,
    io=0x14000,
    pads=0x1C000,
    xosc=0x24000,
    pll=0x28000,
    uart=0x34000,
    timer=0x54000,
    ticks=(0x58000, (0x2C,)),  # of the watchdog
    all_resets=0x01FFFFFF,
    reset_bits={0x14000: 5, 0x1C000: 8, 0x28000: 12, 0x54000: 21, 0x34000: 22},
    pad_reset=0x56,
    dma=DmaLayout(
        abort=0x444,
        count=0xFFFFFFFF,
        increase_write=5,
        ring_size=6,
        ring_write=10,
        request=15,
        uart0_rx=21,
    ),
)


class Rp2040(Rp2):
    """The microcontroller, to be connected to one Machine."""

    core = "cortex-m0plus"
    flash = Region(0x10000000, 0x200000)
    ram = Region(0x20000000, 0x50000)  # 264 KB, up to a whole page
    boot_stage: int | None = 0x10000000
    chip = _CHIP

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        super().connect(machine)
        self.ssi = RegisterFile()
        machine.map_io(_SSI, self.ssi.read, self.ssi.write)

    def reset(self) -> None:
        """As the family's."""
        self.ssi.reset()
        super().reset()

    def check_boot(self) -> None:
        """Raise EmulatorError for a second stage that the boot ROM would not run."""
        stage = bytes(self.machine.uc.mem_read(self.flash.origin, BOOT2_BYTES))
        expected, seen = boot2_checksum(stage[:-4]), int.from_bytes(stage[-4:], "little")
        if seen != expected:
            raise EmulatorError(
                f"The boot ROM would not start this image: the checksum of its first "
                f"{BOOT2_BYTES} bytes is 0x{seen:08x}, and should be 0x{expected:08x}.",
                "Build it anew:  sernet-edge build --board pico",
            )


def boot2_checksum(content: bytes) -> int:
    """Return the CRC-32 that the boot ROM computes (datasheet 2.8.1.3.1): nothing reflected."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    return crc
