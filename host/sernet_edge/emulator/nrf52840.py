"""The nRF52840: 1 MB of flash, 256 KB of RAM, and the peripherals that a polling firmware uses.

Addresses and registers: nRF52840 Product Specification v1.7. Peripherals without a model read back
what was written to them.
"""

from functools import partial

from sernet_edge.emulator.machine import Machine, Region
from sernet_edge.emulator.nrf_timer import Timer
from sernet_edge.emulator.nrf_uarte import Uarte
from sernet_edge.emulator.registers import NordicPeripheral, RegisterFile

_APB = Region(0x40000000, 0x30000)
_GPIO = Region(0x50000000, 0x10000)
_CONFIGURATION = Region(0x10000000, 0x10000)  # FICR, and UICR that nobody wrote
_PAGE = 0x1000
_CLOCK, _UARTE0, _NVMC, _PPI = 0x00, 0x02, 0x1E, 0x1F
_TIMERS = (0x08, 0x09, 0x0A, 0x1A, 0x1B)
_NVMC_RESET = {0x400: 1, 0x408: 1}  # READY, READYNEXT
_FICR = {
    0x010: 4096,  # CODEPAGESIZE
    0x014: 256,  # CODESIZE in pages
    0x060: 0x5E12E7ED,  # DEVICEID, a made-up one
    0x064: 0x0052840A,
    0x100: 0x52840,  # INFO.PART
    0x104: 0x41414430,  # INFO.VARIANT AAD0
    0x108: 0x2004,  # INFO.PACKAGE QIxx
    0x10C: 256,  # INFO.RAM in KiB
    0x110: 1024,  # INFO.FLASH in KiB
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
        for channel in range(20):
            if self.words.get(0x500, 0) >> channel & 1:
                event = self.words.get(0x510 + 8 * channel, 0)
                task = self.words.get(0x514 + 8 * channel, 0)
                self.routes.setdefault(event, []).append(task)


class Nrf52840:
    """The microcontroller, to be connected to one Machine."""

    core = "cortex-m4f"
    boot_stage: int | None = None
    flash = Region(0x00000000, 0x100000)
    ram = Region(0x20000000, 0x40000)

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        self._uarte = Uarte(
            machine.line,
            lambda address, count: bytes(machine.uc.mem_read(address, count)),
            machine.uc.mem_write,
            machine.poll_in_vain,
        )
        self._machine = machine
        self._ppi = Ppi()
        self._pages: dict[int, RegisterFile] = {
            _CLOCK: Clock(),
            _UARTE0: self._uarte,
            _NVMC: RegisterFile(_NVMC_RESET),
            _PPI: self._ppi,
            **{page: Timer(self._uarte.receive, self._counted_nothing) for page in _TIMERS},
        }
        for page, peripheral in self._pages.items():
            if isinstance(peripheral, NordicPeripheral):
                peripheral.on_event = partial(self._route, _APB.origin + page * _PAGE)
        self._gpio = Gpio()
        machine.map_io(_APB, self._read, self._write)
        machine.map_io(_GPIO, self._gpio.read, self._gpio.write)
        machine.map_io(
            _CONFIGURATION,
            lambda offset: _FICR.get(offset, 0xFFFFFFFF),
            lambda _offset, _value: None,
        )

    def reset(self) -> None:
        """Put every peripheral into its state after a reset."""
        self._gpio.reset()
        for peripheral in self._pages.values():
            peripheral.reset()

    def _page(self, offset: int) -> RegisterFile:
        page = offset // _PAGE
        if page not in self._pages:
            self._pages[page] = RegisterFile()
        return self._pages[page]

    def _read(self, offset: int) -> int:
        return self._page(offset).read(offset % _PAGE)

    def _write(self, offset: int, value: int) -> None:
        self._page(offset).write(offset % _PAGE, value)

    def _route(self, base: int, event: int) -> None:
        for task in self._ppi.routes.get(base + event, ()):
            self._write(task - _APB.origin, 1)

    def _counted_nothing(self) -> None:
        if not self._machine.line.to_device:
            self._machine.poll_in_vain()
