"""Follows a stream to its end: each new answer, in real time where somebody looks on."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from sernet_edge.listen.moments import Moment

# Of the int8 softmax (TFLite's quantization specification; other models are refused when built).
_STEPS, _ZERO = 256.0, -128


@dataclass(frozen=True)
class Summary:
    """A stream that has ended.

    `unseen`: answers that came together with a later one. `duty_cycle`: share of the sound's time
    that the board worked, None where it has no clock. `real_time`: seconds of sound for each second
    that it took, waiting for the sake of who looks on aside.
    """

    audio_s: float
    answers: int
    unseen: int
    lost: int
    duty_cycle: float | None
    real_time: float


class Audience(Protocol):
    """Who looks on."""

    def moment(self, moment: Moment, is_new: bool) -> None:
        """Take the newest moment; `is_new`: with an answer that was not there before."""


class Pace:
    """Holds a stream back to real time; `waited_s` tells for how long."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._start = clock()
        self.waited_s = 0.0

    def wait_until(self, audio_s: float) -> None:
        """Wait until as much time has passed as there was sound."""
        early_s = audio_s - self.passed_s
        if early_s > 0:
            self._sleep(early_s)
            self.waited_s += early_s

    @property
    def passed_s(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start


def probabilities(scores: tuple[int, ...]) -> tuple[float, ...]:
    """Return the probabilities, 0 to 1, that int8 `scores` stand for."""
    return tuple((score - _ZERO) / _STEPS for score in scores)


def follow(moments: Iterable[Moment], audience: Audience, is_paced: bool, pace: Pace) -> Summary:
    """Show all `moments` to `audience`, `is_paced` not before their time; Ctrl-C ends it early."""
    last: Moment | None = None
    unseen = 0
    try:
        for moment in moments:
            before = last.answers if last else 0
            unseen += max(0, moment.answers - before - 1)
            last = moment
            audience.moment(moment, moment.answers > before)
            if is_paced:
                pace.wait_until(moment.audio_s)
    except KeyboardInterrupt:
        pass
    took_s = max(1e-6, pace.passed_s - pace.waited_s)
    if last is None:
        return Summary(0.0, 0, 0, 0, None, 0.0)
    real_time = last.audio_s / took_s
    return Summary(last.audio_s, last.answers, unseen, last.lost, last.duty_cycle, real_time)
