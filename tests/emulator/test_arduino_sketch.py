"""The emitted Arduino library and sketches, compiled and run: as a process against a stand-in of
the core, and on the emulated Nano with the core's flags."""

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import arduino_build
import numpy as np
import pytest
from click.testing import CliRunner
from tiny_bundle import make_bundle

from sernet_cal.bundle import Bundle
from sernet_cal.live import run_live, stream_rows
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.cli import cli
from sernet_edge.link.live import LiveStream
from sernet_edge.link.microphone import record_clip, room_samples
from sernet_edge.link.session import Session
from sernet_edge.link.transport import open_port
from sernet_edge.references import References
from sernet_gen.arduino import LIBRARY, SKETCH
from sernet_gen.board import load_board
from sernet_gen.choices import host_choices
from sernet_gen.flags import WARNINGS
from sernet_gen.generate import generate
from sernet_gen.toolchain import ARM_GCC

API_SKETCH = Path(arduino_build.__file__).parent / "arduino_api.ino"
SETTLING = 1600  # samples that the microphone drops at its start

needs_host = pytest.mark.skipif(
    arduino_build.host_compilers() is None, reason="needs g++ or the Python package ziglang"
)
needs_arm_gcc = pytest.mark.skipif(
    not (shutil.which(ARM_GCC) and shutil.which(arduino_build.ARM_GXX)),
    reason=f"needs {ARM_GCC} with C++",
)
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
)
needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)

FORMS = {"stream": ("stream", False), "paper": ("paper", False), "live": ("stream", True)}


class Built:
    """A build with its sketches, compiled for this machine when they are first wanted."""

    def __init__(self, folder: Path, form: str, live: bool) -> None:
        self.folder, self.objects = folder / "build", folder / "objects"
        self.objects.mkdir()
        self.bundle: Bundle = make_bundle(folder / "model", seed=8, form=form)
        # Runs of several rows would hold a stream's answers back.
        choices = {} if live else host_choices(read_qmodel(self.bundle.int8))
        board = load_board("nano33")
        generate(self.bundle, board, self.folder, choices=choices, with_sketch=True, live=live)
        self.library: list[str] = []
        self.programs: dict[Path, Path] = {}

    def program(self, sketch: Path) -> Path:
        """Return the process that runs `sketch`, a file."""
        if not self.library:
            compilers = arduino_build.host_compilers()
            assert compilers is not None
            self.library = arduino_build.compile_library(self.folder, compilers, self.objects)
        if sketch not in self.programs:
            linked = arduino_build.link_process(self.folder, sketch, self.library, self.objects)
            self.programs[sketch] = linked
        return self.programs[sketch]

    @property
    def includes(self) -> list[Path]:
        """The folders that the Arduino builder gives a compiler."""
        return [self.folder / arduino_build.SOURCES, arduino_build.CORE]

    @property
    def verifying(self) -> Path:
        """The process that answers `verify`."""
        return self.program(self.folder / SKETCH / "SernetVerify.ino")

    def example(self, name: str) -> Path:
        """Return the process of one of the library's examples."""
        return self.program(self.folder / LIBRARY / "examples" / name / f"{name}.ino")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    made: dict[str, Built] = {}

    def build(form: str) -> Built:
        if form not in made:
            made[form] = Built(tmp_path_factory.mktemp(form), *FORMS[form])
        return made[form]

    return build


def verify(made: Built, port: str) -> dict[str, object]:
    """Return what `verify --json` says of the sketch behind `port`, for the first clips."""
    words = ["verify", "--board", "nano33", "--build", str(made.folder), "--port", port]
    more = ["--model", str(made.bundle.path), "--limit", "10", "--json"]
    result = CliRunner().invoke(cli, [*words, *more], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


@needs_host
@pytest.mark.parametrize("form", ["stream", "live"])
def test_the_sketch_passes_verify(form: str, built: Callable[[str], Built]) -> None:
    made = built(form)
    result = verify(made, f"proc://{made.verifying}")
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert (result["clips"], result["byte_exact_clips"], result["differences"]) == (10, 10, [])
    assert result["build_id"] == manifest["arduino"]["build_id"] != manifest["build_id"]
    assert result["device_ms"] is not None  # micros() is its clock


@pytest.fixture(scope="module")
def m4_library(
    built: Callable[[str], Built], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Compile the library with the core's own flags; a warning is an error."""
    folder = tmp_path_factory.mktemp("m4")
    return arduino_build.compile_library(built("stream").folder, arduino_build.arm_gcc(), folder)


@needs_arm_gcc
@needs_unicorn
def test_the_sketch_passes_verify_with_the_cores_flags(
    built: Callable[[str], Built], m4_library: list[str], tmp_path: Path
) -> None:
    made = built("stream")
    sketch = made.folder / SKETCH / "SernetVerify.ino"
    image = arduino_build.link_board(made.folder, sketch, m4_library, tmp_path)
    result = verify(made, f"emu://nano33?image={image}")
    assert (result["clips"], result["byte_exact_clips"], result["differences"]) == (10, 10, [])


def sketches(made: Built) -> list[Path]:
    return [*sorted(made.folder.rglob("*.ino")), API_SKETCH]


@needs_arm_gcc
@pytest.mark.parametrize("form", FORMS)
def test_nothing_warns_with_the_cores_flags(
    form: str, built: Callable[[str], Built], m4_library: list[str], tmp_path: Path
) -> None:
    """The runtime is the same in every form; what differs is what the configuration turns on."""
    made = built(form)
    sources = arduino_build.library_sources(made.folder)
    assert len(m4_library) == len(arduino_build.library_sources(built("stream").folder))
    own = [path for path in sources if "sketch" in path.name or path.suffix == ".cpp"]
    for source in [*own, *sketches(made)]:
        arduino_build.arm_gcc().compile(source, tmp_path / "x.o", made.includes)
    # What is written here is held to the runtime's own rules as well.
    core = arduino_build.arm_gcc()
    strict = arduino_build.Compilers(core.c, core.cxx, (*core.target, *WARNINGS))
    for source in own:
        if source.suffix == ".c":
            strict.compile(source, tmp_path / "x.o", made.includes)


@needs_zig
def test_nothing_warns_with_zig(built: Callable[[str], Built], tmp_path: Path) -> None:
    made = built("live")
    for source in [*arduino_build.library_sources(made.folder), *sketches(made)]:
        arduino_build.arm_zig().compile(source, tmp_path / "x.o", made.includes)


def speech(samples: int) -> np.ndarray:
    """Return sound for which the tiny network has different answers, int16 [samples]."""
    (clip,) = (clip for clip in synthetic_clips() if clip.name == "phrase-calm")
    return np.asarray(clip.samples[:samples])


def heard(program: Path, samples: np.ndarray, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a sketch whose microphone hears `samples` once it has settled."""
    file = folder / "sound.raw"
    file.write_bytes(np.concatenate([np.zeros(SETTLING, np.int16), samples]).tobytes())
    return run_sketch(program, SERNET_PDM=str(file))


def run_sketch(program: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a sketch without anything on its serial port; line ends come as "\\n"."""
    environment = {name: text for name, text in os.environ.items() if name != "SERNET_PDM"}
    return subprocess.run(
        [program], env=environment | variables, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def told_scores(line: str) -> list[int]:
    """Return the int8 scores of a line of ClassifyMicrophone: steps of 1/256, in percent."""
    words = line.partition(": ")[2].split(", ")
    return [round(float(word.split()[1]) * 2.56) - 128 for word in words]


def clip_answers(made: Built, samples: np.ndarray) -> list[list[int]]:
    """Return the reference's scores of clip after clip of the model's length."""
    references, length = References(made.bundle), made.bundle.model_samples
    clips = [samples[at : at + length] for at in range(0, len(samples) - length + 1, length)]
    return [references.expect(clip).tensors[-1].reshape(-1).tolist() for clip in clips]


def live_answers(made: Built, samples: np.ndarray) -> list[list[int]]:
    """Return the reference's answers to a stream."""
    model = read_qmodel(made.bundle.int8)
    entry = model.traced[0]
    front_end = IntegerFrontEnd(made.bundle.front_end, entry.scale, entry.zero_point)
    answers: list[list[int]] = run_live(model, stream_rows(front_end, samples)).tolist()
    return answers


@needs_host
def test_the_microphone_is_classified_clip_by_clip(
    built: Callable[[str], Built], tmp_path: Path
) -> None:
    made = built("stream")
    samples = speech(3 * 4800 + 512)
    done = heard(made.example("ClassifyMicrophone"), samples, tmp_path)
    lines = done.stdout.splitlines()
    expected = clip_answers(made, samples)
    assert len(lines) == len(expected) == 3
    assert len({tuple(scores) for scores in expected}) == 3
    assert [told_scores(line) for line in lines] == expected
    classes = made.bundle.classes
    assert [line.partition(":")[0] for line in lines] == [
        classes[int(np.argmax(scores))] for scores in expected
    ]
    assert "gain 80" in done.stderr  # 20 dB above what the microphone gives


@needs_host
def test_a_live_library_answers_with_every_row(
    built: Callable[[str], Built], tmp_path: Path
) -> None:
    made = built("live")
    samples = speech(16_384 - SETTLING)
    lines = heard(made.example("ClassifyMicrophone"), samples, tmp_path).stdout.splitlines()
    expected = live_answers(made, samples)
    assert len(lines) == len(expected) > 3
    assert len({tuple(scores) for scores in expected}) > 2
    assert [told_scores(line) for line in lines] == expected


@needs_host
def test_the_light_shows_the_emotion(built: Callable[[str], Built], tmp_path: Path) -> None:
    made = built("stream")
    samples = speech(2 * 4800 + 512)
    done = heard(made.example("EmotionLight"), samples, tmp_path)
    assert done.stdout == ""
    lit = [line.split()[1:] for line in done.stderr.splitlines() if line.startswith("analogWrite")]
    assert [pin for pin, _ in lit] == ["22", "23", "24"] * 3
    values = [int(value) for _, value in lit]
    assert values[:3] == [255, 255, 255]  # off: the pins are active low
    colours = {"calm": (0, 80, 120)}
    for number, scores in enumerate(clip_answers(made, samples), 1):
        best = int(np.argmax(scores))
        colour = colours.get(made.bundle.classes[best], (120, 120, 120))
        share = (scores[best] + 128) / 256
        expected = [255 - int(share * part) for part in colour]
        assert values[3 * number : 3 * number + 3] == expected


@needs_host
def test_a_microphone_that_does_not_start_is_told(built: Callable[[str], Built]) -> None:
    done = run_sketch(built("stream").example("ClassifyMicrophone"))
    assert (done.returncode, done.stdout) == (1, "The microphone does not start.\n")


API = """\
push before begin: false
flush before begin: false
too short a clip: false
push after that: false
begin a clip: true
scores before the first answer: false
probability before it: false
most of the clip: true
flush too early: false
the rest: true
one too many: false
flush: true
flush again: false
answers 1
listen: true
flush while listening: false
two clips at once: true
answers 2
a clip after it: true
the same scores as before: true
a class that is not there: false
"""


@needs_host
def test_the_api_takes_no_call_out_of_order(built: Callable[[str], Built]) -> None:
    done = run_sketch(built("stream").program(API_SKETCH))
    assert (done.returncode, done.stdout) == (0, API)


@pytest.fixture
def live_session(built: Callable[[str], Built]) -> Iterator[Session]:
    """A session with the verifying sketch of a live build."""
    transport = open_port(f"proc://{built('live').verifying}", 0)
    try:
        session = Session(transport)
        session.connect()
        yield session
    finally:
        transport.close()


@needs_host
def test_a_live_sketch_takes_a_stream_over_the_link(
    built: Callable[[str], Built], live_session: Session
) -> None:
    samples = speech(16_384)
    stream = LiveStream(live_session)
    stream.push(samples)
    expected = live_answers(built("live"), samples)
    assert stream.answers == len(expected)
    assert list(stream.state.scores) == expected[-1]


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """What the microphone hears, once it has settled."""
    samples = speech(16_384)
    file = tmp_path / "sound.raw"
    file.write_bytes(np.concatenate([np.zeros(SETTLING, np.int16), samples]).tobytes())
    monkeypatch.setenv("SERNET_PDM", str(file))
    return samples


@needs_host
def test_a_live_sketch_records_for_the_link(
    sound: np.ndarray, built: Callable[[str], Built], live_session: Session
) -> None:
    made = built("live")
    length = made.bundle.model_samples
    assert room_samples(live_session) == length
    for _ in range(2):  # the second time it starts anew
        samples, run, lost = record_clip(live_session, length, sleep=lambda _: None)
        assert samples.tolist() == sound[:length].tolist()
        assert list(run.result.scores) == clip_answers(made, sound[:length])[0]
        assert lost == 0
