"""Streams over the link: a live posix firmware under ASan and UBSan, and what is refused."""

import random
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_programs import SUPPORT, WARNINGS
from fake_device import FakeDevice, FakeLine
from tiny_bundle import make_bundle, make_firmware, random_clip, sanitized_program

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError
from sernet_cal.live import run_live, stream_rows
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_edge.emulator.backend import image_url
from sernet_edge.link.answers import Heard, HeardSamples, LiveState, Progress
from sernet_edge.link.clip import run_clip
from sernet_edge.link.faults import DeviceRefusedError, DeviceRestartedError, GarbledAnswerError
from sernet_edge.link.live import LiveStream
from sernet_edge.link.messages import (
    AskResult,
    AskSamples,
    Finish,
    LiveBegin,
    LiveEnd,
    LivePush,
    Push,
    Record,
)
from sernet_edge.link.microphone import ListeningStream, record_clip
from sernet_edge.link.session import Session, Timing
from sernet_edge.link.transport import open_port
from sernet_edge.references import References
from sernet_gen.assets import runtime_dir
from sernet_gen.toolchain import host_compiler


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, str]:
    """A tiny model, and the URL of its live firmware."""
    folder = tmp_path_factory.mktemp("live")
    bundle = make_bundle(folder / "model")
    build = make_firmware(bundle, "posix", folder / "build", live=True)
    return bundle, image_url("proc", "posix", sanitized_program(build, folder))


@pytest.fixture
def session(firmware: tuple[Bundle, str]) -> Iterator[Session]:
    port = open_port(firmware[1], 0)
    made = Session(port)
    made.connect()
    yield made
    port.close()


def twin(bundle: Bundle, samples: np.ndarray) -> np.ndarray:
    model = read_qmodel(bundle.int8)
    entry = model.input
    front_end = IntegerFrontEnd(bundle.front_end, entry.scale, entry.zero_point)
    return run_live(model, stream_rows(front_end, samples))


@pytest.mark.parametrize("seed", range(3))
def test_any_blocks_give_the_answers_of_the_twin(
    seed: int, firmware: tuple[Bundle, str], session: Session
) -> None:
    samples = random_clip(seed, 20_000)
    expected = twin(firmware[0], samples)
    assert len(expected) >= 4
    chance = random.Random(seed)
    stream = LiveStream(session)
    assert stream.state.scores == ()
    at, seen = 0, 0
    while at < len(samples):
        size = chance.choice((1, 7, 255, 256, 257, 512, 2000))
        stream.push(samples[at : at + size])
        at = min(at + size, len(samples))
        assert stream.samples == at
        if stream.answers:
            assert stream.state.scores == tuple(expected[stream.answers - 1])
        seen = stream.answers
    assert seen == len(expected)
    assert stream.busy_s is not None
    assert stream.busy_s > 0


class LossyLine:
    """A line that loses and spoils some of what passes, both ways."""

    name, baud = "lossy line", 0

    def __init__(self, url: str, seed: int) -> None:
        self._port, self._chance = open_port(url, 0), random.Random(seed)

    def _passed(self, data: bytes) -> bytes:
        chance = self._chance.random()
        if chance < 0.02:
            return b""
        return data[:-3] + b"\x55" + data[-2:] if chance < 0.04 and len(data) > 3 else data

    def write(self, data: bytes) -> None:
        self._port.write(self._passed(data))

    def read(self, timeout_s: float) -> bytes:
        return self._passed(self._port.read(timeout_s))

    def close(self) -> None:
        self._port.close()


def test_a_lossy_line_loses_no_sample(firmware: tuple[Bundle, str]) -> None:
    line = LossyLine(firmware[1], 3)
    session = Session(line, Timing(base_s=0.05, tries=8, budget_factor=0.0))
    session.connect()
    samples = random_clip(6, 40_000)
    stream = LiveStream(session)
    stream.push(samples)
    expected = twin(firmware[0], samples)
    assert (stream.samples, stream.answers) == (40_000, len(expected))
    assert stream.state.scores == tuple(expected[-1])
    assert session.counters.retries > 0
    line.close()


def test_clips_and_streams_take_turns(firmware: tuple[Bundle, str], session: Session) -> None:
    samples = random_clip(9, 9000)
    references = References(firmware[0])
    expected = twin(firmware[0], samples)
    for _ in range(2):
        stream = LiveStream(session)
        stream.push(samples)
        assert stream.state.scores == tuple(expected[-1])
        run = run_clip(session, samples)
        assert run.result.scores == tuple(references.expect(samples).tensors[-1])
        with pytest.raises(DeviceRestartedError, match="does not know the clip any more"):
            stream.push(samples)


def test_every_request_may_be_repeated(firmware: tuple[Bundle, str], session: Session) -> None:
    samples = random_clip(4, 12_800).astype("<i2").tobytes()
    name = 77

    def ask(request: LiveBegin | LivePush | LiveEnd) -> LiveState:
        return session.ask(request, LiveState.parse, name)

    for _ in range(2):
        begun = ask(LiveBegin(name))
        assert replace(begun, ticks=0) == LiveState(name, 0, 0, 0, ())
    for first in range(0, 12_800, 512):
        block = samples[2 * first : 2 * first + 1024]
        once = ask(LivePush(name, first, block))
        assert once.next_offset == first + 512
        # Again, an older one, and one that lies ahead: nothing is taken, the answer is the same.
        assert ask(LivePush(name, first, block)) == once
        assert ask(LivePush(name, max(0, first - 512), block)) == once
        assert ask(LivePush(name, first + 513, block)) == once
    ended = ask(LiveEnd(name))
    assert ended == ask(LiveEnd(name)) == once
    assert ended.scores == tuple(twin(firmware[0], np.frombuffer(samples, "<i2"))[-1])


def test_what_was_not_begun_is_refused(session: Session) -> None:
    block = bytes(8)
    for request in (LivePush(5, 0, block), LiveEnd(5)):
        with pytest.raises(DeviceRestartedError):
            session.ask(request, LiveState.parse, 5)
    session.ask(LiveBegin(5), LiveState.parse, 5)
    for other in (LivePush(6, 0, block), LiveEnd(6)):
        with pytest.raises(DeviceRestartedError):
            session.ask(other, LiveState.parse, 6)
    for of_a_clip in (Push(5, 0, block), Finish(5), AskResult(5)):
        with pytest.raises(DeviceRestartedError):
            session.ask(of_a_clip, Progress.parse, 5)
    session.ask(LiveEnd(5), LiveState.parse, 5)
    with pytest.raises(DeviceRestartedError):
        session.ask(LivePush(5, 0, block), LiveState.parse, 5)


def test_a_block_of_half_a_sample_is_refused(session: Session) -> None:
    session.ask(LiveBegin(5), LiveState.parse, 5)
    with pytest.raises(DeviceRefusedError, match=r"refused LIVE_PUSH with status 2 \(BAD_LENGTH\)"):
        session.ask(LivePush(5, 0, bytes(9)), LiveState.parse, 5)


def test_a_firmware_for_clips_is_not_asked() -> None:
    line = FakeLine(FakeDevice())
    session = Session(line, clock=line.clock)
    assert not session.connect().is_live
    with pytest.raises(InputError) as refused:
        LiveStream(session)
    assert str(refused.value) == (
        "The firmware on fake, build 00000000, takes whole clips only: it was not built to run "
        "live.\n  Build it anew:  sernet-edge build --board fake --live"
    )


class Wrapping:
    """A session with a board whose stream is about to pass 2^32 samples and answers."""

    def __init__(self, start: int, takes: int | None = None) -> None:
        self.next, self.count, self.takes = start, 2**32 - 1, takes
        fields = {"is_live": True, "has_microphone": True, "max_payload": 72, "clip_samples": 9}
        self.info = type("Info", (), {**fields, "classes": ("a", "b")})()
        self.offsets: list[int] = []

    def new_clip(self) -> int:
        return 3

    def budget_s(self, samples: int) -> float:
        return 0.0

    def ask(self, request: object, parse: object, clip: int, budget_s: float) -> LiveState:
        if isinstance(request, LivePush):
            self.offsets.append(request.offset)
            taken = len(request.samples) // 2
            self.next = (self.next + (taken if self.takes is None else self.takes)) % 2**32
            self.count = (self.count + 1) % 2**32
        return LiveState(clip, self.next, self.count, 5, (1, 2))


def test_counts_of_the_host_do_not_wrap() -> None:
    board = Wrapping(2**32 - 40)
    stream = LiveStream(board)  # type: ignore[arg-type]
    stream.samples, stream.answers = 2**32 - 40, 2**32 - 1
    stream.push(np.zeros(96, np.int16))
    assert board.offsets == [2**32 - 40, 2**32 - 8, 24]
    assert (stream.samples, stream.answers) == (2**32 + 56, 2**32 + 2)


@pytest.mark.parametrize("takes", [0, 33, 2**32 - 1])
def test_a_board_that_takes_something_else_is_not_believed(takes: int) -> None:
    stream = LiveStream(Wrapping(0, takes))  # type: ignore[arg-type]
    with pytest.raises(GarbledAnswerError, match="of the stream after 32 samples from 0 on were"):
        stream.push(np.zeros(96, np.int16))


class Garbling(Wrapping):
    """A board whose answers have other sizes than were asked for."""

    def ask(self, request: object, parse: object, clip: int, budget_s: float = 0.0) -> Any:
        match request:
            case AskSamples():
                return HeardSamples(clip, 7, b"")
            case Record():
                return Heard(clip, 9, 9, 0, 9)
            case _:
                return LiveState(clip, 0, 1, 5, (1, 2, 3))


def test_as_many_scores_as_classes() -> None:
    with pytest.raises(GarbledAnswerError, match="The board sent 3 scores for 2 classes"):
        LiveStream(Garbling(0))  # type: ignore[arg-type]
    with pytest.raises(GarbledAnswerError, match="The board sent 3 scores for 2 classes"):
        ListeningStream(Garbling(0))  # type: ignore[arg-type]


def test_a_recording_comes_back_whole() -> None:
    text = "The board sends 0 samples from sample 0 of 9 on, and says it has 7"
    with pytest.raises(GarbledAnswerError, match=text):
        record_clip(Garbling(0), 9)  # type: ignore[arg-type]


def test_positions_on_the_device_wrap(tmp_path: Path) -> None:
    (tmp_path / "sn_shapes.h").write_text("#define SN_LIVE 1\n")
    link = runtime_dir() / "link"
    sources = [SUPPORT / "stream_offsets.c", link / "sn_clip_run.c", link / "sn_trace.c"]
    words = [f"-I{runtime_dir()}", f"-I{tmp_path}", *map(str, sources), str(link / "sn_crc32.c")]
    program = tmp_path / "offsets"
    host_compiler().run(["-std=c99", *WARNINGS, *words, "-o", str(program)], "compile")
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_shape_of_an_answer() -> None:
    payload = struct.pack("<3IQ2b", 1, 2, 3, 4, -5, 6)
    assert LiveState.parse(payload) == LiveState(1, 2, 3, 4, (-5, 6))
    assert LiveState.parse(payload[:-2]) == LiveState(1, 2, 3, 4, ())
