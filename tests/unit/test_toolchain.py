"""Finding compilers: each place that is searched, and what is said when nothing is there."""

import ctypes
import importlib.util
import os
import shutil
import stat
from pathlib import Path

import pytest

from sernet_cal.errors import ToolchainError
from sernet_gen import toolchain
from sernet_gen.compiler import Compiler
from sernet_gen.toolchain import ARM_GCC, find_toolchain, host_compiler

M4 = "cortex-m4f"
CURES = (
    "\n  Install the one that comes with pip:  pip install ziglang"
    "\n  or arm-none-eabi-gcc:  apt install gcc-arm-none-eabi"
    "\n  or name one:  --toolchain PATH"
)

needs_arm_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
)


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with an empty folder on PATH (returned) and without ziglang."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        toolchain.importlib.util,
        "find_spec",
        lambda name: None if name == "ziglang" else find_spec(name),
    )
    return folder


def script(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def gcc_script(folder: Path, name: str, machine: str = "arm-none-eabi") -> Path:
    body = (
        'case "$1" in\n'
        '--version) echo "gcc 9.9.9"; echo "Copyright Free Software Foundation";;\n'
        "-dumpfullversion) echo 9.9.9;;\n"
        f"-dumpmachine) echo {machine};;\nesac"
    )
    return script(folder, name, body)


def test_without_a_host_compiler_the_cures_are_told(bare_machine: Path) -> None:
    with pytest.raises(ToolchainError) as error:
        host_compiler()
    assert str(error.value) == (
        "No C compiler for this machine: cc, gcc, clang are not on PATH, "
        "and the Python package ziglang is not installed.\n"
        "  Install the one that comes with pip:  pip install ziglang\n"
        "  or any other:  apt install gcc"
    )


def test_without_a_cross_compiler_the_cures_are_told(bare_machine: Path) -> None:
    with pytest.raises(ToolchainError) as error:
        find_toolchain(M4)
    assert str(error.value) == (
        "No compiler for cortex-m4f: arm-none-eabi-gcc is not on PATH, "
        "and the Python package ziglang is not installed." + CURES
    )


def test_a_compiler_that_does_not_start_is_passed_over(bare_machine: Path) -> None:
    script(bare_machine, "cc", "exit 1")
    gcc_script(bare_machine, "gcc")
    assert host_compiler().name == "gcc"


def test_the_arm_gcc_on_path_comes_first(bare_machine: Path) -> None:
    gcc_script(bare_machine, ARM_GCC)
    compiler = find_toolchain(M4)
    assert compiler.title == "arm-none-eabi-gcc 9.9.9"
    assert "-mfloat-abi=hard" in compiler.target_flags
    assert compiler.portable_command == ARM_GCC


def test_clang_on_path_serves_the_host(bare_machine: Path) -> None:
    script(bare_machine, "clang", 'echo "Debian clang version 14.0.6"')
    assert (host_compiler().family, host_compiler().version) == ("clang", "14.0.6")


def test_zig_on_path_serves_where_pip_has_none(bare_machine: Path) -> None:
    script(bare_machine, "zig", "echo 0.17.1")
    compiler = find_toolchain(M4)
    assert compiler.title == "zig 0.17.1"
    assert compiler.command[-1] == "cc"
    assert compiler.portable_command == "zig cc"
    assert "-mcpu=cortex_m4+vfp4d16sp" in compiler.target_flags


def test_the_users_folder_is_searched(bare_machine: Path, tmp_path: Path) -> None:
    (tmp_path / "gcc" / "bin").mkdir(parents=True)
    path = gcc_script(tmp_path / "gcc" / "bin", ARM_GCC)
    assert find_toolchain(M4, str(tmp_path / "gcc")).command == (str(path),)


@pytest.mark.parametrize(("word", "where"), [("gcc", "on PATH"), ("zig", "installed by pip, nor")])
def test_a_word_without_its_compiler_is_an_error(bare_machine: Path, word: str, where: str) -> None:
    with pytest.raises(ToolchainError) as error:
        find_toolchain(M4, word)
    message = str(error.value)
    assert message.startswith(f"--toolchain {word}: there is no {word} for cortex-m4f {where}")
    assert message.endswith(CURES)


def test_a_path_to_nothing_is_an_error() -> None:
    with pytest.raises(ToolchainError) as error:
        find_toolchain(M4, "/no/such/gcc")
    assert str(error.value) == "--toolchain /no/such/gcc: there is no such file." + CURES


def test_a_folder_without_compilers_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError) as error:
        find_toolchain(M4, str(tmp_path))
    assert str(error.value) == (
        f"--toolchain {tmp_path}: this folder has no arm-none-eabi-gcc or zig, nor has its bin/."
        + CURES
    )


def test_a_program_that_compiles_nothing_is_an_error(tmp_path: Path) -> None:
    path = script(tmp_path, "teapot", "echo short and stout")
    with pytest.raises(ToolchainError) as error:
        find_toolchain(M4, str(path))
    assert str(error.value) == (
        f"--toolchain {path}: this is no C compiler (it does not answer to --version "
        "as GCC, clang or zig do)." + CURES
    )


def test_a_compiler_for_another_machine_is_an_error(tmp_path: Path) -> None:
    path = gcc_script(tmp_path, "gcc", "x86_64-linux-gnu")
    with pytest.raises(ToolchainError) as error:
        find_toolchain(M4, str(path))
    assert str(error.value) == (
        "gcc 9.9.9 compiles for x86_64-linux-gnu and is no GCC for Arm; "
        "cortex-m4f needs arm-none-eabi-gcc or zig." + CURES
    )


def test_a_compilers_words_are_shown(tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text("int x = ;\n")
    with pytest.raises(ToolchainError) as error:
        host_compiler().run(["-c", "bad.c"], "compile bad.c", cwd=tmp_path)
    assert "could not compile bad.c (exit 1). It said:" in error.value.message
    assert "bad.c:1:" in error.value.hint


def test_long_complaints_are_cut(tmp_path: Path) -> None:
    path = script(tmp_path, "cc", "seq 100; exit 3")
    with pytest.raises(ToolchainError) as error:
        Compiler("cc", "1", "gcc", (str(path),)).run([], "try")
    assert error.value.message == "cc 1 could not try (exit 3). It said:"
    assert error.value.hint.splitlines()[-2:] == ["40", "(60 more lines)"]


def test_a_silent_failure_is_told_as_such(tmp_path: Path) -> None:
    path = script(tmp_path, "cc", "exit 3")
    with pytest.raises(ToolchainError, match="the compiler printed nothing"):
        Compiler("cc", "1", "gcc", (str(path),)).run([], "try")


def test_a_compiler_that_vanished_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    with pytest.raises(ToolchainError) as error:
        Compiler("cc", "1", "gcc", (gone,)).run([], "compile x.c")
    assert str(error.value) == (
        f"cc 1 could not compile x.c: {gone} does not start (No such file or directory).\n"
        "  Name a working compiler:  --toolchain PATH"
    )


def test_a_shared_library_can_be_called(tmp_path: Path) -> None:
    (tmp_path / "twice.h").write_text("int twice(int x);\n")
    (tmp_path / "twice.c").write_text('#include "twice.h"\nint twice(int x) { return 2 * x; }\n')
    library = tmp_path / "twice.so"
    host_compiler().compile_shared([tmp_path / "twice.c"], [tmp_path], library, ["-O1"])
    assert ctypes.CDLL(os.fspath(library)).twice(21) == 42


def defined_macros(core_compiler: Compiler, folder: Path) -> str:
    (folder / "empty.c").write_text("")
    return core_compiler.run(["-dM", "-E", "empty.c"], "list its macros", cwd=folder)


@pytest.mark.parametrize(
    "word", [pytest.param("gcc", marks=needs_arm_gcc), pytest.param("zig", marks=needs_zig)]
)
def test_both_compilers_know_the_core(word: str, tmp_path: Path) -> None:
    macros = defined_macros(find_toolchain(M4, word), tmp_path)
    assert "#define __ARM_FEATURE_DSP 1" in macros
    assert "#define __ARM_FP " in macros
