"""Which boards are on the bench: ports asked who is there, names from the boards themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from sernet_cal.errors import InputError, LinkError, SernetError
from sernet_edge.firmware import MANIFEST, load_firmware
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.link.session import Session, Timing, timing_of
from sernet_edge.link.transport import open_port, ports_seen
from sernet_edge.verify.board import Target
from sernet_gen.board import Board, load_board

ALL_PORTS = "all"
BUILDS = Path("build")

# A board that is there answers at once; many ports may have nobody behind them.
_ASKING = Timing(tries=1, connect_tries=2)


@dataclass(frozen=True)
class Lost:
    """A port or a board that cannot be verified, and why; `board` is empty where nobody knows."""

    board: str
    url: str
    error: SernetError


def built_boards() -> tuple[str, ...]:
    """Return the names of the boards that have a build here, sorted.

    Raises InputError where there is none.
    """
    names = tuple(sorted(path.parent.name for path in BUILDS.glob(f"*/{MANIFEST}")))
    if not names:
        raise InputError(
            f"Which boards are meant? --board names none, and {BUILDS} holds no build.",
            "Build one first:  sernet-edge build --board nano33",
        )
    return names


def targets_at(
    urls: Sequence[str], boards: Sequence[Board], note: Callable[[str], None]
) -> list[Target | Lost]:
    """Return what is verified at `urls`, which may be ("all",): each with its own board's build.

    Ports are asked only where it is not clear which board is there. A port that does not answer
    is Lost if it was named, and passed over with a `note` if all were asked; then each of `boards`
    that nobody answered as is Lost. Raises LinkError when there is no port at all.
    """
    if tuple(urls) != (ALL_PORTS,):
        if len(boards) == 1:
            return [_target(boards[0], url) for url in urls]
        return [_asked(url, boards) for url in urls]
    found = [_asked(url, boards) for url in _serial_ports()]
    there: list[Target | Lost] = []
    for item in found:
        if isinstance(item, Lost) and not item.board:
            note(f"{item.url} is passed over: {item.error.message}")
        else:
            there.append(item)
    return there + _missing(boards, there, len(found))


def _serial_ports() -> list[str]:
    ports = sorted(str(item.device) for item in list_ports.comports())
    if not ports:
        raise LinkError("--port all finds no board.", ports_seen())
    return ports


def _missing(
    boards: Sequence[Board], there: Sequence[Target | Lost], asked: int
) -> list[Target | Lost]:
    names = {item.board if isinstance(item, Lost) else item.board.name for item in there}
    return [
        Lost(
            board.name,
            "-",
            LinkError(
                f"No port answers as {board.name}: {asked} asked.",
                "Is it plugged in, and does our firmware run on it?  "
                f"sernet-edge flash --board {board.name}",
            ),
        )
        for board in boards
        if board.name not in names
    ]


def _target(board: Board, url: str) -> Target | Lost:
    try:
        return Target(board, load_firmware(BUILDS / board.name, board.name), url)
    except SernetError as error:
        return Lost(board.name, url, error)


def _asked(url: str, boards: Sequence[Board]) -> Target | Lost:
    """Ask who is at `url`; the answer names the board."""
    try:
        info = _who_is_there(url, sorted({board.link.baud for board in boards}))
    except SernetError as error:
        return Lost("", url, error)
    for board in boards:
        if board.name == info.board:
            return _target(load_board(info.board), url)
    names = ", ".join(board.name for board in boards)
    return Lost(
        "",
        url,
        InputError(
            f"The board at {url} says it is {info.board}, which is none of {names}.",
            f"Name it as well:  --board {info.board}",
        ),
    )


def _who_is_there(url: str, bauds: Sequence[int]) -> DeviceInfo:
    """Return the HELLO of the board at `url`, asked at each rate; raises LinkError."""
    timing = _ASKING if timing_of(url) == Timing() else timing_of(url)
    for baud in bauds:
        transport = open_port(url, baud)
        try:
            return Session(transport, timing).connect()
        except LinkError as error:
            last = error
        finally:
            transport.close()
    raise last
