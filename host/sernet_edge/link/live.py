"""A stream without an end through a board: samples as they come, answers as they are made."""

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError
from sernet_edge.link.answers import DeviceInfo, LiveState
from sernet_edge.link.clip import block_samples
from sernet_edge.link.faults import GarbledAnswerError
from sernet_edge.link.messages import LiveBegin, LiveEnd, LivePush
from sernet_edge.link.session import Session

Samples = npt.NDArray[np.int16]

_WRAP = 2**32


class LiveStream:
    """One stream on one board; a new one takes the place of whatever ran there.

    `samples` and `answers` count from its start, and do not wrap; `state` is the board's newest
    word. After an error the stream is over; DeviceRestartedError says that the board was reset.
    """

    def __init__(self, session: Session) -> None:
        """Begin; raises InputError for a firmware without live mode, and those of Session.ask."""
        check_live(session.info)
        self._session = session
        self._stream = session.new_clip()
        self.samples = 0
        self.answers = 0
        self.state = self._ask(LiveBegin(self._stream), 0)

    @property
    def busy_s(self) -> float | None:
        """Seconds that the board has worked since the start; None where it has no clock."""
        rate = self._session.info.ticks_per_second
        return self.state.ticks / rate if rate else None

    def push(self, samples: Samples) -> LiveState:
        """Send the next `samples`, int16 [n], in as many blocks as the board needs."""
        block = block_samples(self._session.info)
        encoded = samples.astype("<i2").tobytes()
        end, start = self.samples + len(samples), self.samples
        while self.samples < end:
            at = self.samples - start
            data = encoded[2 * at : 2 * (at + block)]
            before, sent = self.samples, len(data) // 2
            request = LivePush(self._stream, self.samples % _WRAP, data)
            self._take(self._ask(request, sent))
            if not before < self.samples <= before + sent:
                raise GarbledAnswerError(
                    f"The board has sample {self.samples} of the stream after {sent} samples from "
                    f"{before} on were sent."
                )
        return self.state

    def end(self) -> LiveState:
        """Tell the board that nothing follows; may be repeated."""
        self._take(self._ask(LiveEnd(self._stream), 0))
        return self.state

    def _ask(self, request: LiveBegin | LivePush | LiveEnd, samples: int) -> LiveState:
        budget_s = self._session.budget_s(samples)
        state = self._session.ask(request, LiveState.parse, self._stream, budget_s)
        check_scores(self._session.info, state.scores)
        return state

    def _take(self, state: LiveState) -> None:
        self.samples += (state.next_offset - self.samples) % _WRAP
        self.answers += (state.answers - self.answers) % _WRAP
        self.state = state


def check_scores(info: DeviceInfo, scores: tuple[int, ...]) -> None:
    """Raise GarbledAnswerError unless `scores` are those of an answer, or of none yet."""
    if len(scores) not in (0, len(info.classes)):
        raise GarbledAnswerError(
            f"The board sent {len(scores)} scores for {len(info.classes)} classes."
        )


def check_live(info: DeviceInfo) -> None:
    """Raise InputError unless the firmware that answered takes streams without an end."""
    if not info.is_live:
        raise InputError(
            f"The firmware on {info.board}, build {info.build_id[:8]}, takes whole clips only: it "
            "was not built to run live.",
            f"Build it anew:  sernet-edge build --board {info.board} --live",
        )
