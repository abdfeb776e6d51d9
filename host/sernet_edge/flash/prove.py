"""The proof that the new firmware runs: the board answers HELLO with the build's id."""

from collections.abc import Callable

from sernet_cal.errors import LinkError
from sernet_edge.firmware import Firmware, check_identity
from sernet_edge.flash.desk import Desk, PortInfo
from sernet_edge.flash.faults import ANY_PORT, NotProvenError, written
from sernet_edge.flash.ports import after_restart, usb_of
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.link.session import Session, timing_of
from sernet_edge.progress import Show
from sernet_gen.board import Board

# A restart and its new place on USB take a second or two; Windows may install a driver.
_BACK_S = 20.0
_LOOK_STEP_S = 0.1
_WAIT = "seconds for its answer"


def prove_sketch(
    desk: Desk,
    board: Board,
    firmware: Firmware,
    old: PortInfo,
    before: tuple[PortInfo, ...],
    show: Show,
) -> tuple[DeviceInfo, str]:
    """Wait for the sketch on the board that was the bootloader `old`; returns what it says of
    itself, and its port.

    Raises NotProvenError when nobody answers, StaleFirmwareError when another firmware does.
    """

    def ports() -> tuple[str, ...]:
        pids = usb_of(board).sketch_pids
        return tuple(port.device for port in after_restart(desk, board, pids, old, before))

    return _await_hello(desk, board, firmware, ports, ANY_PORT, show)


def prove_at(
    desk: Desk, board: Board, firmware: Firmware, port: str, show: Show
) -> tuple[DeviceInfo, str]:
    """Ask at `port`, the serial port on which the board's firmware speaks; as `prove_sketch`."""
    return _await_hello(desk, board, firmware, lambda: (port,), port, show)


def _await_hello(
    desk: Desk,
    board: Board,
    firmware: Firmware,
    ports: Callable[[], tuple[str, ...]],
    usual: str,
    show: Show,
) -> tuple[DeviceInfo, str]:
    start_s = desk.now_s()
    reason = "no port of it appeared."
    while (waited_s := desk.now_s() - start_s) < _BACK_S:
        show(_WAIT, int(waited_s), int(_BACK_S))
        for port in ports():
            try:
                info = _hello(desk, board, port)
            except LinkError as error:  # just there: not ready, or not yet this user's
                reason = error.message
            else:
                show(_WAIT, int(_BACK_S), int(_BACK_S))
                check_identity(firmware, info)
                return info, port
        desk.sleep(_LOOK_STEP_S)
    raise NotProvenError(
        f"No new firmware answered within {_BACK_S:.0f} s of the restart: {reason}",
        written(board, usual),
    )


def _hello(desk: Desk, board: Board, port: str) -> DeviceInfo:
    line = desk.open(port, board.link.baud)
    try:
        return Session(line, timing_of(port), clock=desk.now_s).connect()
    finally:
        line.close()
