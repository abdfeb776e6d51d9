"""`sernet-edge listen` end to end: the answers of the numpy twin, and every refusal."""

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from tiny_bundle import make_bundle, make_firmware, once_a_board, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.errors import SernetError
from sernet_cal.live import run_live, stream_rows
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_edge.cli import cli
from sernet_gen.board import load_board
from sernet_gen.generate import generate

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
BOARDS = pytest.mark.parametrize("board", [pytest.param("nano33", marks=needs_unicorn), "posix"])
SOUND = random_clip(9, 16_000)


@dataclasses.dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    error: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def builds(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a board's live build; each is made once."""

    def make(board: str, folder: Path) -> None:
        generate(bundle, load_board(board), folder, choices={}, live=True)

    return once_a_board(make, tmp_path_factory)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "sound.wav", SOUND, 16_000, subtype="PCM_16")
    return tmp_path / "sound.wav"


@pytest.fixture
def run(builds: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> Run:
    def listen(board: str, *more: str, build: Path | None = None, emulate: bool = True) -> Ended:
        where = ["--emulate"] if emulate else []
        fixed = ["--board", board, "--build", str(build or builds(board)), *where]
        capsys.readouterr()
        try:
            cli.main(["listen", *fixed, *more], standalone_mode=False)
        except SernetError as error:
            return Ended(int(error.exit_code), capsys.readouterr().out, str(error))
        return Ended(0, capsys.readouterr().out, "")

    return listen


def right_answers(bundle: Bundle) -> list[list[int]]:
    model = read_qmodel(bundle.int8)
    front_end = IntegerFrontEnd(bundle.front_end, model.input.scale, model.input.zero_point)
    answers: list[list[int]] = run_live(model, stream_rows(front_end, SOUND)).tolist()
    return answers


@BOARDS
@pytest.mark.parametrize("source", ["microphone", "file"])
def test_each_answer_is_the_twins(
    board: str, source: str, bundle: Bundle, run: Run, sound: Path
) -> None:
    heard = ["--play", str(sound)] if source == "microphone" else ["--source", str(sound)]
    ended = run(board, "--json", *heard)
    assert (ended.code, ended.error) == (0, "")
    *answers, end = ended.lines
    right = right_answers(bundle)
    assert [line["answer"] for line in answers] == list(range(1, len(answers) + 1))
    assert [line["scores"] for line in answers] == right[: len(answers)]
    assert len(right) >= len(answers) >= len(right) - 1  # the microphone's last buffer is not full
    assert {line["sound"] for line in answers} == {
        "microphone" if source == "microphone" else "sound.wav"
    }
    assert all(abs(sum(line["probabilities"].values()) - 1) < 0.02 for line in answers)
    # After the sound is silence, and what is heard is ahead of what is classified.
    assert all(-120 <= line["level_dbfs"] <= line["peak_dbfs"] <= 0 for line in answers)
    assert answers[0]["level_dbfs"] > -40
    assert (end["end"], end["unseen_answers"], end["lost_samples"]) == (True, 0, 0)
    assert end["seconds"] == pytest.approx(1.0, abs=0.3)
    assert end["real_time"] > 0
    assert (end["duty_cycle"] is None) == (board == "nano33")


def test_people_get_bars_and_last_words(run: Run) -> None:
    ended = run("posix", "--seconds", "0.8")
    assert ended.code == 0
    assert "posix hears microphone" in ended.out
    assert all(name in ended.out for name in ("calm", "angry", "sad", "glad", "level"))
    assert "times real time" in ended.out


def test_seconds_end_a_file_too(run: Run, sound: Path) -> None:
    end = run("posix", "--json", "--source", str(sound), "--seconds", "0.6").lines[-1]
    assert end["seconds"] == pytest.approx(0.6, abs=0.02)


def test_a_firmware_for_clips_is_told_how_to_become_live(
    run: Run, bundle: Bundle, tmp_path: Path, sound: Path
) -> None:
    build = make_firmware(bundle, "posix", tmp_path / "clips").folder
    for source in ("microphone", str(sound)):
        ended = run("posix", "--source", source, build=build)
        assert ended.code == 2
        assert "sernet-edge build --board posix --live" in ended.error


@pytest.mark.parametrize(
    ("more", "emulate", "code", "text"),
    [
        ((), False, 2, "Where is the board? One of --port and --emulate must say so"),
        (("--port", "x"), True, 2, "One of --port and --emulate must say so, and not both."),
        (("--source", "none.wav"), True, 2, "none.wav is not there."),
        (("--play", "none.wav"), True, 2, "none.wav is not there."),
        (("--port", "/dev/null", "--play", "x.wav"), False, 2, "--play is for an emulated"),
        (("--source", "a.wav", "--play", "b.wav"), True, 2, "--play is for the microphone, and"),
    ],
)
def test_what_cannot_be(
    more: tuple[str, ...], emulate: bool, code: int, text: str, run: Run
) -> None:
    ended = run("posix", *more, emulate=emulate)
    assert ended.code == code
    assert text in ended.error
