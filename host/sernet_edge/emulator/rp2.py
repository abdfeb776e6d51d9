"""What the RP2040 and the RP2350 have in common: clocks, resets, pins, UART0 and its DMA channel.

Addresses and registers: the two datasheets. While a peripheral is held in reset it reads as zero
and takes nothing; whatever has no model is an error. The boot ROM is not there: what it asks of an
image is checked in `check_boot`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sernet_edge.emulator.machine import Machine, Region
from sernet_edge.emulator.registers import RegisterFile, check_modelled
from sernet_edge.emulator.rp_uart import DMA_REGISTERS, UART_REGISTERS, DmaChannel, DmaLayout, Uart

CRYSTAL_HZ = 12_000_000

_DMA_RESET_BIT = 2  # of both chips
_PINS = 30
_GPIO_UART = 2
_PAD_INPUT, _PAD_OFF, _PAD_ISOLATED = 1 << 6, 1 << 7, 1 << 8


@dataclass(frozen=True)
class Chip:
    """One chip: the peripherals of its APB by their offsets there, each so far from the next.

    `spacing`: of the peripherals; the four aliases that change bits fill the first 16 KiB.
    `all_resets`: the value of RESET after a reset. `reset_bits`: offset of a peripheral -> its bit;
    those that are not here are always on. `pad_reset`: of a pad. `ticks`: offset and registers of
    what makes the timer's microseconds. `tx_pins` and `rx_pins`: where UART0 can be.
    """

    name: str
    apb: Region
    spacing: int
    resets: int
    clocks: int
    io: int
    pads: int
    xosc: int
    pll: int
    uart: int
    timer: int
    ticks: tuple[int, Collection[int]]
    all_resets: int
    reset_bits: dict[int, int]
    pad_reset: int
    dma: DmaLayout
    tx_pins: Collection[int] = (0, 12, 16, 28)
    rx_pins: Collection[int] = (1, 13, 17, 29)


class Resets(RegisterFile):
    """RESETS: a peripheral answers as soon as its bit is cleared."""

    def __init__(self, everything: int) -> None:
        self._everything = everything
        super().__init__({0x0: everything})

    def read(self, offset: int) -> int:
        """Return a register; RESET_DONE is what RESET is not."""
        return self._everything & ~self.words[0x0] if offset == 0x8 else super().read(offset)

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


class Rp2:
    """The microcontroller `chip`, to be connected to one Machine; subclasses say which, and what
    its boot ROM asks for."""

    core: str
    flash: Region
    ram: Region
    boot_stage: int | None = None
    chip: Chip

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        chip, self.machine = self.chip, machine
        self.resets, self.clocks, self.pll = Resets(chip.all_resets), Clocks(), Pll()
        self.pins = RegisterFile()
        self.pads = RegisterFile({4 + 4 * pin: chip.pad_reset for pin in range(_PINS)})
        self.uart = Uart(machine.line, self._peripheral_hz, self._reaches_a_pin)
        self.dma = DmaChannel(self.uart, machine, chip.dma)
        ticks, tick_registers = chip.ticks
        # Offset on the APB -> the model, and the registers that it has.
        self._blocks: dict[int, tuple[RegisterFile, Collection[int]]] = {
            chip.resets: (self.resets, (0x0, 0x8)),
            chip.clocks: (self.clocks, (0x30, 0x38, 0x3C, 0x44, 0x48)),
            chip.io: (self.pins, range(0x4, 8 * _PINS, 8)),
            chip.pads: (self.pads, range(0x4, 4 + 4 * _PINS, 4)),
            chip.xosc: (Xosc(), (0x0, 0x4, 0xC)),
            chip.pll: (self.pll, (0x0, 0x4, 0x8, 0xC)),
            chip.uart: (self.uart, UART_REGISTERS),
            chip.timer: (RegisterFile(), (0x24, 0x28)),  # stands still, as all clocks here
            ticks: (RegisterFile(), tick_registers),
        }
        machine.map_io(chip.apb, self._read, self._write)
        machine.map_io(Region(0x50000000, 0x10000), self._read_dma, self._write_dma)

    def reset(self) -> None:
        """Put every peripheral into its state after a reset, and check what the boot ROM would.

        Raises EmulatorError for an image that the boot ROM would not start.
        """
        for peripheral in (*(block for block, _ in self._blocks.values()), self.dma):
            peripheral.reset()
        self.check_boot()

    def check_boot(self) -> None:
        """Raise EmulatorError for an image in flash that the boot ROM would not start."""
        raise NotImplementedError

    def _peripheral_hz(self) -> float:
        return self.pll.hz if self.clocks.peripherals_run_from_pll else 0.0

    def _reaches_a_pin(self, is_input: bool) -> bool:
        """Return whether a pin that UART0 can have is given to it, with its pad in order."""
        pins = self.chip.rx_pins if is_input else self.chip.tx_pins
        return any(self._is_given(pin, _PAD_INPUT if is_input else 0) for pin in pins)

    def _is_given(self, pin: int, wanted: int) -> bool:
        pad, function = self.pads.read(4 + 4 * pin), self.pins.read(4 + 8 * pin) & 31
        unwanted = (0 if wanted else _PAD_OFF) | _PAD_ISOLATED
        return function == _GPIO_UART and not pad & unwanted and pad & wanted == wanted

    def _read(self, offset: int) -> int:
        block = self._block(offset)
        return block.read(offset & 0xFFF) if block is not None else 0

    def _write(self, offset: int, value: int) -> None:
        block = self._block(offset)
        if block is not None:
            write_alias(block, offset, value)

    def _block(self, offset: int) -> RegisterFile | None:
        """Return the peripheral at `offset`; None while it is held in reset."""
        base, chip = offset - offset % self.chip.spacing, self.chip
        block, registers = self._blocks.get(base, (RegisterFile(), ()))
        is_alias_area = offset - base < 0x4000
        known = registers if is_alias_area else ()
        check_modelled(offset & 0xFFF, known, chip.name, chip.apb.origin + offset)
        held = base in chip.reset_bits and self.resets.holds(chip.reset_bits[base])
        return None if held else block

    def _read_dma(self, offset: int) -> int:
        self._check_dma(offset)
        return 0 if self.resets.holds(_DMA_RESET_BIT) else self.dma.read(offset & 0xFFF)

    def _write_dma(self, offset: int, value: int) -> None:
        self._check_dma(offset)
        if not self.resets.holds(_DMA_RESET_BIT):
            write_alias(self.dma, offset, value)

    def _check_dma(self, offset: int) -> None:
        known = (*DMA_REGISTERS, self.chip.dma.abort)
        check_modelled(offset & 0xFFF, known, self.chip.name, 0x50000000 + offset)


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
