"""A board's own microphone, features and network, blamed apart by one recording.

The board records, classifies what it records, and sends both. The same samples then go through the
integer and the float references on this machine and, sent back as a clip, through the board again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode, InputError
from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_edge.audio.synthetic import Clip
from sernet_edge.firmware import check_files, check_model
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.link.microphone import record_clip, room_samples
from sernet_edge.link.session import Session
from sernet_edge.link.transport import SerialTransport
from sernet_edge.progress import Show
from sernet_edge.verify.board import OnLog, Target, Terms, connected, identify
from sernet_edge.verify.fleet import SharedReferences
from sernet_edge.verify.hearing import Finding, Levels, find_faults, measure_levels
from sernet_edge.verify.verifier import ClipReport, Verifier, first_wrong, why_no_time

Samples = npt.NDArray[np.int16]

RECORDING = "recording"


@dataclass(frozen=True)
class Blame:
    """Which part of the board is wrong: each true where it is right.

    `recording`: the board makes the same of the samples while it hears them and when they are sent
    to it. `features`, `network`: equal, byte for byte, to the integer reference's; the network is
    not judged (None) where its input differs.
    """

    recording: bool
    features: bool
    network: bool | None

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return self.recording and self.features and self.network is True


@dataclass(frozen=True)
class MicrophoneVerification:
    """One recording of one board.

    `samples`: int16 [n], as the board heard them. `heard_tensor`: the first that differs from the
    reference in what the board made while it recorded, None where all is equal; `replayed`: the
    comparison of the same samples sent to it. `board_class`, `integer_class`, `float_class`:
    numbers of the classes with the highest score.
    """

    info: DeviceInfo
    model: str
    samples: Samples
    levels: Levels
    findings: tuple[Finding, ...]
    heard_tensor: str | None
    replayed: ClipReport
    blame: Blame
    board_class: int
    integer_class: int
    float_class: int
    tensors: tuple[int, int]
    no_time: str | None
    device_ms: float | None
    link: dict[str, dict[str, int]]
    any_build: bool

    @property
    def seconds(self) -> float:
        """How long the recording is."""
        return len(self.samples) / SAMPLE_RATE_HZ

    @property
    def exit_code(self) -> ExitCode:
        """DIFFERENT where a byte is, else the worst of the findings: USAGE for a microphone that is
        stuck (nothing was tested), DIFFERENT for lost samples, AGREED otherwise."""
        codes = {finding.fault.exit_code for finding in self.findings}
        if not self.blame.is_right or ExitCode.DIFFERENT in codes:
            return ExitCode.DIFFERENT
        return max(codes, default=ExitCode.AGREED)


def verify_microphone(
    target: Target,
    bundle: Bundle,
    seconds: float | None,
    terms: Terms,
    show: Show,
    on_log: OnLog,
) -> MicrophoneVerification:
    """Let the board of `target` record `seconds` (None: as long as the model's clip) and compare.

    Raises InputError for a firmware without a microphone and for a length that cannot be,
    StaleFirmwareError as verify_board does, and the errors of the link.
    """
    if not terms.any_build:
        check_files(target.firmware)
        check_model(target.firmware, bundle)
    with connected(target.board, target.url, on_log) as (session, transport):
        firmware = identify(target, session, bundle, terms)
        count = _sample_count(session, seconds)
        references = SharedReferences(bundle)
        no_time = why_no_time(target.url, session.info)
        verifier = Verifier(session, references, no_time is None, firmware.made_tensors)
        recorded = _shower(show, "samples recorded", count)
        samples, run, lost = record_clip(session, count, recorded, pause_of(transport))
        expected = references.expect(samples)
        heard = first_wrong(verifier.compared, expected, run.digests, run.result)
        names = [tensor.name for tensor in references.model.traced]
        clip = Clip(RECORDING, samples)
        replayed = verifier.verify(clip, _shower(show, "samples sent back", count))
        levels = measure_levels(samples)
        heard_tensor = None if heard is None else names[heard]
        return MicrophoneVerification(
            session.info,
            bundle.name,
            samples,
            levels,
            find_faults(levels, lost, session.info.board),
            heard_tensor,
            replayed,
            blame(heard_tensor, replayed.tensor, names[0]),
            int(np.argmax(run.result.scores)),
            int(np.argmax(expected.tensors[-1])),
            replayed.float_class,
            (len(verifier.compared), len(names)),
            no_time,
            None if no_time else 1000.0 * run.result.ticks / session.info.ticks_per_second,
            session.link_counters(),
            terms.any_build,
        )


def blame(heard: str | None, replayed: str | None, features: str) -> Blame:
    """Return what is wrong, from the first tensor that differs while it was `heard` and when it was
    `replayed` (None: none), and the name of the `features`."""
    wrong = replayed or heard
    return Blame(
        recording=heard == replayed,
        features=wrong != features,
        network=None if wrong == features else wrong is None,
    )


def pause_of(transport: SerialTransport) -> Callable[[float], None]:
    """Return what waits between two questions: nothing for a board in software, whose time passes
    with the questions."""
    return time.sleep if transport.backend is None else lambda _seconds: None


def _sample_count(session: Session, seconds: float | None) -> int:
    info = session.info
    room = room_samples(session)
    count = info.clip_samples if seconds is None else round(seconds * SAMPLE_RATE_HZ)
    least_s, most_s = info.clip_samples / SAMPLE_RATE_HZ, room / SAMPLE_RATE_HZ
    if room < info.clip_samples:
        raise InputError(
            f"{info.board} has room for {most_s:.2f} s beside its firmware; the model's clip is "
            f"{least_s:g} s.",
            "Take a model for shorter clips, or one that needs less RAM:  sernet-edge build "
            f"--board {info.board} --live --ram-budget BYTES",
        )
    if not info.clip_samples <= count <= room:
        raise InputError(
            f"--seconds {count / SAMPLE_RATE_HZ:g}: {info.board} records from {least_s:g} s, the "
            f"model's clip, to {most_s:.2f} s, for which it has room.",
            "Leave --seconds out for the model's clip.",
        )
    return count


def _shower(show: Show, what: str, total: int) -> Callable[[int], None]:
    return lambda done: show(what, done, total)
