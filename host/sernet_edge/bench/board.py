"""What a real board's own clock says of a clip."""

from sernet_cal.errors import InputError
from sernet_edge.audio.synthetic import Clip
from sernet_edge.firmware import Firmware, check_identity
from sernet_edge.link.clip import run_clip
from sernet_edge.link.session import Session
from sernet_edge.link.transport import open_port
from sernet_edge.verify.verifier import why_no_time
from sernet_gen.board import Board


def measured_cycles(url: str, firmware: Firmware, board: Board, clip: Clip) -> int:
    """Return the core's cycles for `clip` on the board at `url`, without the link.

    A clock of another rate than the core's is scaled to it. Raises LinkError, StaleFirmwareError
    for a board that runs something else, and InputError for one without a clock that moves.
    """
    transport = open_port(url, board.link.baud)
    try:
        session = Session(transport)
        info = session.connect()
        check_identity(firmware, info)
        reason = why_no_time(url, info)
        if reason is not None:
            raise InputError(
                f"--port {url} tells no cycles: {reason}.",
                f"Count in the emulator only:  sernet-edge bench --board {board.name}",
            )
        ticks = run_clip(session, clip.samples).result.ticks
    finally:
        transport.close()
    return round(ticks * board.clock_hz / info.ticks_per_second)
