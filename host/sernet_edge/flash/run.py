"""A board flashed from its build: what will be done, and doing it, whatever the tool."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from sernet_cal.errors import InputError
from sernet_edge.firmware import Firmware
from sernet_edge.flash.desk import Desk
from sernet_edge.flash.faults import usb_words
from sernet_edge.flash.image import Image, Kind, kind_of, load_image, nothing_to_flash, read_beside
from sernet_edge.flash.ports import choose_port
from sernet_edge.flash.prove import prove_at, prove_sketch
from sernet_edge.flash.pyocd_probe import Pyocd
from sernet_edge.flash.uf2_drive import UF2_FILE, choose_drive, write_to_drive
from sernet_edge.flash.write_samba import write_by_bootloader
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.progress import Show
from sernet_gen.board import Board


@dataclass(frozen=True)
class Places:
    """Where the board is, as far as the user says: `port` of its own USB plug, `drive` of its
    boot ROM, `probe` by its unique id; `link_port`, on which its new firmware speaks.
    """

    port: str | None = None
    drive: Path | None = None
    probe: str | None = None
    link_port: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the board said of itself after it was flashed, and the port where it did."""

    info: DeviceInfo
    port: str


@dataclass(frozen=True)
class Plan:
    """What flashing will do: `image` to `place`, in `steps` of words.

    `write` does it, and returns the board's answer, None where it cannot be asked: `unproven`
    then says how to ask it.
    """

    board: Board
    image: Image
    place: str
    steps: tuple[str, ...]
    write: Callable[[Show], Answer | None]
    unproven: str


def plan_flash(
    desk: Desk, board: Board, firmware: Firmware, kind: Kind | None, places: Places
) -> Plan:
    """Find the board and check the image; nothing is written.

    Raises InputError for a board that is not flashed or options that are not its tool's, what
    `load_image` raises, and what finding a port, drive or probe raises.
    """
    if board.flash_tool == "none":
        raise nothing_to_flash(board)
    _refuse_foreign_options(board, places)
    image = load_image(firmware, board, kind_of(board, kind))
    match board.flash_tool:
        case "sam-ba":
            return _plan_bootloader(desk, board, image, places)
        case "uf2":
            return _plan_drive(desk, board, image, places)
        case "pyocd":
            return _plan_probe(desk, board, image, places)
        case _:
            assert_never(board.flash_tool)


def _plan_bootloader(desk: Desk, board: Board, image: Image, places: Places) -> Plan:
    port = choose_port(desk, board, places.port)

    def write(show: Show) -> Answer | None:
        done = write_by_bootloader(desk, board, image, port, show)
        if image.kind == "arduino" and places.link_port is None:
            return Answer(*prove_sketch(desk, board, image.build, done.port, done.before, show))
        return _ask(desk, board, image, places, show)

    steps = (
        f"call the bootloader on {port.device} at 1200 baud, unless it runs, and wait for it",
        f"make sure that it says it is {board.flash_target}",
        f"erase, write {len(image.content):,} bytes, and compare the CRC of every page",
        "restart the board",
        *_asking(board, image, places),
    )
    place = f"{port.device}  {usb_words(port)}".rstrip()
    return Plan(board, image, place, steps, write, _unproven(board))


def _plan_drive(desk: Desk, board: Board, image: Image, places: Places) -> Plan:
    content = read_beside(image, UF2_FILE, board)
    drive = choose_drive(desk, board, places.drive)

    def write(show: Show) -> Answer | None:
        write_to_drive(desk, board, content, drive, show)
        return _ask(desk, board, image, places, show)

    steps = (
        f"copy {UF2_FILE} ({len(content):,} bytes) to {drive}, whose Board-ID is "
        f"{board.flash_target}",
        "wait until the drive goes away: the board has all and restarts",
        *_asking(board, image, places),
    )
    return Plan(board, image, str(drive), steps, write, _unproven(board))


def _plan_probe(desk: Desk, board: Board, image: Image, places: Places) -> Plan:
    pyocd = Pyocd()
    target = pyocd.choose_target(board)
    probe = pyocd.choose_probe(board, places.probe)

    def write(show: Show) -> Answer | None:
        pyocd.write(board, image, target, probe, show)
        return _ask(desk, board, image, places, show)

    steps = (
        f"write {len(image.content):,} bytes by {pyocd.words} with the target {target}",
        "read them back, compare every byte, and start the board",
        *_asking(board, image, places),
    )
    place = f"the probe {probe.uid}  {probe.description}".rstrip()
    return Plan(board, image, place, steps, write, _unproven(board))


def _ask(desk: Desk, board: Board, image: Image, places: Places, show: Show) -> Answer | None:
    if places.link_port is None:
        return None
    return Answer(*prove_at(desk, board, image.build, places.link_port, show))


def _asking(board: Board, image: Image, places: Places) -> tuple[str, ...]:
    if places.link_port is not None:
        return (f"ask on {places.link_port} which build runs",)
    if image.kind == "arduino":
        return ("wait for the sketch's port, and ask which build runs",)
    return (f"not ask which build runs: {_unproven(board)}",)


def _unproven(board: Board) -> str:
    link = board.link
    pins = f" ({link.rx} receives, {link.tx} sends)" if link.rx and link.tx else ""
    return (
        f"the firmware speaks on its serial pins{pins}, and --link-port does not say where these "
        f"end. To prove it:  sernet-edge verify --board {board.name} --port PORT"
    )


def _refuse_foreign_options(board: Board, places: Places) -> None:
    given = {
        "--port": (places.port, "sam-ba"),
        "--drive": (places.drive, "uf2"),
        "--probe": (places.probe, "pyocd"),
    }
    for option, (value, tool) in given.items():
        if value is not None and tool != board.flash_tool:
            own = next(name for name, (_, own) in given.items() if own == board.flash_tool)
            raise InputError(
                f"{board.name} is flashed by {board.flash_tool}; {option} is for boards that are "
                f"flashed by {tool}.",
                f"Say where it is by {own}, or leave {option} out. The port on which its firmware "
                "speaks is --link-port.",
            )
