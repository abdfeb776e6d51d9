"""Live firmwares that hear: what is recorded, what is made of it, and what is lost."""

import dataclasses
import importlib.util
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_bundle import make_bundle, random_clip, sanitized_program

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError, LinkError
from sernet_cal.live import run_live, stream_rows
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_edge.emulator.backend import image_url, playing_url
from sernet_edge.emulator.image import load_image
from sernet_edge.link.answers import Heard
from sernet_edge.link.clip import run_clip
from sernet_edge.link.faults import (
    DeviceRefusedError,
    DeviceRestartedError,
    GarbledAnswerError,
)
from sernet_edge.link.messages import AskSamples, Record
from sernet_edge.link.microphone import ListeningStream, check_microphone, record_clip, room_samples
from sernet_edge.link.session import Session, Timing, timing_of
from sernet_edge.link.transport import SerialTransport, open_port
from sernet_edge.references import References
from sernet_gen.board import load_board
from sernet_gen.generate import Build, generate

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
HEARING = pytest.mark.parametrize("board", [pytest.param("nano33", marks=needs_unicorn), "posix"])
SOUND = random_clip(5, 24_000)

Meet = Callable[..., Session]
Builds = Callable[[str], Build]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def builds(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Return a board's live build; each is made once."""
    made: dict[str, Build] = {}

    def build(board: str) -> Build:
        if board not in made:
            folder = tmp_path_factory.mktemp(board) / "build"
            made[board] = generate(bundle, load_board(board), folder, choices={}, live=True)
        return made[board]

    return build


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "a sound & more.wav"
    soundfile.write(path, SOUND, 16_000, subtype="PCM_16")
    return path


def url_of(build: Build, program: Path | None = None) -> str:
    board = load_board(build.manifest["board"])
    image = program or build.folder / build.manifest["image"]
    return image_url(board.emulator, board.name, image)


@pytest.fixture
def meet() -> Iterator[Meet]:
    """Return what connects to the board at a URL."""
    opened: list[SerialTransport] = []

    def connect(url: str) -> Session:
        opened.append(open_port(url, 0))
        session = Session(opened[-1], timing_of(url))
        session.connect()
        return session

    yield connect
    for transport in opened:
        transport.close()


def no_sleep(seconds: float) -> None:
    assert seconds > 0


@HEARING
def test_what_is_played_is_recorded_and_classified(
    board: str, bundle: Bundle, builds: Builds, sound: Path, meet: Meet
) -> None:
    session = meet(playing_url(url_of(builds(board)), sound))
    assert session.info.extras == ("live", "microphone")
    references = References(bundle)
    for count in (3000, 4800, 9001):  # shorter than the model's clip, as long, longer
        seen: list[int] = []
        samples, run, lost = record_clip(session, count, seen.append, no_sleep)
        assert np.array_equal(samples, SOUND[:count])
        expected = references.expect(samples)
        assert [item.crc for item in run.digests] == [
            zlib.crc32(tensor.tobytes()) for tensor in expected.tensors
        ]
        assert run.result.scores == tuple(expected.tensors[-1].ravel())
        assert (lost, seen[-1], seen) == (0, count, sorted(seen))
        assert run_clip(session, samples, debug=True).digests == run.digests


@HEARING
def test_recordings_can_be_asked_for_again(
    board: str, builds: Builds, sound: Path, meet: Meet
) -> None:
    session = meet(playing_url(url_of(builds(board)), sound))
    record_clip(session, 5000, sleep=no_sleep)
    clip = session.new_clip() - 1
    again = session.ask(Record(clip, 5000, True), Heard.parse, clip)
    assert (again.classified, again.heard, again.lost) == (5000, 5000, 0)
    with pytest.raises(DeviceRefusedError, match="refused SAMPLES with status 3"):
        session.ask(AskSamples(clip, 5001), bytes, clip)
    room = room_samples(session)
    assert room > 48_000
    with pytest.raises(DeviceRefusedError, match="refused RECORD with status 3"):
        session.ask(Record(clip + 7, room + 1), Heard.parse, clip + 7)
    with pytest.raises(DeviceRestartedError):
        session.ask(AskSamples(clip + 7, 0), bytes, clip + 7)


@HEARING
def test_another_clip_takes_the_place_of_a_recording(
    board: str, builds: Builds, sound: Path, meet: Meet
) -> None:
    session = meet(playing_url(url_of(builds(board)), sound))
    clip = session.new_clip()
    before = session.ask(Record(clip, 20_000, True), Heard.parse, clip)
    assert before.heard < 20_000
    pushed = run_clip(session, SOUND[:5000])
    samples, run, _ = record_clip(session, 5000, sleep=no_sleep)
    assert run.result.scores == pushed.result.scores
    assert np.array_equal(samples, SOUND[:5000])


@HEARING
def test_streams_give_the_answers_of_the_twin(
    board: str, bundle: Bundle, builds: Builds, sound: Path, meet: Meet
) -> None:
    session = meet(playing_url(url_of(builds(board)), sound))
    room = room_samples(session)
    stream = ListeningStream(session)
    seen: dict[int, tuple[int, ...]] = {}
    levels = []
    while stream.samples < 1.2 * room:  # the ring in it comes round
        state = stream.ask()
        levels.append(state.peak)
        if state.scores:
            seen[stream.answers] = state.scores
    stream.end()
    model = read_qmodel(bundle.int8)
    front_end = IntegerFrontEnd(bundle.front_end, model.input.scale, model.input.zero_point)
    heard = np.pad(SOUND, (0, max(0, stream.samples - len(SOUND))))
    right = run_live(model, stream_rows(front_end, heard))
    assert len(seen) > 40
    assert all(scores == tuple(right[number - 1]) for number, scores in seen.items())
    assert max(levels) == np.abs(SOUND.astype(int)).max()
    assert stream.state.lost == 0


class Lossy:
    """A line that loses each seventh request and each fifth answer."""

    def __init__(self, port: SerialTransport) -> None:
        self._port, self.name, self.baud = port, port.name, port.baud
        self._sent = self._seen = 0

    def write(self, data: bytes) -> None:
        self._sent += 1
        if self._sent % 7:
            self._port.write(data)

    def read(self, timeout_s: float) -> bytes:
        data = self._port.read(timeout_s)
        self._seen += bool(data)
        return b"" if data and self._seen % 5 == 0 else data

    def close(self) -> None:
        self._port.close()


def test_a_lossy_line_changes_nothing(builds: Builds, sound: Path, bundle: Bundle) -> None:
    port = open_port(playing_url(url_of(builds("posix")), sound), 0)
    session = Session(Lossy(port), Timing(base_s=0.05, budget_factor=0.02))
    try:
        session.connect()
        samples, run, lost = record_clip(session, 6000, sleep=no_sleep)
        stream = ListeningStream(session)
        for _ in range(10):
            stream.ask()
        stream.end()
    finally:
        port.close()
    assert np.array_equal(samples, SOUND[:6000])
    expected = References(bundle).expect(samples)
    assert run.result.scores == tuple(expected.tensors[-1].ravel())
    assert (lost, stream.samples % 160) == (0, 0)
    assert session.counters.timeouts > 3


def test_a_stream_does_not_go_on_after_a_reset(builds: Builds, sound: Path, meet: Meet) -> None:
    url = playing_url(url_of(builds("posix")), sound)
    stream = ListeningStream(meet(url))
    while stream.samples < 4000:
        stream.ask()
    stream._session = meet(url)  # the same board, which knows nothing any more
    with pytest.raises(GarbledAnswerError, match=r"and had .* before: it was reset"):
        stream.ask()


def test_a_sanitized_firmware_records_and_listens(
    builds: Builds, sound: Path, meet: Meet, tmp_path: Path
) -> None:
    build = builds("posix")
    session = meet(playing_url(url_of(build, sanitized_program(build, tmp_path)), sound))
    samples, _, _ = record_clip(session, room_samples(session), sleep=no_sleep)
    assert np.array_equal(samples[: len(SOUND)], SOUND)
    assert not samples[len(SOUND) :].any()
    stream = ListeningStream(session)
    for _ in range(30):
        stream.ask()
    assert stream.answers > 3
    stream.end()


@needs_unicorn
def test_what_nobody_takes_in_time_is_counted(builds: Builds, bundle: Bundle) -> None:
    from sernet_edge.emulator.machine import Machine
    from sernet_edge.emulator.nrf52 import Nrf52
    from sernet_edge.emulator.protocol_emu import UnicornBackend

    nano, build = load_board("nano33"), builds("nano33")
    assert nano.memory is not None
    soc = Nrf52(nano.part, nano.microphone)
    image = load_image(build.folder / build.manifest["image"], nano.memory)
    backend = UnicornBackend(Machine(soc, image))
    soc.listen_to(SOUND, hurry=5000)
    stream = ListeningStream(_session_with(backend))
    for _ in range(20):
        stream.ask()
    assert stream.state.lost >= 4096
    assert stream.samples > 0


def _session_with(backend: object) -> Session:
    class Wire:
        name, baud = "nano33", 0
        write = staticmethod(backend.write)  # type: ignore[attr-defined]
        read = staticmethod(backend.receive)  # type: ignore[attr-defined]

        def close(self) -> None: ...

    session = Session(Wire(), timing_of("emu://nano33"))
    session.connect()
    return session


def test_firmwares_without_a_microphone_say_what_to_do(builds: Builds, meet: Meet) -> None:
    info = meet(url_of(builds("posix"))).info
    check_microphone(info)
    with pytest.raises(InputError) as caught:
        check_microphone(dataclasses.replace(info, extras=()))
    assert str(caught.value) == (
        f"The firmware on posix, build {info.build_id[:8]}, does not listen: it was not built to "
        "run live.\n  Build it anew:  sernet-edge build --board posix --live"
    )
    with pytest.raises(InputError) as caught:
        check_microphone(dataclasses.replace(info, extras=("live",)))
    assert "has no microphone: its board's file names none." in str(caught.value)
    assert "sernet-edge listen --board posix --source FILE.wav" in str(caught.value)


@needs_unicorn
def test_a_board_without_a_microphone_hears_nothing(sound: Path) -> None:
    with pytest.raises(LinkError, match="mps2-an386 has no microphone that could hear /"):
        open_port(playing_url("emu://mps2-an386?image=x", sound), 0)
