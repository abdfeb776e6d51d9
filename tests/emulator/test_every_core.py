"""The same golden cases on every core that has an emulator: every byte of every tensor."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from tiny_bundle import make_bundle, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_edge.cli import cli
from sernet_edge.model.bundled import resolve_model
from sernet_gen.board import board_names, load_board
from sernet_gen.choices import host_choices
from sernet_gen.generate import generate
from sernet_gen.toolchain import ARM_GCC

_MISSING = {
    "gcc": None if shutil.which(ARM_GCC) else f"needs {ARM_GCC}",
    "zig": None if importlib.util.find_spec("ziglang") else "needs the Python package ziglang",
    "emu": None if importlib.util.find_spec("unicorn") else "needs the Python package unicorn",
    "qemu": None if shutil.which("qemu-system-arm") else "needs qemu-system-arm",
}
_CLIPS = (4800, 7000)  # samples: as long as the model's clip, and longer
# One or two of each core, with the flash for all Winograd weights, run a real network with GCC.
# More boards with the same core differ in their ports only: a tiny network tells as much.
_WITH_A_REAL_MODEL = (
    "mps2-an385",
    "mps2-an386",
    "mps2-an500",
    "mps2-an505",
    "mps3-an547",
    "nano33",
    "pico",
)


def cases() -> Iterator[object]:
    """Yield every board with an emulator, with every compiler."""
    for name in board_names():
        board = load_board(name)
        if board.is_host or board.emulator == "none":
            continue
        for word in ("gcc", "zig"):
            reason = _MISSING[word] or _MISSING[board.emulator]
            marks = [pytest.mark.skip(reason=reason)] if reason else []
            yield pytest.param(name, word, marks=marks, id=f"{board.core}-{name}-{word}")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for samples in _CLIPS:
        path = folder / f"noise-{samples}.wav"
        soundfile.write(path, random_clip(samples, samples), 16_000, subtype="PCM_16")
    return folder


@pytest.mark.parametrize(("board", "word"), list(cases()))
def test_every_byte_is_equal(
    board: str,
    word: str,
    tiny: Bundle,
    recordings: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The small bundled model by Winograd, or a tiny one by direct kernels."""
    if word == "gcc" and board in _WITH_A_REAL_MODEL:
        bundle, expected = resolve_model(Path("emodb-3s-small")), "winograd"
        clips, words = 1, ["--limit", "1"]
    else:
        bundle, expected = tiny, "direct"
        clips, words = len(_CLIPS), ["--data", str(recordings)]
    monkeypatch.setattr("sernet_gen.choices._WINOGRAD_PIXELS", 0 if bundle is not tiny else 10**9)
    choices = host_choices(read_qmodel(bundle.int8))
    assert {"first_layer", expected} <= {choice.algorithm for choice in choices.values()}
    result = generate(bundle, load_board(board), tmp_path / "build", word, choices=choices)
    assert result.report.stack_bytes is not None
    assert 500 < result.report.stack_bytes < 4096
    fixed = ["verify", "--board", board, "--emulate", "--build", str(result.folder), "--json"]
    cli.main([*fixed, "--model", str(bundle.path), *words], standalone_mode=False)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["board"], answer["build_id"]) == (board, result.manifest["build_id"])
    assert (answer["clips"], answer["byte_exact_clips"]) == (clips, clips)
    assert answer["differences"] == []
