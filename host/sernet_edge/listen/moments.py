"""A stream as it goes on: from the board's microphone, or from sounds of this machine."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError, LinkError
from sernet_cal.features import HOP_LENGTH, SAMPLE_RATE_HZ
from sernet_edge.audio.load import read_samples
from sernet_edge.link.answers import DeviceInfo, ListenState
from sernet_edge.link.clip import block_samples
from sernet_edge.link.live import LiveStream
from sernet_edge.link.microphone import ASK_EVERY_S, ListeningStream
from sernet_edge.link.session import Session
from sernet_edge.verify.hearing import dbfs

Samples = npt.NDArray[np.int16]

MICROPHONE = "microphone"
SUFFIXES = (".wav", ".flac")

# A level is that of the newest tenth of a second, as on a board.
_LEVEL_SAMPLES = SAMPLE_RATE_HZ // 10


@dataclass(frozen=True)
class Moment:
    """How far a stream is.

    `sound`: what is heard, MICROPHONE or the name of a file. `audio_s`: seconds heard so far,
    `answers` given. `scores`: int8 of the newest answer, () before the first. `level_dbfs` and
    `peak_dbfs`: of the newest tenth of a second. `lost`: samples that the board had no room for.
    `busy_s`: that it has worked, None where it has no clock.
    """

    sound: str
    audio_s: float
    answers: int
    scores: tuple[int, ...]
    level_dbfs: float
    peak_dbfs: float
    lost: int
    busy_s: float | None

    @property
    def duty_cycle(self) -> float | None:
        """Share of the sound's time that the board worked; None where nobody knows yet."""
        return self.busy_s / self.audio_s if self.busy_s is not None and self.audio_s else None


def microphone_moments(
    session: Session, seconds: float | None, pause: Callable[[float], None]
) -> Generator[Moment, None, None]:
    """Yield moments of the board's own microphone, for `seconds` of sound or for ever.

    `pause` passes the time between two questions. Raises InputError for a firmware without a
    microphone, and the errors of Session.ask.
    """
    stream = ListeningStream(session)
    try:
        while seconds is None or stream.samples < seconds * SAMPLE_RATE_HZ:
            pause(ASK_EVERY_S)
            state = stream.ask()
            yield Moment(
                MICROPHONE,
                stream.samples / SAMPLE_RATE_HZ,
                stream.answers,
                state.scores,
                dbfs(_power(state)),
                dbfs(float(state.peak) ** 2),
                state.lost,
                _busy_s(session.info, state.ticks),
            )
    finally:
        with suppress(LinkError):  # a board that is gone does not listen either
            stream.end()


def sound_moments(
    session: Session, sounds: Iterable[tuple[str, Samples]], seconds: float | None
) -> Generator[Moment, None, None]:
    """Yield moments of `sounds`, names and int16 [n], sent to the board one after the other.

    Raises InputError for a firmware without live mode, and the errors of Session.ask.
    """
    stream = LiveStream(session)
    most = np.inf if seconds is None else round(seconds * SAMPLE_RATE_HZ)
    block = min(block_samples(session.info), HOP_LENGTH)  # so that each answer is seen
    newest = np.zeros(0, np.int16)
    try:
        for name, samples in sounds:
            for first in range(0, len(samples), block):
                if stream.samples >= most:
                    return
                sent = samples[first : first + block]
                state = stream.push(sent)
                newest = np.concatenate([newest, sent])[-_LEVEL_SAMPLES:]
                values = newest.astype(np.float64)
                yield Moment(
                    name,
                    stream.samples / SAMPLE_RATE_HZ,
                    stream.answers,
                    state.scores,
                    dbfs(float(np.var(values))),
                    dbfs(float(np.max(np.abs(values))) ** 2),
                    0,
                    _busy_s(session.info, state.ticks),
                )
    finally:
        with suppress(LinkError):
            stream.end()


def read_sounds(path: Path) -> Iterator[tuple[str, Samples]]:
    """Yield name and samples, int16 [n], of the sound file `path`, or of each in that folder.

    Raises InputError for a folder without one, SoundError for a file that cannot be used.
    """
    if not path.is_dir():
        yield path.name, read_samples(path)
        return
    found = sorted(item for item in path.rglob("*") if item.suffix.lower() in SUFFIXES)
    if not found:
        raise InputError(
            f"{path} holds no sound: no file ends in {' or '.join(SUFFIXES)}.",
            "Name a file, a folder of them, or the board's own microphone:  --source microphone",
        )
    for item in found:
        yield item.relative_to(path).as_posix(), read_samples(item)


def _power(state: ListenState) -> float:
    return max(0.0, state.mean_square - float(state.mean) ** 2)


def _busy_s(info: DeviceInfo, ticks: int) -> float | None:
    return ticks / info.ticks_per_second if info.ticks_per_second else None
