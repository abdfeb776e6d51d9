"""A real network on every core that has an emulator: every byte of every tensor."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sernet_cal.qmodel import read_qmodel
from sernet_edge.cli import cli
from sernet_edge.model.bundled import resolve_model
from sernet_gen.board import board_names, load_board
from sernet_gen.choices import host_choices
from sernet_gen.generate import generate
from sernet_gen.toolchain import ARM_GCC

_MISSING = {
    "emu": None if importlib.util.find_spec("unicorn") else "needs the Python package unicorn",
    "qemu": None if shutil.which("qemu-system-arm") else "needs qemu-system-arm",
}
# One or two of each core, with the flash for all Winograd weights. Other boards with the same core
# differ in their ports only, which test_every_board.py runs.
_BOARDS = (
    "mps2-an385",
    "mps2-an386",
    "mps2-an500",
    "mps2-an505",
    "mps3-an547",
    "nano33",
    "pico",
)

needs_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")


def cases() -> Iterator[object]:
    """Yield the boards, with the core as id."""
    for name in _BOARDS:
        board = load_board(name)
        reason = _MISSING[board.emulator]
        marks = [pytest.mark.skip(reason=reason)] if reason else []
        yield pytest.param(name, marks=marks, id=f"{board.core}-{name}")


def test_every_core_is_there() -> None:
    boards = [load_board(name) for name in board_names()]
    emulated = {board.core for board in boards if board.emulator not in ("none", "proc")}
    assert emulated == {load_board(name).core for name in _BOARDS}


@needs_gcc
@pytest.mark.parametrize("board", list(cases()))
def test_every_byte_is_equal(
    board: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The small bundled model, by Winograd wherever that can be."""
    bundle = resolve_model(Path("emodb-3s-small"))
    monkeypatch.setattr("sernet_gen.choices._WINOGRAD_PIXELS", 0)
    choices = host_choices(read_qmodel(bundle.int8))
    assert {"first_layer", "winograd"} <= {choice.algorithm for choice in choices.values()}
    result = generate(bundle, load_board(board), tmp_path / "build", "gcc", choices=choices)
    assert result.report.stack_bytes is not None
    assert 500 < result.report.stack_bytes < 4096
    words = ["verify", "--board", board, "--emulate", "--build", str(result.folder), "--json"]
    cli.main([*words, "--model", str(bundle.path), "--limit", "1"], standalone_mode=False)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["board"], answer["build_id"]) == (board, result.manifest["build_id"])
    assert (answer["clips"], answer["byte_exact_clips"]) == (1, 1)
    assert answer["differences"] == []
