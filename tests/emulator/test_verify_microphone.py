"""`sernet-edge verify --mic` end to end: a recording, its replay, blame, and every refusal."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tiny_bundle import make_bundle, once_a_board, random_clip

from sernet_cal.bundle import CARD_NAME, Bundle, load_bundle
from sernet_cal.errors import SernetError
from sernet_edge.cli import cli
from sernet_gen.board import load_board
from sernet_gen.generate import generate

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
SOUND = random_clip(8, 9_000)

Run = Callable[..., tuple[int, str, str]]


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
def run(bundle: Bundle, builds: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs `verify --mic`: (exit code, stdout, error message)."""

    def verify(board: str, *more: str, model: Path | None = None, emulate: bool = True) -> Any:
        fixed = ["--board", board, "--build", str(builds(board)), "--mic"]
        fixed += ["--model", str(model or bundle.path), *(["--emulate"] if emulate else [])]
        capsys.readouterr()
        try:
            cli.main(["verify", *fixed, *more], standalone_mode=False)
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().out, ""
        except SernetError as error:
            return int(error.exit_code), capsys.readouterr().out, str(error)
        return 0, capsys.readouterr().out, ""

    return verify


@pytest.mark.parametrize("board", [pytest.param("nano33", marks=needs_unicorn), "posix"])
def test_a_recording_is_compared_and_kept(board: str, run: Run, sound: Path) -> None:
    kept = sound.parent / "kept"
    more = ["--seconds", "0.4", "--record", str(kept), "--label", "angry", "--speaker", "ann"]
    code, out, error = run(board, "--play", str(sound), "--json", *more)
    assert (code, error) == (0, "")
    result = json.loads(out)
    assert (result["board"], result["microphone"], result["seconds"]) == (board, True, 0.4)
    assert result["recording"] == (kept / "recording-001.wav").as_posix()
    samples, rate = soundfile.read(result["recording"], dtype="int16")
    assert rate == 16_000
    assert np.array_equal(samples, SOUND[:6400])
    assert (kept / "labels.csv").read_text() == (
        "file,emotion,speaker\nrecording-001.wav,angry,ann\n"
    )
    assert result["findings"] == []
    assert [result[f"{part}_equal"] for part in ("recording", "features", "network")] == [True] * 3
    assert (result["first_tensor_heard"], result["first_tensor_replayed"]) == (None, None)
    assert result["board_class"] == result["integer_class"]
    assert result["compared_tensors"] == result["tensors"] > 10
    assert result["levels"]["peak_dbfs"] == pytest.approx(
        20 * np.log10(np.abs(SOUND[:6400].astype(int)).max() / 32768)
    )
    assert (result["device_ms"] is None) == (board == "nano33")
    assert result["exit_code"] == 0


def test_the_table_names_each_part_and_a_phrase_is_made_up(run: Run) -> None:
    code, out, _ = run("posix")
    assert code == 0
    for words in (
        "0.30 s from its microphone",
        "heard and sent back give the same bytes",
        "byte for byte to the integer front-end of this machine",
        "byte for byte to the integer reference, each layer",
        "integer reference",
        "16 of 16 tensors compared",
    ):
        assert words in out


def test_another_network_is_blamed(run: Run, sound: Path, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "other", seed=4).path
    code, out, _ = run("posix", "--play", str(sound), "--any-build", model=other)
    assert code == 1
    assert "DIFFERS │ from the integer reference, each layer" in out
    assert "equal   │ byte for byte to the integer front-end" in out
    assert "DIFFERS  recording: " in out
    assert "(--any-build: not compared with the files here)" in out


def test_another_front_end_is_blamed(run: Run, sound: Path, tmp_path: Path) -> None:
    path = make_bundle(tmp_path / "other").path
    card = json.loads((path / CARD_NAME).read_text())
    card["front_end"]["mean"][0] = -50.0
    (path / CARD_NAME).write_text(json.dumps(card))
    load_bundle(path)
    code, out, _ = run("posix", "--play", str(sound), "--any-build", "--json", model=path)
    result = json.loads(out)
    assert (code, result["exit_code"]) == (1, 1)
    assert (result["recording_equal"], result["features_equal"]) == (True, False)
    assert result["network_equal"] is None


def test_a_stale_build_is_refused(run: Run, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "other", seed=4).path
    code, _, error = run("posix", model=other)
    assert code == 4
    assert "was not built from the model" in error


def test_a_microphone_that_is_stuck_ends_with_2(run: Run, builds: Callable[[str], Path]) -> None:
    url = f"proc://{builds('posix') / 'firmware'}"  # nothing to hear
    code, out, _ = run("posix", "--port", url, emulate=False)
    assert code == 2
    assert "│ stuck " in out
    assert "note: The microphone sends nothing but zeros" in out


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["--seconds", "0.1"], "--seconds 0.1: posix records from 0.3 s, the model's clip, to"),
        (["--seconds", "99"], "--seconds 99: posix records from 0.3 s, the model's clip, to 10.00"),
        (["--live"], "--mic is about what the microphone hears: --live is for clips of this"),
        (["--limit", "3"], "--limit is for clips of this machine."),
        (["--junit", "x.xml"], "compares one board's answers to one recording: --junit is for"),
        (["--record", "x"], "--label says of which class it is: both or none."),
        (["--label", "x"], "For example:  --record my-voice --label anger"),
        (["--play", "nothing.wav"], "nothing.wav is not there."),
    ],
)
def test_options_that_do_not_go_together(more: list[str], text: str, run: Run) -> None:
    code, _, error = run("posix", *more)
    if code == 0:
        pytest.fail("it was taken")
    assert code == 2
    assert text in error


def test_nothing_is_played_to_a_real_board(run: Run) -> None:
    code, _, error = run("posix", "--port", "/dev/null", "--play", "x.wav", emulate=False)
    assert (code, error) == (
        2,
        "--play is for an emulated microphone; a real one hears the room.\n"
        "  Leave it out, or add:  --emulate",
    )


def test_options_of_the_microphone_need_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SernetError) as caught:
        cli.main(["verify", "--board", "posix", "--seconds", "3"], standalone_mode=False)
    assert str(caught.value) == ("--seconds is for the microphone.\n  Add it:  --mic --seconds ...")
