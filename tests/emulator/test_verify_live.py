"""`build --live` and `verify --live` end to end: tiny models on emulated boards, every refusal."""

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from random_choices import possible_choices
from tiny_bundle import make_bundle, make_firmware, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ModelError, SernetError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.cli import cli
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.verify.live import LiveDifference, LiveVerification
from sernet_edge.verify.live_report import live_to_json, print_live
from sernet_gen.board import load_board
from sernet_gen.generate import generate
from sernet_gen.groups import fusable_groups
from sernet_gen.live import keeps_pace
from sernet_gen.steps import make_step

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
needs_qemu = pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def posix(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("posix") / "build"
    make_firmware(bundle, "posix", folder, is_fused=True, live=True)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two recordings that are no whole number of hops."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for samples in (9001, 12_345):
        path = folder / f"noise-{samples}.wav"
        soundfile.write(path, random_clip(samples, samples), 16_000, subtype="PCM_16")
    return folder


@pytest.fixture
def run(bundle: Bundle, data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs `verify --live`: (exit code, stdout, error message)."""

    def verify(board: str, build: Path, *more: str) -> Any:
        fixed = ["--board", board, "--build", str(build), "--model", str(bundle.path), "--emulate"]
        where = [] if "--data" in more else ["--data", str(data)]
        capsys.readouterr()
        try:
            cli.main(["verify", *fixed, *where, "--live", *more], standalone_mode=False)
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().out, ""
        except SernetError as error:
            return int(error.exit_code), capsys.readouterr().out, str(error)
        return 0, capsys.readouterr().out, ""

    return verify


def random_paced_choices(bundle: Bundle, seed: int) -> dict[int, Any]:
    """Return a random way for each layer that gives the answers one by one."""
    model = read_qmodel(bundle.int8)
    random = np.random.default_rng(seed)
    choices = {}
    for group in fusable_groups(model):
        ways = [
            way
            for way in possible_choices(model, group)
            if keeps_pace(model, make_step(model, group, way))
        ]
        choices[group.output] = ways[random.integers(len(ways))]
    return choices


@pytest.mark.parametrize(
    ("board", "seed"),
    [
        pytest.param("nano33", 1, marks=needs_unicorn),
        pytest.param("mps2-an386", 3, marks=needs_qemu),
    ],
)
def test_every_answer_is_equal(
    board: str, seed: int, bundle: Bundle, run: Run, tmp_path: Path
) -> None:
    choices = random_paced_choices(bundle, seed)
    build = generate(bundle, load_board(board), tmp_path / "build", choices=choices, live=True)
    assert build.manifest["live"] is True
    counted = ["--count"] if board == "nano33" else []
    code, out, error = run(board, build.folder, "--json", *counted)
    assert (code, error) == (0, "")
    result = json.loads(out)
    assert (result["board"], result["clips"], result["live"]) == (board, 2, True)
    assert (result["differing_bytes"], result["unseen_answers"]) == (0, 0)
    assert result["answers"] >= 5
    assert result["audio_s"] == (9001 + 12_345) / 16_000
    assert (result["duty_cycle"] is None) == (result["duty_cycle_reason"] is not None)
    if counted:
        assert 1_000_000 < result["instructions_per_second"] < 50_000_000


def test_the_lines_are_for_people(run: Run, posix: Path) -> None:
    code, out, error = run("posix", posix)
    assert (code, error) == (0, "")
    assert "on posix: 2 clips as one stream, 1.3 s\n" in out
    assert "answers compared with the integer reference: 7, differing bytes: 0\n" in out
    assert "duty cycle " in out


def test_a_build_for_clips_is_refused(bundle: Bundle, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    make_firmware(bundle, "posix", folder)
    code, _, error = run("posix", folder)
    assert code == 2
    assert error == (
        f"{folder} holds a firmware for whole clips only: it was not built to run live.\n"
        "  Build it anew:  sernet-edge build --board posix --live"
    )
    code, _, error = run("posix", folder, "--any-build")
    assert code == 2
    assert "takes whole clips only: it was not built to run live." in error


def test_too_little_audio_is_refused(run: Run, posix: Path, tmp_path: Path) -> None:
    folder = tmp_path / "short"
    folder.mkdir()
    soundfile.write(folder / "short.wav", random_clip(1, 1600), 16_000, subtype="PCM_16")
    code, _, error = run("posix", posix, "--data", str(folder))
    assert code == 2
    assert error.startswith("0.1 s of audio are too short for an answer.\n  Take more clips:")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (["--board", "nano33"], "several boards"),
        (["--junit", "x.xml"], "--junit"),
        (["--min-float-agreement", "0.5"], "--min-float-agreement"),
    ],
)
def test_what_is_for_clips_is_refused(more: list[str], what: str, run: Run, tmp_path: Path) -> None:
    code, _, error = run("posix", tmp_path, *more)
    assert code == 2
    assert error.startswith(
        f"--live compares one board's answers to one stream: {what} is for clips."
    )


def test_a_front_end_that_needs_the_whole_clip_cannot_be_built(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "paper", form="paper")
    with pytest.raises(ModelError) as refused:
        generate(bundle, load_board("nano33"), tmp_path / "build", live=True)
    assert str(refused.value) == (
        f"The model {bundle.name} cannot run live: its `paper` front-end divides by the level of "
        "the whole clip, and a stream has no end.\n"
        "  Take a model with the `stream` front-end:  --model DIR  (the bundled one has it), or "
        "build without --live."
    )
    assert not (tmp_path / "build").exists()


def test_no_live_source_for_tensorflow() -> None:
    with pytest.raises(SernetError, match="--live is for our engine: TensorFlow Lite Micro runs"):
        cli.main(
            ["build", "--board", "nano33", "--engine", "tflm", "--live"], standalone_mode=False
        )


def test_a_difference_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    info = DeviceInfo(1, 1, 2, 1032, "ab" * 32, 0, 0, 1, 1, 1, 1, "b", ("calm", "angry"), ("live",))
    found = LiveDifference(7, 1, -3, 5)
    result = LiveVerification(info, "m", 1, 32_000, 9, 2, 4, found, 0.5, None, {}, True, None, None)
    assert result.exit_code == 1
    assert live_to_json(result)["first_difference"] == {
        "answer": 7, "score": 1, "reference": -3, "board": 5,
    }  # fmt: skip
    print_live(result, info.classes)
    out = capsys.readouterr().out
    assert "answers that came too close to be seen: 2" in out
    assert (
        "DIFFERS  first in answer 7: the score of angry is 5 on the board, -3 in the reference"
        in out
    )
    assert "duty cycle 25.0 %: 0.50 s of work for 2.0 s of audio" in out
    early = LiveVerification(
        info, "m", 1, 32_000, 9, 0, 2, LiveDifference(9, 0, None, 5), None, "why", {}, False, 1, 2
    )
    print_live(early, info.classes)
    out = capsys.readouterr().out
    assert "the score of calm is 5 on the board, which cannot be there yet" in out
    assert "no duty cycle: why" in out
