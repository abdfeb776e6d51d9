"""The board's own microphone: clips that it records and classifies, and streams."""

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError
from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_edge.link.answers import DeviceInfo, Heard, HeardSamples, ListenState, LiveState
from sernet_edge.link.clip import ClipRun, block_samples, results
from sernet_edge.link.faults import GarbledAnswerError
from sernet_edge.link.live import check_scores
from sernet_edge.link.messages import AskSamples, Listen, LiveEnd, Record
from sernet_edge.link.session import Session

Samples = npt.NDArray[np.int16]
Sleep = Callable[[float], None]

_WRAP = 2**32
# What is heard while nobody asks; much less than a board keeps.
ASK_EVERY_S = 0.05


def check_microphone(info: DeviceInfo) -> None:
    """Raise InputError unless the firmware that answered listens to a microphone."""
    if info.has_microphone:
        return
    if info.is_live:
        raise InputError(
            f"The firmware on {info.board}, build {info.build_id[:8]}, has no microphone: its "
            "board's file names none.",
            "Send it sounds of this machine instead:  sernet-edge listen --board "
            f"{info.board} --source FILE.wav\nor take a board that has one: nano33, posix.",
        )
    raise InputError(
        f"The firmware on {info.board}, build {info.build_id[:8]}, does not listen: it was not "
        "built to run live.",
        f"Build it anew:  sernet-edge build --board {info.board} --live",
    )


def room_samples(session: Session) -> int:
    """Return the samples that a recording may have; raises InputError without a microphone."""
    check_microphone(session.info)
    clip = session.new_clip()
    return session.ask(Record(clip, 0), Heard.parse, clip).room


def record_clip(
    session: Session,
    count: int,
    on_progress: Callable[[int], None] | None = None,
    sleep: Sleep = time.sleep,
) -> tuple[Samples, ClipRun, int]:
    """Let the board record and classify `count` samples; returns them, int16 [count], what it made
    of them (a debug run), and how many samples it lost while it recorded.

    `on_progress` sees the samples classified; `sleep` passes the time between two questions.
    Raises InputError without a microphone, and the errors of Session.ask.
    """
    check_microphone(session.info)
    clip = session.new_clip()
    request = Record(clip, count, debug=True)
    whole_s = count / SAMPLE_RATE_HZ + session.budget_s(max(count, session.info.clip_samples))
    deadline = time.monotonic() + 2 * whole_s + 10.0
    budget_s = session.budget_s(block_samples(session.info))  # it answers between two runs
    heard = session.ask(request, Heard.parse, clip, budget_s)
    while heard.classified < count:
        if time.monotonic() > deadline:
            raise GarbledAnswerError(
                f"The board has heard {heard.heard} of {count} samples and does not move on: its "
                "microphone sends nothing."
            )
        sleep(ASK_EVERY_S)
        heard = session.ask(request, Heard.parse, clip, budget_s)
        if on_progress is not None:
            on_progress(heard.classified)
    return _samples(session, clip, count), results(session, clip, debug=True), heard.lost


def _samples(session: Session, clip: int, count: int) -> Samples:
    blocks: list[bytes] = []
    have = 0
    while have < count:
        block = session.ask(AskSamples(clip, have), HeardSamples.parse, clip)
        if not block.samples or block.heard != count:
            raise GarbledAnswerError(
                f"The board sends {len(block.samples) // 2} samples from sample {have} of {count} "
                f"on, and says it has {block.heard}."
            )
        blocks.append(block.samples)
        have += len(block.samples) // 2
    return np.frombuffer(b"".join(blocks), "<i2")[:count].astype(np.int16)


class ListeningStream:
    """A stream from the board's microphone; `samples` and `answers` count from its start.

    After an error the stream is over; a board that was reset begins a new one when it is asked,
    and `ask` raises GarbledAnswerError then.
    """

    def __init__(self, session: Session) -> None:
        """Begin; raises InputError without a microphone, and the errors of Session.ask."""
        check_microphone(session.info)
        self._session = session
        self._stream = session.new_clip()
        self.samples = 0
        self.answers = 0
        self.state = self._ask()

    def ask(self) -> ListenState:
        """Return the board's newest word; raises the errors of Session.ask."""
        state = self._ask()
        more = (state.next_offset - self.samples) % _WRAP
        if more > _WRAP // 2:
            raise GarbledAnswerError(
                f"The board has heard {state.next_offset} samples, and had {self.samples} before: "
                "it was reset."
            )
        self.samples += more
        self.answers += (state.answers - self.answers) % _WRAP
        self.state = state
        return state

    def end(self) -> None:
        """Turn the microphone off; may be repeated."""
        self._session.ask(LiveEnd(self._stream), LiveState.parse, self._stream)

    def _ask(self) -> ListenState:
        budget_s = self._session.budget_s(block_samples(self._session.info))
        state = self._session.ask(Listen(self._stream), ListenState.parse, self._stream, budget_s)
        check_scores(self._session.info, state.scores)
        return state
