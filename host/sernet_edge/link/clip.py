"""One clip through a board: begin, blocks, finish, scores; and the traces of a debug run."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import LinkError
from sernet_edge.link.answers import (
    DeviceInfo,
    Progress,
    Result,
    TensorDigest,
    TensorPage,
    TraceCapture,
    TraceRows,
)
from sernet_edge.link.faults import DeviceRestartedError, GarbledAnswerError
from sernet_edge.link.messages import (
    MAX_PAYLOAD,
    PUSH_FIELDS_BYTES,
    AskResult,
    AskTensors,
    AskTrace,
    Begin,
    Finish,
    Push,
    TracePart,
    TraceRequest,
)
from sernet_edge.link.session import Session

Samples = npt.NDArray[np.int16]

_RESTARTS = 2


@dataclass(frozen=True)
class ClipRun:
    """What a board answered for one clip.

    `digests`, `row_crcs` and `capture` are empty unless the run was a debug run (and traced).
    """

    result: Result
    digests: tuple[TensorDigest, ...] = ()
    row_crcs: tuple[int, ...] = ()
    capture: bytes = b""


def run_clip(
    session: Session,
    samples: Samples,
    debug: bool = False,
    trace: TraceRequest | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ClipRun:
    """Send `samples` (int16 [n]) in blocks, and return what the board makes of them.

    `trace` makes it a debug run. `on_progress` sees how many samples the board has taken. A board
    that was reset begins again, twice at most. Raises the errors of `Session.ask`.
    """
    for _ in range(_RESTARTS):
        try:
            return _run_once(session, samples, debug, trace, on_progress)
        except DeviceRestartedError:
            _meet_again(session)
    return _run_once(session, samples, debug, trace, on_progress)


def _meet_again(session: Session) -> None:
    before = session.info
    after = session.connect()
    if replace(after, nonce=before.nonce) != before:
        raise LinkError(
            f"After a reset another firmware answers: build {after.build_id[:8]} of "
            f"{after.board} instead of {before.build_id[:8]} of {before.board}."
        )


def _run_once(
    session: Session,
    samples: Samples,
    debug: bool,
    trace: TraceRequest | None,
    on_progress: Callable[[int], None] | None,
) -> ClipRun:
    clip = session.new_clip()
    info = session.info
    whole_s = session.budget_s(max(len(samples), info.clip_samples))
    begin = Begin(clip, len(samples), debug or trace is not None, trace or TraceRequest())
    session.ask(begin, Progress.parse, clip, whole_s)
    _push_all(session, clip, samples, on_progress)
    session.ask(Finish(clip), Progress.parse, clip, whole_s)
    run = results(session, clip, begin.debug)
    if trace is None:
        return run
    rows = session.ask(AskTrace(clip, TracePart.ROWS), TraceRows.parse, clip)
    capture = session.ask(AskTrace(clip, TracePart.CAPTURE), TraceCapture.parse, clip)
    return replace(run, row_crcs=rows.crcs, capture=capture.captured)


def results(session: Session, clip: int, debug: bool) -> ClipRun:
    """Return what the board made of the finished `clip`, with digests if it was a `debug` run.

    Raises the errors of Session.ask.
    """
    result = session.ask(AskResult(clip), Result.parse, clip)
    classes = session.info.classes
    if len(result.scores) != len(classes):
        raise GarbledAnswerError(
            f"The board sent {len(result.scores)} scores for {len(classes)} classes."
        )
    return ClipRun(result, _ask_digests(session, clip) if debug else ())


def block_samples(info: DeviceInfo) -> int:
    """Return how many samples one block to the board `info` has; the last may have fewer."""
    return (min(info.max_payload, MAX_PAYLOAD) - PUSH_FIELDS_BYTES) // 2


def _push_all(
    session: Session, clip: int, samples: Samples, on_progress: Callable[[int], None] | None
) -> None:
    """Send every block; where the board says that samples are missing, go back to them."""
    block = block_samples(session.info)
    encoded = samples.astype("<i2").tobytes()
    budget_s = session.budget_s(block)
    # The silence before a short clip may be computed within its first block.
    first_s = budget_s + session.budget_s(max(0, session.info.clip_samples - len(samples)))
    offset, pushes = 0, 0
    most_pushes = 16 + 4 * (len(samples) // block + 1)
    while offset < len(samples):
        push = Push(clip, offset, encoded[2 * offset : 2 * (offset + block)])
        progress = session.ask(push, Progress.parse, clip, first_s if offset == 0 else budget_s)
        pushes += 1
        if progress.next_offset > len(samples) or pushes > most_pushes:
            raise GarbledAnswerError(
                f"The board asks for sample {progress.next_offset} of {len(samples)} "
                f"after {pushes} blocks, and does not move on."
            )
        offset = progress.next_offset
        if on_progress is not None:
            on_progress(offset)


def _ask_digests(session: Session, clip: int) -> tuple[TensorDigest, ...]:
    digests: list[TensorDigest] = []
    while True:
        page = session.ask(AskTensors(clip, len(digests)), TensorPage.parse, clip)
        digests += page.digests
        if len(digests) >= page.count or not page.digests:
            return tuple(digests)
