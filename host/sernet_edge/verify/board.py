"""One board verified: who answers, all clips, what both ends of the link counted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError
from sernet_edge.audio.clips import whole_clip
from sernet_edge.audio.synthetic import Clip
from sernet_edge.emulator.measure import count_clip, countable, emulated_machine
from sernet_edge.firmware import Firmware, check_files, check_identity, check_model, running
from sernet_edge.link.session import Session, timing_of
from sernet_edge.link.transport import SerialTransport, open_port
from sernet_edge.progress import Show
from sernet_edge.references import References
from sernet_edge.verify.report import Verification
from sernet_edge.verify.verifier import Verifier, why_no_time
from sernet_gen.board import Board

# Sees each line that a board printed.
OnLog = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """A board, the build that it ought to run, and the port or pyserial URL where it answers."""

    board: Board
    firmware: Firmware
    url: str


@dataclass(frozen=True)
class Terms:
    """What is asked of a board.

    `any_build`: measure whatever firmware answers. `min_float_agreement`: share of clips, 0 to 1,
    whose class must be the float model's. `is_counted`: count one clip's instructions too.
    """

    any_build: bool = False
    min_float_agreement: float = 0.0
    is_counted: bool = False


@contextmanager
def connected(board: Board, url: str, on_log: OnLog) -> Iterator[tuple[Session, SerialTransport]]:
    """Yield a session with the board at `url` that has answered; closes the port afterwards.

    Raises LinkError and its children.
    """
    transport = open_port(url, board.link.baud)
    try:
        session = Session(transport, timing_of(url), on_log)
        session.connect()
        yield session, transport
    finally:
        transport.close()


def verify_board(
    target: Target,
    bundle: Bundle,
    references: References,
    clips: Sequence[Clip],
    terms: Terms,
    show: Show,
    on_log: OnLog,
) -> Verification:
    """Run all `clips` on the board of `target` and compare them with `references` of `bundle`.

    Raises StaleFirmwareError unless the board runs the build and the build is what was built from
    `bundle` (`terms.any_build` does without), and the errors of the link.
    """
    if not terms.any_build:
        check_files(target.firmware)
        check_model(target.firmware, bundle)
    with connected(target.board, target.url, on_log) as (session, transport):
        firmware = identify(target, session, bundle, terms)
        machine = emulated_machine(transport)
        counting = countable(machine) if terms.is_counted else None
        no_time = why_no_time(target.url, session.info)
        verifier = Verifier(session, references, no_time is None, firmware.made_tensors)
        shower = _Shower(show, "samples sent", sum(len(clip.samples) for clip in clips))
        reports = [verifier.verify(clip, shower.next_clip(clip)) for clip in clips]
        link, stack = session.link_counters(), machine.stack_high_water_bytes() if machine else None
        counted = None
        if counting is not None:  # restarts the board, so it comes last
            clip = whole_clip(clips, bundle.model_samples)
            shower = _Shower(show, "samples, counting", len(clip.samples))
            counted = count_clip(counting, transport, clip.samples, shower.next_clip(clip))
        return Verification(
            session.info,
            bundle.name,
            tuple(reports),
            link,
            terms.any_build,
            terms.min_float_agreement,
            no_time,
            (len(verifier.compared), len(references.model.traced)),
            counted,
            stack,
        )


def identify(target: Target, session: Session, bundle: Bundle, terms: Terms) -> Firmware:
    """Return which firmware of the build of `target` answered.

    Raises StaleFirmwareError for another one (`terms.any_build` does without), InputError for one
    with other classes than those of `bundle`.
    """
    firmware = running(target.firmware, session.info)
    if not terms.any_build:
        check_identity(firmware, session.info)
    if not terms.any_build and firmware is not target.firmware:
        check_model(firmware, bundle)
    _check_classes(session, bundle)
    return firmware


class _Shower:
    """Shows how many samples of all clips the board has taken."""

    def __init__(self, show: Show, what: str, total: int) -> None:
        self._show, self._what, self._total = show, what, total
        self._before = self._after = 0

    def next_clip(self, clip: Clip) -> Callable[[int], None]:
        """Return what to call with the samples of `clip` that were taken."""
        self._before, self._after = self._after, self._after + len(clip.samples)
        before = self._before
        return lambda taken: self._show(self._what, before + taken, self._total)


def _check_classes(session: Session, bundle: Bundle) -> None:
    on_board = session.info.classes
    if on_board != bundle.classes:
        raise InputError(
            f"The board tells {', '.join(on_board)} apart; the model {bundle.name} "
            f"{', '.join(bundle.classes)}.",
            "Name the board's model:  --model DIR",
        )
