"""Every board of the catalogue: generated, compiled without a warning by each compiler, within its
memory, and where it has an emulator verified there, byte for byte, with a tiny network.

test_every_core.py runs a real network on every core.
"""

from pathlib import Path

import pytest
from tiny_bundle import make_bundle, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.synthetic import Clip
from sernet_edge.catalogue.check import TOOLCHAINS, check_board, why_no_emulator
from sernet_gen import assets
from sernet_gen.board import board_names, load_board
from sernet_gen.choices import host_choices
from sernet_gen.constants import Constants, render_constants

# As long as the model's clip, and longer.
CLIPS = [Clip(f"noise-{samples}", random_clip(samples, samples)) for samples in (4800, 7000)]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def constants(tiny: Bundle) -> Constants:
    choices = host_choices(read_qmodel(tiny.int8))
    assert {choice.algorithm for choice in choices.values()} == {"first_layer", "direct"}
    return render_constants(tiny, choices)


@pytest.mark.parametrize("name", board_names())
def test_a_board_is_sound(name: str, tiny: Bundle, constants: Constants, tmp_path: Path) -> None:
    board = load_board(name)
    steps = list(check_board(board, tiny, constants, CLIPS, tmp_path))
    assert [(step.name, step.detail) for step in steps if step.passed is False] == []
    passed = {step.name for step in steps if step.passed}
    assert {step.name.split()[-1] for step in steps} == set(TOOLCHAINS)
    for word in TOOLCHAINS:
        if f"compile with {word}" in passed:
            assert f"fit with {word}" in passed
            assert (f"verify with {word}" in passed) == (why_no_emulator(board) is None)
    missing = [step.detail for step in steps if step.passed is None and board.emulator != "none"]
    if missing:
        pytest.skip(f"in part: {'; '.join(missing)}")


def test_a_board_of_ones_own_is_emulated_too(
    tiny: Bundle, constants: Constants, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (assets.boards_dir() / "microbit_v2" / "board.toml").read_text(encoding="utf-8")
    path = tmp_path / "my board.toml"
    path.write_text(text.replace('name = "microbit_v2"', 'name = "mine"'))
    board = load_board(str(path))
    word = TOOLCHAINS[0]
    monkeypatch.setattr("sernet_edge.catalogue.check.TOOLCHAINS", (word,))
    steps = list(check_board(board, tiny, constants, CLIPS[:1], tmp_path))
    if len(steps) < 3 or steps[-1].passed is None:
        pytest.skip(f"needs {word} and unicorn: {steps[-1].detail}")
    assert (steps[-1].name, steps[-1].passed) == (f"verify with {word}", True)
    assert steps[-1].detail == "1 of 1 clips equal to the last byte, by emu://"
