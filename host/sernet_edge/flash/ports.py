"""Which serial port is the board's, before and after it restarts under another name."""

from sernet_cal.errors import InputError
from sernet_edge.flash.desk import Desk, PortInfo, same_device
from sernet_edge.flash.faults import (
    DOUBLE_TAP,
    BoardNotFoundError,
    WrongChipError,
    several,
    usb_words,
)
from sernet_gen.board import Board, Usb


def usb_of(board: Board) -> Usb:
    """Return how `board` shows itself on USB; raises InputError for one that does not."""
    if board.usb is None:
        raise InputError(f"{board.name} has no USB port of its own.")
    return board.usb


def choose_port(desk: Desk, board: Board, named: str | None) -> PortInfo:
    """Return the port of `board`: the one `named`, or the only one with its USB numbers.

    A named port may be one that the system does not list. Raises BoardNotFoundError,
    SeveralBoardsError, and WrongChipError for a named port of another USB device.
    """
    seen = desk.ports()
    if named is not None:
        listed = next((port for port in seen if same_device(port.device, named)), None)
        if listed is None:
            return PortInfo(named)
        if listed.pid is not None and not _is_board(listed, usb_of(board)):
            raise _other_device(listed, board)
        return listed
    found = [port for port in seen if _is_board(port, usb_of(board))]
    if not found:
        raise BoardNotFoundError(
            f"No {board.title} is connected to this machine by USB.",
            f"Plug it in, with a cable that carries data. If it is: {DOUBLE_TAP}\n{_list(seen)}",
        )
    places = {port.place or port.device for port in found}
    if len(places) > 1:
        what = f"boards that may be {board.name}"
        raise several(what, "--port", [(port.device, usb_words(port)) for port in found])
    return found[0]


def is_bootloader(port: PortInfo, usb: Usb) -> bool:
    """Return whether the bootloader may be what is running behind `port`."""
    return port.pid is None or port.pid in usb.bootloader_pids


def is_sketch(port: PortInfo, usb: Usb) -> bool:
    """Return whether a sketch may be what is running behind `port`."""
    return port.pid is None or port.pid in usb.sketch_pids


def after_restart(
    desk: Desk, board: Board, pids: tuple[int, ...], old: PortInfo, before: tuple[PortInfo, ...]
) -> tuple[PortInfo, ...]:
    """Return the ports that may be the board that was `old`, with a product among `pids`.

    The board in the same socket is the one; where the system does not tell sockets, any that was
    not there `before`, and the old name.
    """
    vid = usb_of(board).vid
    found = [
        port
        for port in desk.ports()
        if port.vid == vid and port.pid in pids and _may_be_same(port, old, before)
    ]
    if old.pid is None and old.device not in {port.device for port in found}:
        found.append(old)
    return tuple(found)


def _may_be_same(port: PortInfo, old: PortInfo, before: tuple[PortInfo, ...]) -> bool:
    if port.place is not None and old.place is not None:
        return port.place == old.place
    return port.device == old.device or port not in before


def _is_board(port: PortInfo, usb: Usb) -> bool:
    return port.vid == usb.vid and port.pid in usb.sketch_pids + usb.bootloader_pids


def _other_device(port: PortInfo, board: Board) -> WrongChipError:
    usb = usb_of(board)
    pids = sorted({*usb.sketch_pids, *usb.bootloader_pids})
    known = ", ".join(f"{usb.vid:04x}:{pid:04x}" for pid in pids)
    return WrongChipError(
        f"{port.device} is {usb_words(port)}, no {board.title} ({known}). Nothing was written.",
        "The board is flashed through its own USB plug: let it be found, without --port.",
    )


def _list(ports: tuple[PortInfo, ...]) -> str:
    lines = [f"  {port.device}  {usb_words(port)}".rstrip() for port in ports]
    return "\n".join(["Ports seen here:", *lines]) if lines else "No serial port is to be seen."
