"""The STM32 families: memories, and the peripherals that a polling firmware uses.

Addresses: RM0390 2.2.2 (F446; the F405 has the same), RM0410 2.2.2 (F76x), RM0456 table 5 (U575).
What is not modelled is refused, and so is a peripheral whose clock is off.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sernet_cal.errors import InputError
from sernet_edge.emulator.machine import Machine, Region
from sernet_edge.emulator.stm32_block import Block, refuse
from sernet_edge.emulator.stm32_clocks import MHZ, Flash, Limits, Pwr, Rcc
from sernet_edge.emulator.stm32_gpdma import Gpdma
from sernet_edge.emulator.stm32_stream import Dma, Source
from sernet_edge.emulator.stm32_usart import Gpio, Usart, UsartV1, UsartV2
from sernet_edge.emulator.stm32u5_clocks import Flash as FlashU5
from sernet_edge.emulator.stm32u5_clocks import Icache
from sernet_edge.emulator.stm32u5_clocks import Pwr as PwrU5
from sernet_edge.emulator.stm32u5_clocks import Rcc as RccU5
from sernet_gen.board import Board
from sernet_gen.pins import pin_number

_UNIT = 0x400  # every peripheral begins at a multiple of it
_FLASH_ORIGIN, _RAM_ORIGIN = 0x08000000, 0x20000000
_KB = 1024
_PORTS = "ABCDEFGHI"
# USART -> its pins, as (port, pin): those that may send, and those that may receive.
_PINS: Mapping[int, tuple[set[tuple[int, int]], set[tuple[int, int]]]] = {
    1: ({(0, 9), (1, 6)}, {(0, 10), (1, 7)}),
    2: ({(0, 2), (3, 5)}, {(0, 3), (3, 6)}),
    3: ({(1, 10), (2, 10), (3, 8)}, {(1, 11), (2, 11), (3, 9)}),
}


@dataclass(frozen=True)
class Part:
    """One microcontroller: bytes of flash and RAM, its manual, and for F4 and F7 the `limits` of
    its clocks."""

    flash: int
    ram: int
    manual: str
    limits: Limits | None = None


_F405 = Limits(168 * MHZ, 168 * MHZ, 42 * MHZ, 84 * MHZ)
_F446 = Limits(168 * MHZ, 180 * MHZ, 45 * MHZ, 90 * MHZ)
_F767 = Limits(180 * MHZ, 216 * MHZ, 54 * MHZ, 108 * MHZ)
_PARTS = {
    "STM32F405RG": Part(1024 * _KB, 128 * _KB, "RM0090", _F405),
    "STM32F446RE": Part(512 * _KB, 128 * _KB, "RM0390", _F446),
    "STM32F767ZI": Part(2048 * _KB, 512 * _KB, "RM0410", _F767),
    "STM32U575ZI": Part(2048 * _KB, 768 * _KB, "RM0456"),
}


class Stm32:
    """What the families share; raises InputError for a part that is not known."""

    boot_stage: int | None = None
    regions: tuple[Region, ...]

    def __init__(self, board: Board) -> None:
        if board.part not in _PARTS:
            raise InputError(
                f"{board.name} has the part {board.part}, which this emulator does not have.",
                f"It has: {', '.join(_PARTS)}.",
            )
        self.part = _PARTS[board.part]
        self.core, self._board = board.core, board
        self.flash = Region(_FLASH_ORIGIN, self.part.flash)
        self.ram = Region(_RAM_ORIGIN, self.part.ram)
        # Address -> the peripheral there, and (offset in RCC, bit) of its clock.
        self._blocks: dict[int, tuple[Block, tuple[int, int] | None]] = {}
        self.gpios: list[Gpio] = []
        self.usarts: dict[int, Usart] = {}
        self.rcc: Rcc | RccU5

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        self._machine = machine
        self._build(machine)
        for region in self.regions:
            self._map(machine, region)

    def reset(self) -> None:
        """Put every peripheral into its state after a reset."""
        for block, _ in self._blocks.values():
            block.reset()

    def read(self, address: int) -> int:
        """Return the register at `address`; raises EmulatorError where there is none."""
        block, offset = self._find(address)
        return block.read(offset)

    def write(self, address: int, value: int) -> None:
        """Take a word for the register at `address`; raises EmulatorError for what is wrong."""
        block, offset = self._find(address)
        block.write(offset, value)

    @property
    def usart(self) -> Usart:
        """The link's USART."""
        number = next(n for n, (tx, _) in _PINS.items() if self._pin(self._board.link.tx) in tx)
        return self.usarts[number]

    def _map(self, machine: Machine, region: Region) -> None:
        machine.map_io(
            region,
            lambda offset: self.read(region.origin + offset),
            lambda offset, value: self.write(region.origin + offset, value),
        )

    def _build(self, machine: Machine) -> None:
        """Make all peripherals."""
        raise NotImplementedError

    def _add(self, address: int, block: Block, gate: tuple[int, int] | None = None) -> None:
        self._blocks[address] = (block, gate)

    def _add_gpios(self, base: int, gates: int, modes: tuple[int, ...]) -> None:
        """Add the ports from `base` on; their clocks are the lowest bits of RCC's `gates`."""
        for index, letter in enumerate(_PORTS):
            gpio = Gpio(f"GPIO{letter}", f"{self.part.manual} GPIO", modes[min(index, 2)])
            self.gpios.append(gpio)
            self._add(base + _UNIT * index, gpio, (gates, index))

    def _add_usart(self, number: int, address: int, usart: Usart, gate: tuple[int, int]) -> Source:
        usart.clock_hz = lambda: self.rcc.apb2_hz if number == 1 else self.rcc.apb1_hz
        usart.pins_given = lambda: all(
            any(self.gpios[port].is_usarts(pin) for port, pin in pins) for pins in _PINS[number]
        )
        usart.expected_baud = self._board.link.baud
        self.usarts[number] = usart
        self._add(address, usart, gate)
        return Source(usart, address + usart.data_offset)

    def _pin(self, text: str | None) -> tuple[int, int]:
        return pin_number(text) if text is not None else (0, 0)

    def _find(self, address: int) -> tuple[Block, int]:
        base = address & -_UNIT
        manual = f"{self.part.manual}, memory map"
        if base not in self._blocks:
            raise refuse(f"uses 0x{address:08x}, where its model has no peripheral", manual)
        block, gate = self._blocks[base]
        if gate is not None and not self.rcc.words[gate[0]] >> gate[1] & 1:
            where = self.rcc.layout[gate[0]].name
            raise refuse(f"uses {block.name} while its clock is off (RCC.{where})", manual)
        return block, address - base


class _WithStreams(Stm32):
    """What F4 and F7 share: all but the USART's generation, and the over-drive."""

    regions = (Region(0x40000000, 0x30000),)
    usart_kind: type[UsartV1] | type[UsartV2]
    has_no_over_drive = frozenset(("RM0090",))

    def _build(self, machine: Machine) -> None:
        manual, limits = self.part.manual, self.part.limits
        assert limits is not None
        pwr = Pwr(f"{manual} PWR", manual not in self.has_no_over_drive)
        is_f7 = self.usart_kind is UsartV2
        flash = Flash(f"{manual} FLASH", 0xB00 if is_f7 else 0x1F00)
        self.rcc = Rcc(f"{manual} RCC", limits, self._board.oscillator, pwr, flash)
        self._add(0x40023800, self.rcc)
        self._add(0x40023C00, flash)
        self._add(0x40007000, pwr, (0x40, 28))
        self._add_gpios(0x40020000, 0x30, (0xA8000000, 0x280, 0))
        places = {
            1: (0x40011000, (0x44, 4)),
            2: (0x40004400, (0x40, 17)),
            3: (0x40004800, (0x40, 18)),
        }
        sources = {}
        for number, (address, gate) in places.items():
            usart = self.usart_kind(f"USART{number}", f"{manual} USART", machine.line)
            sources[number] = self._add_usart(number, address, usart, gate)
        requests = (
            {(1, 4): sources[3], (5, 4): sources[2]},
            {(2, 4): sources[1], (5, 4): sources[1]},
        )
        for index, served in enumerate(requests):
            dma = Dma(f"DMA{index + 1}", f"{manual} DMA", served, machine)
            self._add(0x40026000 + _UNIT * index, dma, (0x30, 21 + index))


class Stm32F4(_WithStreams):
    """STM32F405 and F446, to be connected to one Machine."""

    usart_kind = UsartV1


class Stm32F7(_WithStreams):
    """STM32F767, to be connected to one Machine."""

    usart_kind = UsartV2


class Stm32U5(Stm32):
    """STM32U575, to be connected to one Machine."""

    regions = (
        Region(0x40000000, 0x50000),
        Region(0x42020000, 0x10000),
        Region(0x46020000, 0x10000),
    )

    def _build(self, machine: Machine) -> None:
        pwr, flash = PwrU5(), FlashU5()
        self.rcc = RccU5(pwr, flash)
        self._add(0x46020C00, self.rcc)
        self._add(0x46020800, pwr, (0x94, 2))
        self._add(0x40022000, flash, (0x88, 8))
        self._add(0x40030400, Icache())
        self._add_gpios(0x42020000, 0x8C, (0xABFFFFFF, 0xFFFFFEBF, 0xFFFFFFFF))
        places = {
            1: (0x40013800, (0xA4, 14)),
            2: (0x40004400, (0x9C, 17)),
            3: (0x40004800, (0x9C, 18)),
        }
        sources = {}
        for number, (address, gate) in places.items():
            usart = UsartV2(f"USART{number}", "RM0456 66.8", machine.line)
            sources[22 + 2 * number] = self._add_usart(number, address, usart, gate)
        self._add(0x40020000, Gpdma(sources, machine), (0x88, 0))
