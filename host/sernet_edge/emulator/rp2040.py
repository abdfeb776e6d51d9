"""The RP2040: 2 MB of flash, 264 KB of RAM, and the peripherals that a polling firmware uses.

Addresses and registers: RP2040 datasheet. Peripherals without a model read back what was written to
them; while one is held in reset it reads as zero and takes nothing. The boot ROM is not there: what
it does before the second stage (check its checksum, run it) is done here.
"""

from collections.abc import Callable

from sernet_edge.emulator.machine import EmulatorError, Machine, Region
from sernet_edge.emulator.registers import RegisterFile
from sernet_edge.emulator.rp_uart import DmaChannel, Uart

CRYSTAL_HZ = 12_000_000
BOOT2_BYTES = 256

_APB = Region(0x40000000, 0x70000)
_AHB = Region(0x50000000, 0x10000)
_SSI = Region(0x18000000, 0x10000)
_BLOCK = 0x4000  # of which the upper three quarters are aliases that change bits
_RESETS, _CLOCKS = 0x0C000, 0x08000
_XOSC, _PLL_SYS, _UART0 = 0x24000, 0x28000, 0x34000
_ALL_RESETS = 0x01FFFFFF
# Block of the APB -> its bit in RESETS; those that are not here are always on.
_RESET_BITS = {0x14000: 5, 0x1C000: 8, _PLL_SYS: 12, 0x54000: 21, _UART0: 22}
_DMA_RESET_BIT = 2


class Resets(RegisterFile):
    """RESETS: a peripheral answers as soon as its bit is cleared."""

    def __init__(self) -> None:
        super().__init__({0x0: _ALL_RESETS})

    def read(self, offset: int) -> int:
        """Return a register; RESET_DONE is what RESET is not."""
        return _ALL_RESETS & ~self.words[0x0] if offset == 0x8 else super().read(offset)

    def holds(self, bit: int) -> bool:
        """Return whether the peripheral with this bit is held in reset."""
        return bool(self.words[0x0] >> bit & 1)


class Xosc(RegisterFile):
    """XOSC: stable as soon as it is enabled."""

    def read(self, offset: int) -> int:
        """Return a register; STATUS tells ENABLED and STABLE."""
        if offset == 0x4:
            return 0x80001000 if self.words.get(0x0, 0) >> 12 == 0xFAB else 0
        return super().read(offset)


class Pll(RegisterFile):
    """A PLL: locked as soon as it has power and a multiplier."""

    def __init__(self) -> None:
        super().__init__({0x0: 1, 0x4: 0x2D, 0xC: 0x77000})

    def read(self, offset: int) -> int:
        """Return a register; CS tells whether it is locked."""
        locked = self.words.get(0x8, 0) and not self.words[0x4] & 0x21
        return super().read(offset) | (0x80000000 if locked and offset == 0x0 else 0)

    @property
    def hz(self) -> float:
        """The rate that comes out; 0 when it is off."""
        if self.words[0x4] & 0x29 or not self.words.get(0x8, 0):
            return 0.0
        post = self.words[0xC]
        divider = (self.words[0x0] & 63) * (post >> 16 & 7) * (post >> 12 & 7)
        return CRYSTAL_HZ * self.words[0x8] / divider if divider else 0.0


class Clocks(RegisterFile):
    """CLOCKS: the multiplexers switch at once."""

    def read(self, offset: int) -> int:
        """Return a register; SELECTED has one bit for the source."""
        if offset == 0x38:
            return int(1 << (self.words.get(0x30, 0) & 3))
        if offset == 0x44:
            return int(1 << (self.words.get(0x3C, 0) & 1))
        return super().read(offset)

    @property
    def peripherals_run_from_pll(self) -> bool:
        """Whether clk_peri is on and is clk_sys, and clk_sys is PLL_SYS."""
        system = self.words.get(0x3C, 0)
        return system & 0xE1 == 1 and self.words.get(0x48, 0) & 0x8E0 == 0x800


class Rp2040:
    """The microcontroller, to be connected to one Machine."""

    core = "cortex-m0plus"
    flash = Region(0x10000000, 0x200000)
    ram = Region(0x20000000, 0x50000)  # 264 KB, up to a whole page
    boot_stage: int | None = 0x10000000

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        self._machine = machine
        self.resets, self.clocks, self.pll = Resets(), Clocks(), Pll()
        self.ssi = RegisterFile()
        self.uart = Uart(machine.line, self._peripheral_hz)
        self.dma = DmaChannel(self.uart, machine)
        self._blocks: dict[int, RegisterFile] = {
            _RESETS: self.resets,
            _CLOCKS: self.clocks,
            _XOSC: Xosc(),
            _PLL_SYS: self.pll,
            _UART0: self.uart,
        }
        machine.map_io(_APB, self._read, self._write)
        machine.map_io(_AHB, self._read_dma, self._write_dma)
        machine.map_io(_SSI, self.ssi.read, self.ssi.write)

    def reset(self) -> None:
        """Put every peripheral into its state after a reset, and check the second stage.

        Raises EmulatorError for one that the boot ROM would not run.
        """
        for peripheral in (*self._blocks.values(), self.dma, self.ssi):
            peripheral.reset()
        stage = bytes(self._machine.uc.mem_read(self.flash.origin, BOOT2_BYTES))
        expected, seen = boot2_checksum(stage[:-4]), int.from_bytes(stage[-4:], "little")
        if seen != expected:
            raise EmulatorError(
                f"The boot ROM would not start this image: the checksum of its first "
                f"{BOOT2_BYTES} bytes is 0x{seen:08x}, and should be 0x{expected:08x}.",
                "Build it anew:  sernet-edge build --board pico",
            )

    def _peripheral_hz(self) -> float:
        return self.pll.hz if self.clocks.peripherals_run_from_pll else 0.0

    def _read(self, offset: int) -> int:
        block = self._block(offset)
        return block.read(offset & 0xFFF) if block is not None else 0

    def _write(self, offset: int, value: int) -> None:
        block = self._block(offset)
        if block is not None:
            write_alias(block, offset, value)

    def _block(self, offset: int) -> RegisterFile | None:
        """Return the peripheral at `offset`; None while it is held in reset."""
        base = offset & -_BLOCK
        if base in _RESET_BITS and self.resets.holds(_RESET_BITS[base]):
            return None
        return self._blocks.setdefault(base, RegisterFile())

    def _read_dma(self, offset: int) -> int:
        return 0 if self.resets.holds(_DMA_RESET_BIT) else self.dma.read(offset & 0xFFF)

    def _write_dma(self, offset: int, value: int) -> None:
        if not self.resets.holds(_DMA_RESET_BIT):
            write_alias(self.dma, offset, value)


_ALIASES: tuple[Callable[[int, int], int], ...] = (
    lambda old, value: value,
    lambda old, value: old ^ value,
    lambda old, value: old | value,
    lambda old, value: old & ~value,
)


def write_alias(block: RegisterFile, offset: int, value: int) -> None:
    """Write `value` at `offset` of an aliased block: plainly, or to toggle, set or clear bits."""
    register, alias = offset & 0xFFF, offset >> 12 & 3
    old = block.words.get(register, 0) if alias else 0
    block.write(register, _ALIASES[alias](old, value))


def boot2_checksum(content: bytes) -> int:
    """Return the CRC-32 that the boot ROM computes (datasheet 2.8.1.3.1): nothing reflected."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    return crc
