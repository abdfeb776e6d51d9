"""An image onto the drive that a board in its boot ROM shows: found by INFO_UF2.TXT, copied."""

import os
from pathlib import Path

from sernet_cal.errors import InputError, LinkError
from sernet_edge.flash.desk import Desk
from sernet_edge.flash.faults import (
    BoardNotFoundError,
    broken_off,
    flash_command,
    several,
    wrong_chip,
)
from sernet_edge.progress import Show
from sernet_gen.board import Board

INFO = "INFO_UF2.TXT"
UF2_FILE = "firmware.uf2"

_CHIP = "Board-ID:"
_PIECE_BYTES = 64 * 1024
# The boot ROM restarts the board about a second after the last block came.
_GONE_S = 10.0
_LOOK_STEP_S = 0.1


def choose_drive(desk: Desk, board: Board, named: Path | None) -> Path:
    """Return the drive of `board`: the one `named`, or the only one whose Board-ID is the board's.

    Raises BoardNotFoundError, SeveralBoardsError, WrongChipError, and InputError for a folder that
    is no such drive.
    """
    if named is not None:
        chip = read_chip(named)
        if chip is None:
            raise InputError(
                f"{named} is no drive of a board in its boot ROM: it has no {INFO} with a "
                f"{_CHIP} line.",
                boot_mode(board),
            )
        if chip != board.flash_target:
            raise wrong_chip(chip, board)
        return named
    chips = [(drive, chip) for drive in desk.drives() if (chip := read_chip(drive)) is not None]
    found = [drive for drive, chip in chips if chip == board.flash_target]
    if len(found) > 1:
        what = f"drives of boards that may be {board.name}"
        raise several(what, "--drive", [(str(drive), "") for drive in found])
    if found:
        return found[0]
    if chips:
        raise wrong_chip(f"{chips[0][1]} (the drive {chips[0][0]})", board)
    raise BoardNotFoundError(f"No drive of a {board.title} is mounted.", boot_mode(board))


def read_chip(drive: Path) -> str | None:
    """Return the Board-ID that the drive tells; None where it is no such drive."""
    try:
        lines = (drive / INFO).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    chips = [line.removeprefix(_CHIP).strip() for line in lines if line.startswith(_CHIP)]
    return chips[0] if chips else None


def write_to_drive(desk: Desk, board: Board, content: bytes, drive: Path, show: Show) -> None:
    """Copy `content` to the drive and wait until the board has taken it and restarts.

    Raises BrokenOffError when the drive goes away too early, or does not go away.
    """
    with broken_off(_half_copied(board)):
        _copy(content, drive, show)
        _await_restart(desk, drive)


def boot_mode(board: Board) -> str:
    """Return how to make the drive of `board` appear."""
    return (
        "Hold the button BOOTSEL while you plug the board in, and mount the drive that appears.\n"
        f"Then flash it:  {flash_command(board)}   (--drive DIR where it is not found)"
    )


def _copy(content: bytes, drive: Path, show: Show) -> None:
    try:
        with (drive / UF2_FILE).open("wb") as file:
            for start in range(0, len(content), _PIECE_BYTES):
                show("bytes copied", start, len(content))
                file.write(content[start : start + _PIECE_BYTES])
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LinkError(f"Copying to {drive} broke off: {error.strerror}.") from error
    show("bytes copied", len(content), len(content))


def _await_restart(desk: Desk, drive: Path) -> None:
    """Wait until the drive is gone: the boot ROM restarts the board when it has every block."""
    deadline_s = desk.now_s() + _GONE_S
    while read_chip(drive) is not None:
        if desk.now_s() > deadline_s:
            raise LinkError(
                f"The board did not take {UF2_FILE}: {_GONE_S:.0f} s after the copy its drive "
                f"{drive} is still there."
            )
        desk.sleep(_LOOK_STEP_S)


def _half_copied(board: Board) -> str:
    return (
        "Its boot ROM is untouched; the firmware may be old, half written or new.\n"
        f"{boot_mode(board)}"
    )
