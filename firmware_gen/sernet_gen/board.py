"""Boards: what boards/<name>/board.toml says, checked, as frozen values."""

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sernet_cal.errors import InputError
from sernet_gen import assets
from sernet_gen.cores import Core, find_core
from sernet_gen.pins import pin_number
from sernet_gen.ports import is_port, port_names
from sernet_gen.tables import NOT_IN_FILE, nearest, read_table
from sernet_gen.uf2 import UF2_FAMILIES

BOARD_FILE = "board.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")  # it names folders, and a device says it
Emulator = Literal["emu", "qemu", "proc", "none"]
LinkKind = Literal["uart", "stdio"]
FlashTool = Literal["sam-ba", "uf2", "pyocd", "none"]


@dataclass(frozen=True)
class FlashRegion:
    """The flash that an image may fill: `origin` address, `length` and `budget` in bytes."""

    origin: int
    length: int
    budget: int


@dataclass(frozen=True)
class RamRegion:
    """The RAM: `origin` address, `length`, `budget` (static + worst stack, without a kept clip)
    and the `stack` reserved at its bottom, all in bytes.
    """

    origin: int
    length: int
    budget: int
    stack: int


@dataclass(frozen=True)
class Boot2Region:
    """The piece of flash that a second boot stage fills: `origin` address, `length` in bytes."""

    origin: int
    length: int


@dataclass(frozen=True)
class Memory:
    """The memories of a microcontroller. The vector table lies at the origin of `flash`; `boot2`
    is for those whose boot ROM wants a second stage before it."""

    flash: FlashRegion
    ram: RamRegion
    boot2: Boot2Region | None = None

    @property
    def image_origin(self) -> int:
        """The address of the first byte that is flashed."""
        return self.flash.origin if self.boot2 is None else self.boot2.origin


@dataclass(frozen=True)
class Link:
    """The serial link: `baud` bit/s; `rx` and `tx` pins as "P1.10", "PA10" or "GP1" where the port
    can choose."""

    kind: LinkKind
    baud: int
    rx: str | None = None
    tx: str | None = None


@dataclass(frozen=True)
class Oscillator:
    """What the board gives the microcontroller to make its clocks from, for ports that can use it:
    a crystal, or a signal that comes from another chip. `hz`: its rate.
    """

    hz: int
    kind: Literal["crystal", "signal"]


@dataclass(frozen=True)
class Microphone:
    """What a firmware built with --live listens to.

    `kind`: "pdm", a digital microphone whose `clock`, `data` and `power` (if it is switched) are
    pins; "file", what is given to the process. `gain_db`: of the samples, -20 to 20.
    """

    kind: Literal["pdm", "file"]
    clock: str | None = None
    data: str | None = None
    power: str | None = None
    gain_db: int = 0


@dataclass(frozen=True)
class Usb:
    """How the board shows itself on USB: its vendor and its products, with an Arduino sketch
    running and with its bootloader. A product in both lists may be either.
    """

    vid: int
    sketch_pids: tuple[int, ...]
    bootloader_pids: tuple[int, ...]


@dataclass(frozen=True)
class ArduinoCore:
    """How an Arduino sketch for the board is compiled: `core` as "vendor:architecture", the board's
    `fqbn` in it, and the flash in bytes that the core takes beside our code.
    """

    core: str
    fqbn: str
    flash_bytes: int


@dataclass(frozen=True)
class Peripherals:
    """Where a port's peripherals lie on this board, for ports whose boards differ in that.

    `uart` and `counter`: addresses; `uart_clock_hz`: what the UART's rate is divided from;
    `counter_hz`: how often the free-running 32-bit counter at `counter` counts.
    """

    uart: int
    uart_clock_hz: int
    counter: int
    counter_hz: int


@dataclass(frozen=True)
class Board:
    """One board. `port` is the folder of its microcontroller family, `emulator` the URL scheme
    that reaches it without hardware ("none" where there is none), `flash_wait_states` those of an
    uncached read at `clock_hz`, in the mean of the words that it brings. `latency_budget_ms`: how
    soon after the last sample the answer should be there. `memory` is None for a host process.
    `flash_target`: what `flash_tool` calls the chip: the bootloader's answer begins so (sam-ba),
    the Board-ID on the drive (uf2), the target's name or its beginning (pyocd). `microphone`: None
    where no port knows of one.
    """

    name: str
    title: str
    url: str
    port: str
    part: str
    core: str
    fpu: str
    clock_hz: int
    flash_wait_states: int
    flash_tool: FlashTool
    emulator: Emulator
    link: Link
    memory: Memory | None = None
    peripherals: Peripherals | None = None
    latency_budget_ms: int | None = None
    flash_target: str | None = None
    usb: Usb | None = None
    arduino: ArduinoCore | None = None
    oscillator: Oscillator | None = None
    microphone: Microphone | None = None
    silicon: str | None = None
    own_file: str | None = field(default=None, metadata=NOT_IN_FILE)

    @property
    def reference(self) -> str:
        """What `--board` takes for it: its name, or the path of a file outside the catalogue."""
        return self.own_file or self.name

    @property
    def target(self) -> Core:
        """The core with its compiler flags."""
        return find_core(self.core)

    @property
    def is_host(self) -> bool:
        """Whether the firmware is a process of this machine."""
        return self.memory is None


def board_names() -> tuple[str, ...]:
    """Return the names of all boards, sorted."""
    return tuple(sorted(path.parent.name for path in assets.boards_dir().glob(f"*/{BOARD_FILE}")))


def load_board(name: str) -> Board:
    """Return the board called `name`, or the one of the user's own file at the path `name`, which
    ends in .toml. Raises InputError, for a name that is not known with the nearest ones.
    """
    names = board_names()
    if name.endswith(".toml"):
        return _read_own_board(Path(name))
    if name not in names:
        raise InputError(f"There is no board {name!r}.", nearest(name, names))
    return read_board(assets.boards_dir() / name / BOARD_FILE)


def read_board(path: Path) -> Board:
    """Read one board file, in a folder of the board's name; raises InputError naming the key."""
    file = f"{path.parent.name}/{path.name}"
    board = _read(path, file)
    if board.name != path.parent.name:
        raise InputError(
            f"{file}: name is {board.name!r}; it must be that of its folder, {path.parent.name!r}."
        )
    return board


def _read_own_board(path: Path) -> Board:
    if path.resolve().parent.parent == assets.boards_dir().resolve():
        return read_board(path)  # the catalogue's after all
    board = _read(path, str(path))
    if not _NAME.fullmatch(board.name):
        raise InputError(
            f"{path}: name is {board.name!r}; it must be up to 32 small letters, digits, _ and -."
        )
    if board.name in board_names():
        raise InputError(
            f"{path}: name is {board.name!r}, and the catalogue has a board of that name.",
            f"Give yours another name, or take that of the catalogue:  --board {board.name}",
        )
    return replace(board, own_file=str(path))


def _read(path: Path, file: str) -> Board:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The board file {path} is not readable: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is no TOML: {error}.") from error
    board = read_table(Board, table, file)
    _check(board, file)
    return board


def _check(board: Board, file: str) -> None:
    core = board.target
    if core.is_host != board.is_host:
        wanted = "no memory table" if core.is_host else "the tables memory.flash and memory.ram"
        raise InputError(f"{file}: a board with the core {core.name} needs {wanted}.")
    if not is_port(board.port):
        hint = nearest(board.port, port_names())
        raise InputError(f"{file}: there is no port {board.port!r}.", hint)
    for pin in (board.link.rx, board.link.tx):
        if pin is not None:
            pin_number(pin)
    if board.microphone is not None:
        _check_microphone(board.microphone, file)
    if board.flash_tool != "none" and board.flash_target is None:
        raise InputError(
            f"{file}: flash_tool {board.flash_tool} needs flash_target, its name for the chip."
        )
    if board.flash_tool == "uf2" and board.part not in UF2_FAMILIES:
        raise InputError(
            f"{file}: no UF2 family id is known for the part {board.part}; "
            f"known: {', '.join(UF2_FAMILIES)}."
        )
    if board.flash_tool == "sam-ba" and board.usb is None:
        raise InputError(f"{file}: flash_tool sam-ba needs the table usb: who is to be flashed?")
    if board.memory is None:
        return
    ram = board.memory.ram
    if ram.stack % 8 or not 0 < ram.stack < ram.length:
        raise InputError(
            f"{file}: memory.ram.stack is {ram.stack}; it must be a multiple of 8 "
            f"below memory.ram.length ({ram.length})."
        )


def _check_microphone(microphone: Microphone, file: str) -> None:
    if microphone.kind == "pdm" and None in (microphone.clock, microphone.data):
        raise InputError(f"{file}: a pdm microphone needs the pins microphone.clock and .data.")
    for pin in (microphone.clock, microphone.data, microphone.power):
        if pin is not None:
            pin_number(pin)
    if not -20 <= microphone.gain_db <= 20:
        raise InputError(
            f"{file}: microphone.gain_db is {microphone.gain_db}; it must be -20 to 20."
        )
