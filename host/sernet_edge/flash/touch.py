"""Starting the bootloader: the call at 1200 baud, and the wait until it is there."""

from sernet_cal.errors import LinkError
from sernet_edge.flash.desk import TOUCH_BAUD, Desk, PortInfo
from sernet_edge.flash.faults import (
    DOUBLE_TAP,
    NoBootloaderError,
    NoSuchAnswerError,
    flash_command,
    not_written,
    wrong_chip,
)
from sernet_edge.flash.ports import after_restart, is_bootloader, is_sketch, usb_of
from sernet_edge.flash.samba import Loader, Samba
from sernet_edge.link.transport import CannotOpenError
from sernet_edge.progress import Show
from sernet_gen.board import Board

# Windows may install a driver the first time that it sees the bootloader.
_APPEAR_S = 20.0
_LOOK_STEP_S = 0.1
# The sketch restarts a moment after the call; whoever looks at its port earlier may disturb it.
_SETTLE_S = 0.5
_WAIT = "seconds for the bootloader"


def enter_bootloader(
    desk: Desk, board: Board, port: PortInfo, show: Show
) -> tuple[Samba, PortInfo, Loader]:
    """Return the bootloader of the board at `port`, its port and what it says of itself.

    A sketch that runs is called at 1200 baud; the board then restarts, often under another name.
    Raises NoBootloaderError when the port does not open or no bootloader answers.
    """
    usb = usb_of(board)
    is_sure = not is_sketch(port, usb)
    with not_written(board):
        if is_bootloader(port, usb):
            try:
                return _attach(desk, port)
            except NoSuchAnswerError:
                if is_sure:
                    raise
        before = desk.ports()
        broken = _call(desk, port)
        desk.sleep(_SETTLE_S)
    return _await_bootloader(desk, board, port, before, broken, show)


def check_chip(loader: Loader, board: Board) -> None:
    """Raise WrongChipError unless `loader` runs on the chip of `board`.

    Arduino's UNO R4 claims the same chip; its USB numbers tell it apart.
    """
    if board.flash_target is None or not loader.chip.startswith(board.flash_target):
        raise wrong_chip(loader.chip, board)


def _call(desk: Desk, port: PortInfo) -> LinkError | None:
    """Call the bootloader. The board may be gone before the port is wholly open: returns the
    error where that, or something else, may be the reason for it."""
    try:
        line = desk.open(port.device, TOUCH_BAUD)
    except CannotOpenError as error:
        if error.is_untouched:
            raise
        return error
    line.hang_up()
    line.close()
    return None


def _attach(desk: Desk, port: PortInfo) -> tuple[Samba, PortInfo, Loader]:
    samba = Samba(desk.open(port.device, 0), desk.now_s)
    try:
        return samba, port, samba.identify()
    except LinkError:
        samba.close()
        raise


def _await_bootloader(
    desk: Desk,
    board: Board,
    old: PortInfo,
    before: tuple[PortInfo, ...],
    last: LinkError | None,
    show: Show,
) -> tuple[Samba, PortInfo, Loader]:
    start_s = desk.now_s()
    pids = usb_of(board).bootloader_pids
    while (waited_s := desk.now_s() - start_s) < _APPEAR_S:
        show(_WAIT, int(waited_s), int(_APPEAR_S))
        for port in after_restart(desk, board, pids, old, before):
            try:
                found = _attach(desk, port)
            except LinkError as error:  # just there: not ready, or not yet this user's
                last = error
            else:
                show(_WAIT, int(_APPEAR_S), int(_APPEAR_S))
                return found
        desk.sleep(_LOOK_STEP_S)
    raise _missing(board, old, last)


def _missing(board: Board, old: PortInfo, last: LinkError | None) -> NoBootloaderError:
    reason = f" The last that was seen: {last.message}" if last else ""
    hint = f"{last.hint}\n" if last and last.hint else ""
    return NoBootloaderError(
        f"The bootloader did not appear within {_APPEAR_S:.0f} s of the call at 1200 baud on "
        f"{old.device}. Nothing was written.{reason}",
        f"{hint}Does the sketch that runs hang, or does it not use USB? {DOUBLE_TAP}\n"
        f"Then flash it again:  {flash_command(board)}",
    )
