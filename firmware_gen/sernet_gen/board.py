"""Boards: what boards/<name>/board.toml says, checked, as frozen values."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sernet_cal.errors import InputError
from sernet_gen import assets
from sernet_gen.cores import Core, find_core
from sernet_gen.ports import is_port, port_names
from sernet_gen.tables import nearest, read_table
from sernet_gen.uf2 import UF2_FAMILIES

BOARD_FILE = "board.toml"
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
    uncached read at `clock_hz`. `latency_budget_ms`: how soon after the last sample the answer
    should be there. `memory` is None for a host process. `flash_target`: what `flash_tool` calls
    the chip: the bootloader's answer begins so (sam-ba), the Board-ID on the drive (uf2), the
    target's name or its beginning (pyocd).
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
    """Return the board called `name`; raises InputError with the nearest names."""
    names = board_names()
    if name not in names:
        raise InputError(f"There is no board {name!r}.", nearest(name, names))
    return read_board(assets.boards_dir() / name / BOARD_FILE)


def read_board(path: Path) -> Board:
    """Read one board file, in a folder of the board's name; raises InputError naming the key."""
    file = f"{path.parent.name}/{path.name}"
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The board file {path} is not readable: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is no TOML: {error}.") from error
    board = read_table(Board, table, file)
    _check(board, file)
    return board


def pin_number(text: str) -> tuple[int, int]:
    """Return (port, pin) of a pin written as "P1.10", "PA10" (of port 0, PB1 of port 1), or "GP1"
    (of port 0); raises InputError.
    """
    match = re.fullmatch(r"P(\d)\.(\d\d)|P([A-K])(\d\d?)|GP(\d\d?)", text)
    if match is None:
        raise InputError(
            f"{text!r} is no pin; one is written as P1.10 (port, dot, two digits), as PA10 or as "
            "GP1."
        )
    if match[3] is not None:
        return ord(match[3]) - ord("A"), int(match[4])
    return int(match[1] or 0), int(match[2] or match[5])


def _check(board: Board, file: str) -> None:
    if board.name != Path(file).parent.name:
        raise InputError(
            f"{file}: name is {board.name!r}; it must be that of its folder, "
            f"{Path(file).parent.name!r}."
        )
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
