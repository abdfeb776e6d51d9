"""The device's end of the protocol as it is: the posix firmware under ASan and UBSan."""

import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import make_bundle, make_firmware, random_clip, sanitized_program

from sernet_cal.errors import LinkError
from sernet_edge.audio.synthetic import Clip
from sernet_edge.emulator.backend import image_url
from sernet_edge.link import faults
from sernet_edge.link.answers import Progress, Result, TensorPage
from sernet_edge.link.clip import run_clip
from sernet_edge.link.frame import Frame, FrameParser, encode_frame
from sernet_edge.link.messages import (
    MAX_PAYLOAD,
    AskResult,
    AskTensors,
    Begin,
    Finish,
    LinkStatus,
    MessageType,
    Push,
    TraceRequest,
)
from sernet_edge.link.session import Session, Timing
from sernet_edge.link.transport import SerialTransport, open_port
from sernet_edge.references import References
from sernet_edge.verify.verifier import Verifier

# The firmware answers within milliseconds; only lost frames make anybody wait.
QUICK = Timing(base_s=0.03, tries=8, budget_factor=0.0)


@pytest.fixture(scope="module", params=["stream", "paper"])
def firmware(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[References, str]:
    """The references of a tiny model, and the URL of its firmware."""
    folder = tmp_path_factory.mktemp(request.param)
    bundle = make_bundle(folder / "model", form=request.param)
    build = make_firmware(bundle, "posix", folder / "build")
    return References(bundle), image_url("proc", "posix", sanitized_program(build, folder))


@pytest.fixture
def port(firmware: tuple[References, str]) -> Iterator[SerialTransport]:
    transport = open_port(firmware[1], 0)
    yield transport
    transport.close()


@pytest.fixture
def session(port: SerialTransport) -> Session:
    made = Session(port)
    made.connect()
    return made


@pytest.mark.parametrize("samples", [1024, 1500, 4800, 4801, 9000])
def test_every_byte_is_the_references(
    samples: int, firmware: tuple[References, str], session: Session
) -> None:
    verifier = Verifier(session, firmware[0], timed=True)
    report = verifier.verify(Clip("noise", random_clip(samples, samples)))
    assert report.byte_exact
    assert report.difference is None
    assert report.device_ms is not None


def test_one_run_leaves_nothing_to_the_next(
    firmware: tuple[References, str], session: Session
) -> None:
    verifier = Verifier(session, firmware[0], timed=True)
    for seed, samples in enumerate((4800, 1024, 6000, 4800)):
        assert verifier.verify(Clip("noise", random_clip(seed, samples))).byte_exact


def test_traces_are_the_references(firmware: tuple[References, str], session: Session) -> None:
    samples = random_clip(1, 5000)
    for index, tensor in enumerate(firmware[0].expect(samples).tensors):
        flat = tensor.reshape(len(tensor), -1) if tensor.ndim > 1 else tensor.reshape(1, -1)
        run = run_clip(session, samples, trace=TraceRequest(index, 1, 3, 5))
        crcs = [zlib.crc32(flat[: row + 1].tobytes()) for row in range(1, len(flat), 3)]
        assert list(run.row_crcs) == crcs[:64]
        assert run.capture == tensor.tobytes()[5 : 5 + 1024]


def begin(session: Session, samples: np.ndarray, debug: bool = False) -> int:
    clip = session.new_clip()
    session.ask(Begin(clip, len(samples), debug), Progress.parse, clip)
    return clip


def test_push_and_finish_may_be_repeated(
    firmware: tuple[References, str], session: Session
) -> None:
    samples = random_clip(2, 2000)
    expected = firmware[0].expect(samples).tensors[-1]
    clip = begin(session, samples)
    data = samples.tobytes()
    for offset in (0, 500, 500, 0, 1500, 1000, 1000, 1500, 1500, 500):
        push = Push(clip, offset, data[2 * offset : 2 * offset + 1000])
        session.ask(push, Progress.parse, clip)
    first = session.ask(Finish(clip), Progress.parse, clip)
    assert first == session.ask(Finish(clip), Progress.parse, clip) == Progress(clip, 2000)
    result = session.ask(AskResult(clip), Result.parse, clip)
    assert result == session.ask(AskResult(clip), Result.parse, clip)
    assert result.scores == tuple(expected)


def test_a_gap_answers_with_the_offset_that_is_missing(session: Session) -> None:
    samples = random_clip(3, 2000)
    clip = begin(session, samples)
    assert session.ask(Push(clip, 600, bytes(100)), Progress.parse, clip) == Progress(clip, 0)
    assert session.ask(Push(clip, 0, bytes(100)), Progress.parse, clip) == Progress(clip, 50)
    assert session.ask(Finish(clip), Progress.parse, clip) == Progress(clip, 50)


def test_begin_restarts(session: Session) -> None:
    samples = random_clip(4, 1500)
    clip = begin(session, samples)
    session.ask(Push(clip, 0, samples[:500].tobytes()), Progress.parse, clip)
    again = session.ask(Begin(clip, 1500), Progress.parse, clip)
    assert again == Progress(clip, 0)
    other = begin(session, samples)
    with pytest.raises(faults.DeviceRestartedError):
        session.ask(Push(clip, 0, bytes(4)), Progress.parse, clip)
    assert session.ask(Push(other, 0, bytes(4)), Progress.parse, other).next_offset == 2


def test_refusals(session: Session) -> None:
    samples = random_clip(5, 1500)
    clip = begin(session, samples)
    with pytest.raises(faults.DeviceRefusedError, match=r"RESULT with status 7 \(NOT_FINISHED\)"):
        session.ask(AskResult(clip), Result.parse, clip)
    with pytest.raises(faults.DeviceRefusedError, match=r"PUSH with status 3 \(BAD_VALUE\)"):
        session.ask(Push(clip, 1499, bytes(4)), Progress.parse, clip)
    run = run_clip(session, samples)
    with pytest.raises(faults.DeviceRefusedError, match=r"TENSORS with status 8 \(NOT_DEBUG\)"):
        session.ask(AskTensors(run.result.clip, 0), TensorPage.parse, run.result.clip)
    with pytest.raises(
        faults.DeviceRefusedError, match="its runtime says 1, the clip is too short"
    ):
        run_clip(session, samples[:1023])


def test_tensors_are_paged(session: Session) -> None:
    run = run_clip(session, random_clip(6, 1500), debug=True)
    clip = run.result.clip
    page = session.ask(AskTensors(clip, 4), TensorPage.parse, clip)
    assert page.digests == run.digests[4:]
    assert page.count == len(run.digests) == session.info.traced_tensors
    assert session.ask(AskTensors(clip, 99), TensorPage.parse, clip).digests == ()


def exchange(port: SerialTransport, data: bytes) -> Frame:
    """Send raw bytes; returns the next frame that comes."""
    parser = FrameParser()
    port.write(data)
    while True:
        received = port.read(5.0)
        assert received, "no answer"
        for item in parser.feed(received):
            assert isinstance(item, Frame)
            return item


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (Frame(1, 0x33, 1, 0, b""), LinkStatus.UNKNOWN_TYPE),
        (Frame(2, MessageType.HELLO, 2, 0, bytes(4)), LinkStatus.BAD_VERSION),
        (Frame(1, MessageType.HELLO, 3, 0, bytes(5)), LinkStatus.BAD_LENGTH),
        (Frame(1, MessageType.BEGIN, 4, 0, bytes(27)), LinkStatus.BAD_LENGTH),
        (Frame(1, MessageType.BEGIN, 5, 0, bytes(28)), LinkStatus.BAD_VALUE),
        (Frame(1, MessageType.BEGIN, 5, 0, b"\xff" * 28), LinkStatus.BAD_VALUE),
        (Frame(1, MessageType.PUSH, 6, 0, bytes(9)), LinkStatus.BAD_LENGTH),
        (Frame(1, MessageType.PUSH, 7, 0, bytes(10)), LinkStatus.NO_CLIP),
        (Frame(1, MessageType.COUNTERS, 8, 0, b"x"), LinkStatus.BAD_LENGTH),
    ],
)
def test_bad_requests_have_their_status(
    frame: Frame, status: LinkStatus, port: SerialTransport
) -> None:
    answer = exchange(port, encode_frame(frame))
    assert (answer.type, answer.seq) == (frame.type | 0x80, frame.seq)
    assert (answer.status, answer.payload) == (status, b"")


def test_trace_of_an_unknown_part_is_refused(session: Session, port: SerialTransport) -> None:
    clip = run_clip(session, random_clip(7, 1024), debug=True).result.clip
    payload = struct.pack("<2I", clip, 2)
    answer = exchange(port, encode_frame(Frame(1, MessageType.TRACE, 99, 0, payload)))
    assert answer.status == LinkStatus.BAD_VALUE


def test_garbage_does_no_harm_and_is_counted(session: Session, port: SerialTransport) -> None:
    chance = random.Random(1)
    for _ in range(300):
        port.write(chance.randbytes(chance.randrange(200)))
    port.write(b"\x00" + b"\x77" * 3 * MAX_PAYLOAD + b"\x00")
    assert run_clip(session, random_clip(8, 1024)).result.scores
    counted = session.link_counters()["device"]
    assert counted["too_long"] >= 1
    assert counted["bad_cobs"] + counted["bad_crc"] + counted["noise"] > 50


class BadLine:
    """A line that spoils, drops and stalls, both ways."""

    name, baud = "bad line", 0

    def __init__(self, transport: SerialTransport, seed: int, rate: float) -> None:
        self._transport, self._chance, self._rate = transport, random.Random(seed), rate
        self._held = b""

    def _spoil(self, data: bytes) -> bytes:
        if self._chance.random() < 0.01:
            return b""
        spoiled = bytearray(data)
        for at in range(len(data)):
            if self._chance.random() < self._rate:
                spoiled[at] = self._chance.randrange(256)
        return bytes(spoiled)

    def write(self, data: bytes) -> None:
        self._transport.write(self._spoil(data))

    def read(self, timeout_s: float) -> bytes:
        received, self._held = self._held + self._spoil(self._transport.read(timeout_s)), b""
        if self._chance.random() < 0.01:
            self._held = received
            return b""
        return received

    def close(self) -> None:
        self._transport.close()


def test_a_bad_link_gives_no_wrong_result(firmware: tuple[References, str]) -> None:
    """Byte error rate 1e-4, lost frames and stalls: every result that comes is right."""
    line = BadLine(open_port(firmware[1], 0), seed=4, rate=1e-4)
    session = Session(line, QUICK)
    try:
        session.connect()
        right = 0
        for seed in range(12):
            samples = random_clip(seed, 3000)
            try:
                run = run_clip(session, samples, debug=True)
            except LinkError:
                continue
            expected = firmware[0].expect(samples).tensors
            assert run.result.scores == tuple(expected[-1])
            assert [digest.crc for digest in run.digests] == [
                zlib.crc32(tensor.tobytes()) for tensor in expected
            ]
            right += 1
        assert right >= 8
        assert session.counters.retries > 0
    finally:
        session.close()


class ResettingLine:
    """A firmware process that is killed and started anew before one byte passes."""

    name, baud = "resetting line", 0

    def __init__(self, url: str, way: int, cut: int) -> None:
        self._url, self._way, self._cut = url, way, cut
        self.passed = [0, 0]
        self._port = open_port(url, 0)

    def _pass(self, way: int, data: bytes) -> tuple[bytes, bool]:
        before = self.passed[way]
        self.passed[way] += len(data)
        hit = way == self._way and before <= self._cut < self.passed[way]
        return (data[: self._cut - before] if hit else data), hit

    def write(self, data: bytes) -> None:
        kept, hit = self._pass(0, data)
        self._port.write(kept)
        if hit:
            self._restart()

    def read(self, timeout_s: float) -> bytes:
        kept, hit = self._pass(1, self._port.read(timeout_s))
        if hit:
            self._restart()
        return kept

    def _restart(self) -> None:
        self._port.close()
        self._port = open_port(self._url, 0)

    def close(self) -> None:
        self._port.close()


@pytest.mark.parametrize("way", [0, 1], ids=["request byte", "answer byte"])
def test_a_reset_gives_the_right_answer(way: int, firmware: tuple[References, str]) -> None:
    """At bytes spread over the whole run; tests/link/test_session.py resets at every one."""
    samples = random_clip(9, 1300)
    expected = tuple(firmware[0].expect(samples).tensors[-1])
    cut, step = 3, (331, 23)[way]
    while True:
        line = ResettingLine(firmware[1], way, cut)
        session = Session(line, QUICK)
        try:
            session.connect()
            assert run_clip(session, samples).result.scores == expected
        finally:
            session.close()
        if line.passed[way] <= cut:
            return
        cut += step


def test_a_dead_process_is_a_typed_error(session: Session, port: SerialTransport) -> None:
    port.backend._child.process.kill()  # type: ignore[attr-defined]
    with pytest.raises(LinkError, match="was killed by signal 9"):
        run_clip(session, random_clip(1, 1024))


def test_no_program(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="There is no firmware program at") as caught:
        open_port(f"proc://{tmp_path}/none", 0)
    assert "sernet-edge build --board posix" in str(caught.value)


def test_a_program_that_does_not_start(tmp_path: Path) -> None:
    program = tmp_path / "firmware"
    program.write_bytes(b"no program")
    with pytest.raises(LinkError, match="does not start: Permission denied"):
        open_port(f"proc://{program}", 0)
