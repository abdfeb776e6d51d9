"""All clips as one stream without an end: each answer of the board against the numpy twin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode, InputError
from sernet_cal.features import HOP_LENGTH, SAMPLE_RATE_HZ
from sernet_cal.live import run_live, stream_rows
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import QModel
from sernet_edge.audio.synthetic import Clip
from sernet_edge.emulator.counting import InstructionCounter
from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.measure import countable, counting_session, emulated_machine
from sernet_edge.firmware import Firmware, check_files, check_model
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.link.clip import block_samples
from sernet_edge.link.live import LiveStream, check_live
from sernet_edge.link.session import Session
from sernet_edge.link.transport import SerialTransport
from sernet_edge.progress import Show
from sernet_edge.verify.board import OnLog, Target, Terms, connected, identify
from sernet_edge.verify.verifier import why_no_time
from sernet_gen.live import answer_ticks

Int8Array = npt.NDArray[np.int8]
Samples = npt.NDArray[np.int16]

# Answers over which the instructions of a settled stream are counted.
_COUNTED_ANSWERS = 4


@dataclass(frozen=True)
class LiveDifference:
    """The first score that differs: its answer and class by number, what it ought to be and is.

    `reference`: None for an answer that the samples sent so far cannot have given.
    """

    answer: int
    score: int
    reference: int | None
    board: int


@dataclass(frozen=True)
class LiveVerification:
    """One stream on one board.

    `answers`: that were compared; `unseen`: that came together with a later one, so that nobody
    saw them; `differing_bytes`: of the compared scores. `busy_s`: seconds that the board worked,
    None where `no_time` says why. `instructions_per_second`: of audio, None where nobody counted.
    """

    info: DeviceInfo
    model: str
    clips: int
    samples: int
    answers: int
    unseen: int
    differing_bytes: int
    difference: LiveDifference | None
    busy_s: float | None
    no_time: str | None
    link: dict[str, dict[str, int]]
    any_build: bool
    instructions_per_second: int | None
    stack_high_water_bytes: int | None

    @property
    def audio_s(self) -> float:
        """Seconds of audio that the board heard."""
        return self.samples / SAMPLE_RATE_HZ

    @property
    def duty_cycle(self) -> float | None:
        """Share of the audio's time that the board worked."""
        return None if self.busy_s is None else self.busy_s / self.audio_s

    @property
    def exit_code(self) -> ExitCode:
        """AGREED only if there were answers, and all of them were seen and equal."""
        agreed = self.answers > 0 and not self.unseen and not self.differing_bytes
        return ExitCode.AGREED if agreed else ExitCode.DIFFERENT


def verify_live(
    target: Target,
    bundle: Bundle,
    clips: Sequence[Clip],
    terms: Terms,
    show: Show,
    on_log: OnLog,
) -> LiveVerification:
    """Send all `clips`, one after the other, as one stream; compare every answer.

    Raises InputError for a firmware that was not built to run live and for a stream that is too
    short for an answer, StaleFirmwareError as verify_board does, and the errors of the link.
    """
    if not terms.any_build:
        _check_build(target.firmware)
        check_files(target.firmware)
        check_model(target.firmware, bundle)
    samples = np.concatenate([clip.samples for clip in clips])
    with connected(target.board, target.url, on_log) as (session, transport):
        identify(target, session, bundle, terms)
        check_live(session.info)
        model = read_qmodel(bundle.int8)
        expected = _expected(bundle, model, samples)
        machine = emulated_machine(transport)
        counting = countable(machine) if terms.is_counted else None
        period = HOP_LENGTH * answer_ticks(model)
        stream, tally = _compare(session, samples, expected, period, show)
        no_time = why_no_time(target.url, session.info)
        link, stack = session.link_counters(), machine.stack_high_water_bytes() if machine else None
        counted = None
        if counting is not None:  # restarts the board, so it comes last
            counted = _count(counting, transport, samples, period, show)
        return LiveVerification(
            session.info,
            bundle.name,
            len(clips),
            stream.samples,
            tally.compared,
            tally.unseen,
            tally.differing,
            tally.first,
            None if no_time else stream.busy_s,
            no_time,
            link,
            terms.any_build,
            counted,
            stack,
        )


def _expected(bundle: Bundle, model: QModel, samples: Samples) -> Int8Array:
    """Return the twin's answers to the stream `samples`, one at least."""
    front_end = IntegerFrontEnd(bundle.front_end, model.input.scale, model.input.zero_point)
    expected = run_live(model, stream_rows(front_end, samples))
    if not len(expected):
        raise InputError(
            f"{len(samples) / SAMPLE_RATE_HZ:.1f} s of audio are too short for an answer.",
            "Take more clips:  leave out --limit, or name a folder:  --data DIR",
        )
    return expected


def _compare(
    session: Session, samples: Samples, expected: Int8Array, period: int, show: Show
) -> tuple[LiveStream, "_Tally"]:
    """Send `samples` in blocks that give one answer at most; look at the scores after each."""
    stream, tally = LiveStream(session), _Tally(expected)
    block = min(block_samples(session.info), period)
    for first in range(0, len(samples), block):
        stream.push(samples[first : first + block])
        tally.add(stream.answers, stream.state.scores)
        show("samples sent", stream.samples, len(samples))
    stream.end()
    return stream, tally


def _check_build(firmware: Firmware) -> None:
    if not firmware.live:
        raise InputError(
            f"{firmware.folder} holds a firmware for whole clips only: it was not built to run "
            "live.",
            f"Build it anew:  sernet-edge build --board {firmware.board} --live",
        )


class _Tally:
    """Compares the board's answers as they come with those `expected`, int8 [answers, classes]."""

    def __init__(self, expected: Int8Array) -> None:
        self._expected = expected
        self._seen = 0
        self.compared = self.unseen = self.differing = 0
        self.first: LiveDifference | None = None

    def add(self, answers: int, scores: tuple[int, ...]) -> None:
        """Take the newest `scores` when there are `answers` so far."""
        if answers == self._seen:
            return
        self.unseen += answers - self._seen - 1
        self._seen = answers
        self.compared += 1
        number = answers - 1
        known = number < len(self._expected)
        right = self._expected[number].tolist() if known else [None] * len(scores)
        wrong = [at for at, score in enumerate(scores) if score != right[at]]
        self.differing += len(wrong)
        if wrong and self.first is None:
            self.first = LiveDifference(number, wrong[0], right[wrong[0]], scores[wrong[0]])


def _count(
    machine: Machine, transport: SerialTransport, samples: Samples, period: int, show: Show
) -> int:
    """Return the instructions for each second of audio, `samples` again and again, once the stream
    gives answers: one for each `period` samples."""
    session = counting_session(machine, transport)
    stream = LiveStream(session)

    def push_period() -> None:
        stream.push(np.resize(np.roll(samples, -stream.samples), period))

    while not stream.answers:
        push_period()
    counter = InstructionCounter(machine)
    for number in range(_COUNTED_ANSWERS):
        push_period()
        show("answers counted", number + 1, _COUNTED_ANSWERS)
    return counter.instructions * SAMPLE_RATE_HZ // (_COUNTED_ANSWERS * period)
