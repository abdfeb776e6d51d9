"""All C of a firmware compiles without a warning, with every compiler, and stays small."""

import dataclasses
import importlib.util
import shutil
from pathlib import Path

import pytest

from sernet_edge.model.bundled import resolve_model
from sernet_gen import assets
from sernet_gen.board import load_board
from sernet_gen.constants import Constants, render_constants
from sernet_gen.flags import WARNINGS, build_flags
from sernet_gen.generate import Build, generate_constants
from sernet_gen.toolchain import ARM_GCC, find_toolchain, host_compiler

STYLE = {
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wundef",
    "-Wvla",
    "-Wcast-qual",
    "-Wmissing-prototypes",
    "-Wdouble-promotion",
}

needs_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
)
BUILDS = [
    pytest.param(("nano33", "gcc"), marks=needs_gcc),
    pytest.param(("nano33", "zig"), marks=needs_zig),
    pytest.param(("mps2-an386", "gcc"), marks=needs_gcc),
    pytest.param(("posix", None)),
    pytest.param(("posix", "zig"), marks=needs_zig),
]


@pytest.fixture(scope="module")
def constants() -> Constants:
    return render_constants(resolve_model(None))


@pytest.fixture(scope="module", params=BUILDS)
def build(
    request: pytest.FixtureRequest,
    constants: Constants,
    tmp_path_factory: pytest.TempPathFactory,
) -> Build:
    """The bundled model, built for one board with one compiler: warnings are errors."""
    name, word = request.param
    board = load_board(name)
    compiler = find_toolchain(board.core, word)
    return generate_constants(constants, board, tmp_path_factory.mktemp("build") / "out", compiler)


def test_the_bundled_model_compiles_and_stays_within_the_goals(build: Build) -> None:
    assert STYLE | {"-Werror"} <= set(build.manifest["flags"]["compile"])
    if build.manifest["board"] == "nano33":
        report = build.report
        assert report.stack_bytes is not None
        assert report.flash_bytes <= 620 * 1024
        assert report.ram_bytes + report.stack_bytes <= 48 * 1024
        assert report.clip_bytes == 0


def test_a_firmware_for_clips_holds_nothing_of_streams_and_microphones(build: Build) -> None:
    names = build.folder / "firmware.map"
    symbols = names.read_text(encoding="utf-8") if names.is_file() else ""
    for word in ("sn_live", "sn_slide", "sn_hearing", "sn_microphone", "sn_meter"):
        assert word not in symbols


@needs_gcc
def test_a_kept_clip_is_added_to_the_variables(constants: Constants, tmp_path: Path) -> None:
    board = load_board("nano33")
    paper = dataclasses.replace(constants, kept_samples=48_000, front_end="paper")
    report = generate_constants(paper, board, tmp_path / "x", find_toolchain(board.core)).report
    assert report.clip_bytes == 96_000
    assert report.fits
    assert report.ram_bytes + (report.stack_bytes or 0) <= 48 * 1024


def test_every_c_file_of_the_runtime_is_compiled(build: Build) -> None:
    copied = {name for name in build.manifest["files"] if name.startswith("runtime/")}
    there = {
        f"runtime/{path.relative_to(assets.runtime_dir()).as_posix()}"
        for path in assets.runtime_dir().rglob("*.[ch]")
    }
    assert copied == there
    makefile = (build.folder / "Makefile").read_text(encoding="utf-8")
    assert all(f" {name}" in makefile for name in copied if name.endswith(".c"))


def test_the_host_library_compiles_without_a_warning(constants: Constants, tmp_path: Path) -> None:
    sources = sorted((assets.ports_dir() / "hostlib").glob("*.c"))
    assert sources
    for source in sources:
        include = [f"-I{assets.runtime_dir()}", f"-I{source.parent}"]
        output = ["-c", str(source), "-o", str(tmp_path / "x.o")]
        flags = ["-std=c99", "-O2", *WARNINGS, *include, *output]
        host_compiler().run(flags, f"compile {source.name}")


@pytest.mark.parametrize("name", ["nano33", "mps2-an386", "posix"])
def test_stacks_are_limited_for_each_function(name: str) -> None:
    board = load_board(name)
    flags = build_flags(board, find_toolchain(board.core)).compile
    assert any(flag.startswith(("-Wstack-usage=", "-Wframe-larger-than=")) for flag in flags)


def test_the_runtime_names_no_board_and_allocates_nothing() -> None:
    forbidden = ("malloc(", "#ifdef BOARD", "nrf52", "mps2", "double ")
    for path in assets.runtime_dir().rglob("*.[ch]"):
        text = path.read_text(encoding="utf-8")
        assert not [word for word in forbidden if word in text], path.name
