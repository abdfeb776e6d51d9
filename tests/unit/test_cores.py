"""The cores: both compilers are told what each one has, and a build that forgets it stops."""

import dataclasses
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sernet_cal.errors import ToolchainError
from sernet_gen.board import load_board
from sernet_gen.constants import Constants
from sernet_gen.cores import HOST_CORE, core_names, find_core
from sernet_gen.generate import generate_constants
from sernet_gen.planner.costs import load_costs
from sernet_gen.toolchain import ARM_GCC, find_toolchain

Make = Callable[..., Constants]

TOOLCHAINS = [
    pytest.param(
        "gcc", marks=pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
    ),
    pytest.param(
        "zig",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
        ),
    ),
]
CORES = [name for name in core_names() if name != HOST_CORE]


@pytest.mark.parametrize("word", TOOLCHAINS)
@pytest.mark.parametrize("name", CORES)
def test_compilers_know_what_the_core_has(name: str, word: str, tmp_path: Path) -> None:
    core = find_core(name)
    (tmp_path / "empty.c").write_text("")
    compiler = find_toolchain(name, word)
    defined = compiler.run(["-dM", "-E", "empty.c"], "list its macros", cwd=tmp_path)
    macros = {line.split()[1] for line in defined.splitlines()}
    assert ("__ARM_FEATURE_DSP" in macros) == core.has_dsp
    assert ("__ARM_FP" in macros) == core.has_fpu
    assert ("__ARM_PCS_VFP" in macros) == core.has_fpu
    assert ("__ARM_FEATURE_MVE" in macros) == core.has_mve
    assert ("__ARM_FEATURE_UNALIGNED" in macros) == (name != "cortex-m0plus")
    assert ("__ARM_ARCH_6M__" in macros) == (name == "cortex-m0plus")


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_a_core_without_its_dsp_instructions_stops_the_build(
    word: str, echo_constants: Make, tmp_path: Path
) -> None:
    """Zig's plain cortex_m33 has none; GCC can be told so."""
    board = load_board("mps2-an505")
    compiler = find_toolchain(board.core, word)
    plain = {
        "gcc": tuple(flag.replace("m33", "m33+nodsp") for flag in compiler.target_flags),
        "zig": tuple(flag.replace("+dsp", "") for flag in compiler.target_flags),
    }[word]
    wrong = dataclasses.replace(compiler, target_flags=plain)
    with pytest.raises(ToolchainError, match="This core has DSP instructions, but the compiler"):
        generate_constants(echo_constants(), board, tmp_path / "out", wrong)


@pytest.mark.parametrize("name", CORES)
def test_the_planner_knows_what_work_costs(name: str) -> None:
    costs = load_costs(name)
    assert costs.core == name
    assert set(costs.units) >= {"frame", "schedule_step", "direct_products", "winograd_input"}


def test_a_core_that_nobody_has_fitted_is_planned_for_as_the_m4f() -> None:
    assert load_costs("cortex-m23") == load_costs("cortex-m4f")
