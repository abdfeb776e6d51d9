"""Every fault at every step of flashing: the board ends right, or an error says how to go on."""

from collections import Counter
from pathlib import Path

import pytest
from fake_desk import FAULTS, Fault
from flash_builds import write_build
from flash_trials import trial


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    write_build(folder)
    return folder


def test_without_a_fault_the_board_is_right(build: Path) -> None:
    outcome = trial(build, [])
    assert (outcome.error, outcome.problem) == ("", "")
    assert outcome.steps > 60


@pytest.mark.parametrize("starts_in_loader", [False, True], ids=["sketch", "bootloader"])
@pytest.mark.parametrize("kind", FAULTS)
def test_every_step(kind: str, starts_in_loader: bool, build: Path) -> None:
    steps = trial(build, [], starts_in_loader).steps
    endings: Counter[str] = Counter()
    for step in range(steps):
        outcome = trial(build, [Fault(kind, step, seed=7 * step)], starts_in_loader)
        assert outcome.problem == "", f"{kind} at step {step}: {outcome.problem}"
        endings[outcome.error] += bool(outcome.struck)
    assert endings.total() == steps
