"""The nRF52833 and nRF52840: their memories, and the peripherals that a polling firmware uses.

Addresses and registers: nRF52840 Product Specification v1.7, nRF52833 Product Specification v1.5,
which agree on all of these. Whatever else the firmware touches is an error.
"""

from dataclasses import dataclass
from functools import partial

from sernet_cal.errors import InputError
from sernet_edge.audio.load import Samples
from sernet_edge.emulator import nrf_pdm, nrf_timer, nrf_uarte
from sernet_edge.emulator.machine import Machine, Region
from sernet_edge.emulator.nrf_pdm import Pdm
from sernet_edge.emulator.nrf_timer import Timer
from sernet_edge.emulator.nrf_uarte import Uarte
from sernet_edge.emulator.registers import NordicPeripheral, RegisterFile, check_modelled
from sernet_gen.board import Microphone
from sernet_gen.pins import pin_number

_APB = Region(0x40000000, 0x30000)
_GPIO = Region(0x50000000, 0x10000)
_CONFIGURATION = Region(0x10000000, 0x10000)  # FICR, and UICR that nobody wrote
_PAGE = 0x1000
_CLOCK, _UARTE0, _PDM, _NVMC, _PPI = 0x00, 0x02, 0x1D, 0x1E, 0x1F
_TIMERS = (0x08, 0x09, 0x0A, 0x1A, 0x1B)
_MICROPHONES_TIMER = 0x0A
_NVMC_RESET = {0x400: 1, 0x408: 1}  # READY, READYNEXT
_PPI_CHANNELS = 20


@dataclass(frozen=True)
class Part:
    """What tells the members of the family apart: flash and RAM in KiB, pins of port 1."""

    name: str
    flash: int
    ram: int
    pins: int

    @property
    def information(self) -> dict[int, int]:
        """The words of FICR that tell them apart, too."""
        return {
            0x010: 4096,  # CODEPAGESIZE
            0x014: self.flash // 4,  # CODESIZE in pages
            0x100: int(self.name.removeprefix("nRF"), 16),  # INFO.PART
            0x10C: self.ram,  # INFO.RAM
            0x110: self.flash,  # INFO.FLASH
        }


_PARTS = {
    part.name: part for part in (Part("nRF52833", 512, 128, 10), Part("nRF52840", 1024, 256, 16))
}


def _words(first: int, count: int, step: int = 4) -> frozenset[int]:
    return frozenset(range(first, first + count * step, step))


# Page of the APB -> the registers that its model knows.
_REGISTERS: dict[int, frozenset[int]] = {
    _CLOCK: _words(0x000, 4) | _words(0x100, 2) | {0x304, 0x308, 0x40C, 0x418, 0x518},
    _UARTE0: nrf_uarte.REGISTERS,
    _PDM: nrf_pdm.REGISTERS,
    _NVMC: frozenset({0x400, 0x408, 0x540}),
    _PPI: _words(0x500, 3) | _words(0x510, 2 * _PPI_CHANNELS),
    **dict.fromkeys(_TIMERS, nrf_timer.REGISTERS),
}


class Clock(NordicPeripheral):
    """CLOCK and POWER: oscillators run as soon as they are started."""

    def run_task(self, offset: int) -> None:
        """Start or stop an oscillator."""
        match offset:
            case 0x000:
                self.words[0x40C] = 0x10001  # HFCLKSTAT: crystal, running
                self.raise_event(0x100)
            case 0x004:
                self.words[0x40C] = 0
            case 0x008:
                self.words[0x418] = 0x10001  # LFCLKSTAT
                self.raise_event(0x104)
            case 0x00C:
                self.words[0x418] = 0


class Gpio(RegisterFile):
    """Both ports: output and direction with their set and clear registers."""

    def write(self, offset: int, value: int) -> None:
        """Take a word; SET and CLR registers change the one before them."""
        port, register = offset // 0x300 * 0x300, offset % 0x300
        target = {0x208: 0x204, 0x20C: 0x204, 0x218: 0x214, 0x21C: 0x214}.get(register)
        if target is None:
            self.words[offset] = value
            return
        old = self.words.get(port + target, 0)
        cleared = register in (0x20C, 0x21C)
        self.words[port + target] = old & ~value if cleared else old | value


class Ppi(RegisterFile):
    """The programmable interconnect: an event here runs a task there.

    `routes`: address of an event -> addresses of the tasks that it runs.
    """

    def __init__(self) -> None:
        self.routes: dict[int, list[int]] = {}
        super().__init__()

    def reset(self) -> None:
        """Disconnect everything."""
        super().reset()
        self.routes = {}

    def write(self, offset: int, value: int) -> None:
        """Take a word; CHENSET and CHENCLR change CHEN."""
        enabled = self.words.get(0x500, 0)
        match offset:
            case 0x504:
                self.words[0x500] = enabled | value
            case 0x508:
                self.words[0x500] = enabled & ~value
            case _:
                self.words[offset] = value
        self.routes = {}
        for channel in range(_PPI_CHANNELS):
            if self.words.get(0x500, 0) >> channel & 1:
                event = self.words.get(0x510 + 8 * channel, 0)
                task = self.words.get(0x514 + 8 * channel, 0)
                self.routes.setdefault(event, []).append(task)


class Nrf52:
    """The microcontroller called `part`, to be connected to one Machine; `microphone`: the board's.

    Raises InputError for one that is not modelled.
    """

    core = "cortex-m4f"
    boot_stage: int | None = None

    def __init__(self, part: str = "nRF52840", microphone: Microphone | None = None) -> None:
        if part not in _PARTS:
            raise InputError(
                f"This program has no model of the {part}; it has {', '.join(_PARTS)}.",
                'Correct the key part in the board\'s file, or write there:  emulator = "none"',
            )
        self._part = _PARTS[part]
        self._microphone = microphone
        self.flash = Region(0x00000000, self._part.flash * 1024)
        self.ram = Region(0x20000000, self._part.ram * 1024)
        self._pins = frozenset(
            0x300 * port + register
            for port, pins in ((0, 32), (1, self._part.pins))
            for register in _words(0x504, 8) | _words(0x700, pins)
        )

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        self._uarte = Uarte(
            machine.line,
            lambda address, count: bytes(machine.uc.mem_read(address, count)),
            machine.uc.mem_write,
            machine.poll_in_vain,
        )
        self._pdm = Pdm(self._microphone, machine.uc.mem_write, self._is_high)
        self._machine = machine
        self._ppi = Ppi()
        self._pages: dict[int, RegisterFile] = {
            _CLOCK: Clock(),
            _UARTE0: self._uarte,
            _PDM: self._pdm,
            _NVMC: RegisterFile(_NVMC_RESET),
            _PPI: self._ppi,
            **{page: Timer(self._uarte.receive, self._counted_nothing) for page in _TIMERS},
            # Looking at the count of the microphone's buffers lets time pass for it.
            _MICROPHONES_TIMER: Timer(self._pdm.advance, lambda: None),
        }
        for page, peripheral in self._pages.items():
            if isinstance(peripheral, NordicPeripheral):
                peripheral.on_event = partial(self._route, _APB.origin + page * _PAGE)
        self._gpio = Gpio()
        machine.map_io(_APB, self._read, self._write)
        machine.map_io(_GPIO, self._read_pins, self._write_pins)
        machine.map_io(
            _CONFIGURATION,
            lambda offset: self._part.information.get(offset, 0xFFFFFFFF),
            lambda _offset, _value: None,
        )

    def listen_to(self, samples: Samples, hurry: int | None = None) -> None:
        """Let the microphone hear `samples`, int16 [n] at 16 kHz, and then silence.

        `hurry`: samples that come from one look of the firmware to the next; without it, the sound
        stands still while there is no room. Comes after `connect`.
        """
        self._pdm.sound, self._pdm.hurry = samples, hurry

    def reset(self) -> None:
        """Put every peripheral into its state after a reset."""
        self._gpio.reset()
        for peripheral in self._pages.values():
            peripheral.reset()

    def _page(self, offset: int) -> RegisterFile:
        page = offset // _PAGE
        known = _REGISTERS.get(page, frozenset())
        check_modelled(offset % _PAGE, known, self._part.name, _APB.origin + offset)
        return self._pages[page]

    def _read(self, offset: int) -> int:
        return self._page(offset).read(offset % _PAGE)

    def _write(self, offset: int, value: int) -> None:
        self._page(offset).write(offset % _PAGE, value)

    def _read_pins(self, offset: int) -> int:
        check_modelled(offset, self._pins, self._part.name, _GPIO.origin + offset)
        return self._gpio.read(offset)

    def _write_pins(self, offset: int, value: int) -> None:
        check_modelled(offset, self._pins, self._part.name, _GPIO.origin + offset)
        self._gpio.write(offset, value)

    def _is_high(self, pin: str) -> bool:
        port, number = pin_number(pin)
        return bool(self._gpio.read(0x300 * port + 0x504) >> number & 1)

    def _route(self, base: int, event: int) -> None:
        for task in self._ppi.routes.get(base + event, ()):
            self._write(task - _APB.origin, 1)

    def _counted_nothing(self) -> None:
        if not self._machine.line.to_device:
            self._machine.poll_in_vain()
