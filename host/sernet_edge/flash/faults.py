"""What can go wrong while flashing, as errors of their own type, and how a board is recovered."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sernet_cal.errors import ExitCode, InputError, LinkError, SernetError
from sernet_edge.flash.desk import PortInfo
from sernet_gen.board import Board

DOUBLE_TAP = (
    "Press the reset button twice, quickly: the bootloader starts, and the orange LED by the plug "
    "fades in and out."
)

# What verify takes for a board whose port may have changed its name.
ANY_PORT = "all"


class BoardNotFoundError(LinkError):
    """The board, its drive or its probe is not connected to this machine."""


class SeveralBoardsError(InputError):
    """More than one could be meant."""


class WrongChipError(InputError):
    """What is connected is not the board that the firmware was built for."""


class NoBootloaderError(LinkError):
    """The board's bootloader does not start, or does not answer."""


class NoSuchAnswerError(LinkError):
    """The bootloader did not answer a command, or not in its form."""


class BrokenOffError(LinkError):
    """Flashing was broken off; the hint says what the board holds now and how to go on."""


class ReadBackError(SernetError):
    """The flash holds other bytes than the image."""

    exit_code = ExitCode.DIFFERENT


class NotProvenError(LinkError):
    """The image was written, but no new firmware answered."""


@contextmanager
def broken_off(hint: str) -> Iterator[None]:
    """Turn any LinkError of the block, and the user's interrupt, into a BrokenOffError with
    `hint`."""
    try:
        yield
    except LinkError as error:
        raise BrokenOffError(error.message, hint) from error
    except KeyboardInterrupt as error:
        raise BrokenOffError("Flashing was interrupted.", hint) from error


@contextmanager
def not_written(board: Board) -> Iterator[None]:
    """Turn any LinkError of the block into a NoBootloaderError that says so."""
    try:
        yield
    except LinkError as error:
        raise NoBootloaderError(
            f"{error.message} Nothing was written.",
            f"{error.hint or DOUBLE_TAP}\nThen flash it again:  {flash_command(board)}",
        ) from error


def flash_command(board: Board) -> str:
    """Return the command that flashes `board`."""
    return f"sernet-edge flash --board {board.name}"


def half_written(board: Board) -> str:
    """Return the hint for a board whose flash was erased and not yet written as a whole."""
    return (
        "The board has no whole firmware now; its bootloader is untouched.\n"
        f"{DOUBLE_TAP}\nThen flash it again:  {flash_command(board)}"
    )


def written(board: Board, port: str) -> str:
    """Return the hint for a board with the whole image whose firmware did not answer at `port`."""
    ask = f"  sernet-edge verify --board {board.name} --port {port}"
    if board.flash_tool != "sam-ba":
        return (
            f"The image is written. Is {port} the port where the board's serial pins end? Press "
            f"the reset button once, then ask the board:\n{ask}\n"
            f"If it does not answer, flash it again:  {flash_command(board)}"
        )
    return (
        "The image is written and was read back. Press the reset button once, then ask the board:\n"
        f"{ask}\n"
        f"If it does not answer: {DOUBLE_TAP}\nThen flash it again:  {flash_command(board)}"
    )


def wrong_chip(seen: str, board: Board) -> WrongChipError:
    """Return the error for a chip that calls itself `seen`."""
    return WrongChipError(
        f"This chip is {seen}, not {board.flash_target} ({board.title}). Nothing was written.",
        "Name the board that is there:  --board NAME\nor where the right one is:  --port, --drive "
        f"or --probe\nIf it is the right one, flash it again:  {flash_command(board)}",
    )


def several(what: str, option: str, found: Sequence[tuple[str, str]]) -> SeveralBoardsError:
    """Return the error for several (name, description) where one is needed."""
    lines = [f"  {name}  {description}".rstrip() for name, description in found]
    return SeveralBoardsError(
        f"There are {len(found)} {what}: which one is meant?",
        "\n".join([*lines, f"Name it:  {option} {found[0][0]}"]),
    )


def usb_words(port: PortInfo) -> str:
    """Return a port's description with its USB numbers."""
    if port.vid is None or port.pid is None:
        return port.description or "no USB port"
    return f"{port.description} ({port.vid:04x}:{port.pid:04x})".strip()
