"""Compiling a sketch by arduino-cli, played by a script: found, not there, failing, done."""

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_bundle import make_bundle

from sernet_cal.errors import ToolchainError
from sernet_edge.cli import cli
from sernet_edge.firmware import check_files, load_firmware
from sernet_gen.arduino import Sketch, make_sketch
from sernet_gen.arduino_cli import (
    ArduinoCli,
    NotThere,
    compile_command,
    compile_sketch,
    find_arduino_cli,
)
from sernet_gen.board import ArduinoCore, load_board
from sernet_gen.constants import Constants
from sernet_gen.generate import Build, generate_constants
from sernet_gen.toolchain import ARM_GCC, find_toolchain

Make = Callable[..., Constants]
Install = Callable[..., Path]

pytestmark = pytest.mark.skipif(
    not shutil.which(ARM_GCC) and importlib.util.find_spec("ziglang") is None,
    reason=f"needs {ARM_GCC} or the Python package ziglang",
)

COMPILE = (
    "arduino-cli compile --fqbn arduino:mbed_nano:nano33ble --library {0}/arduino/SernetEdge "
    "{0}/arduino/SernetVerify"
)
UPLOAD = COMPILE.replace("SernetEdge ", "SernetEdge --upload --port PORT ")
NO_CLI = (
    "The Arduino sketch is not compiled: arduino-cli is not on PATH.\n"
    "  Install it:  https://arduino.github.io/arduino-cli\n"
    "  Install the core:  arduino-cli core install arduino:mbed_nano\n"
    f"Then build again, or compile it and write it to the board:  {UPLOAD}"
)
NO_CORE = (
    "The Arduino sketch is not compiled: arduino-cli 1.0.4 does not have the core "
    "arduino:mbed_nano.\n"
    "  Install the core:  arduino-cli core install arduino:mbed_nano\n"
    f"Then build again, or compile it and write it to the board:  {UPLOAD}"
)

# Answers as arduino-cli does. What it makes is an ELF file of the build, and an image with the id.
_SCRIPT = """\
#!{python}
import pathlib, re, shutil, sys
words = sys.argv[1:]
if words == ["version"]:
    print({version!r})
elif words == ["core", "list"]:
    print("ID                Installed Latest Name")
    print("arduino:avr       1.8.6     1.8.6  Arduino AVR Boards")
    print({core!r})
elif words[0] == "compile":
    options = dict(zip(words[1:-1:2], words[2:-1:2]))
    assert options["--fqbn"] == "arduino:mbed_nano:nano33ble", words
    library, sketch = pathlib.Path(options["--library"]), pathlib.Path(words[-1])
    assert (library / "library.properties").is_file(), words
    name = sketch.name + ".ino"
    assert (sketch / name).is_file(), words
    out = pathlib.Path(options["--output-dir"])
    out.mkdir(parents=True)
    octets = re.findall("0x([0-9a-f]{{2}}),", (library / "src" / "sn_identity.c").read_text())
    image = bytes(100) + bytes.fromhex("".join(octets)) + bytes(100)
    {compile}
else:
    sys.exit("unknown words: " + repr(words))
"""
_DONE = (
    '(out / (name + ".bin")).write_bytes(image); shutil.copy("firmware.elf", out / (name + ".elf"))'
)
_VERSION = "arduino-cli  Version: 1.0.4 Commit: a1b2c3d Date: 2024-08-12T09:00:00Z"
_CORE = "arduino:mbed_nano 4.2.1     4.3.1  Arduino Mbed OS Nano Boards"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return what puts an arduino-cli on PATH; its arguments say how it behaves."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def write(version: str = _VERSION, core: str = _CORE, compile: str = _DONE) -> Path:
        path = folder / "arduino-cli"
        path.write_text(
            _SCRIPT.format(python=sys.executable, version=version, core=core, compile=compile)
        )
        path.chmod(0o755)
        return path

    return write


def nano_core() -> ArduinoCore:
    core = load_board("nano33").arduino
    assert core is not None
    return core


def build(constants: Constants, out: Path) -> Build:
    """Build the stand-in firmware with its sketch, compiled by the arduino-cli on PATH."""
    board = load_board("nano33")
    made = make_sketch(constants, board, nano_core())
    found = find_arduino_cli(nano_core())
    assert isinstance(found, ArduinoCli)
    compiler = find_toolchain(board.core)
    return generate_constants(constants, board, out, compiler, sketch=made, cli=found)


def test_without_arduino_cli_the_steps_are_told(install: Install) -> None:
    found = find_arduino_cli(nano_core())
    assert isinstance(found, NotThere)
    assert found.text(nano_core(), Path("build/nano33")) == NO_CLI.format("build/nano33")


def test_something_else_of_this_name_is_told(install: Install) -> None:
    path = install(version="hello")
    found = find_arduino_cli(nano_core())
    assert isinstance(found, NotThere)
    assert found.text(nano_core(), Path("x")).splitlines()[:3] == [
        f"The Arduino sketch is not compiled: {path} does not tell its version as arduino-cli "
        "does.",
        "  Install it anew:  https://arduino.github.io/arduino-cli",
        "  Install the core:  arduino-cli core install arduino:mbed_nano",
    ]


@pytest.mark.parametrize("line", ["", "arduino:mbed_nano_rp2040 4.2.1 4.3.1 Another"])
def test_without_the_core_its_installation_is_told(install: Install, line: str) -> None:
    install(core=line)
    found = find_arduino_cli(nano_core())
    assert isinstance(found, NotThere)
    assert found.text(nano_core(), Path("build/nano33")) == NO_CORE.format("build/nano33")


def test_arduino_cli_with_the_core_is_found(install: Install) -> None:
    path = install()
    expected = ArduinoCli(str(path), "1.0.4", "arduino:mbed_nano 4.2.1")
    assert find_arduino_cli(nano_core()) == expected


def test_what_arduino_cli_makes_belongs_to_the_build(
    install: Install, echo_constants: Make, tmp_path: Path
) -> None:
    install()
    made = build(echo_constants(), tmp_path / "out")
    image = (made.folder / "arduino" / "sketch.bin").read_bytes()
    compiled = made.manifest["arduino"]["compiled"]
    assert compiled["image"] == "arduino/sketch.bin"
    assert compiled["compiler"] == "arduino-cli 1.0.4, arduino:mbed_nano 4.2.1"
    assert compiled["flash_bytes"] == len(image) == 232
    assert compiled["ram_bytes"] == made.report.ram_bytes
    firmware = load_firmware(made.folder, "nano33")
    check_files(firmware)
    assert "arduino/sketch.bin" in firmware.files
    assert firmware.sketch is not None
    assert firmware.sketch.compiler == compiled["compiler"]
    assert bytes.fromhex(firmware.sketch.build_id) in image
    again = build(echo_constants(), tmp_path / "again")
    assert again.manifest == made.manifest


def refused(constants: Constants, out: Path) -> ToolchainError:
    with pytest.raises(ToolchainError) as error:
        build(constants, out)
    assert not out.exists()
    return error.value


def test_a_failing_compilation_is_told_by_its_last_lines(
    install: Install, echo_constants: Make, tmp_path: Path
) -> None:
    install(compile="[print('line', i) for i in range(50)]; sys.exit('Error during build: no')")
    error = refused(echo_constants(), tmp_path / "out")
    assert error.message == (
        "arduino-cli 1.0.4 could not compile the sketch SernetVerify (exit 1). Its last lines:"
    )
    lines = error.hint.splitlines()
    assert len(lines) == 20
    assert set(lines) == {f"line {i}" for i in range(31, 50)} | {"Error during build: no"}


def test_a_silent_failure_is_told(install: Install, echo_constants: Make, tmp_path: Path) -> None:
    install(compile="sys.exit(3)")
    assert str(refused(echo_constants(), tmp_path / "out")) == (
        "arduino-cli 1.0.4 could not compile the sketch SernetVerify (exit 3). Its last lines:\n"
        "  (it printed nothing)"
    )


def test_a_failing_compilation_leaves_the_earlier_build(
    install: Install, echo_constants: Make, tmp_path: Path
) -> None:
    install()
    first = build(echo_constants(), tmp_path / "out")
    install(compile="sys.exit(1)")
    with pytest.raises(ToolchainError):
        build(echo_constants(), tmp_path / "out")
    check_files(load_firmware(first.folder, "nano33"))


@pytest.mark.parametrize("missing", ["bin", "elf"])
def test_an_image_that_was_not_left_is_told(
    missing: str, install: Install, echo_constants: Make, tmp_path: Path
) -> None:
    install(compile=f'{_DONE}; (out / (name + ".{missing}")).unlink()')
    assert str(refused(echo_constants(), tmp_path / "out")) == (
        f"arduino-cli 1.0.4 compiled the sketch, but left no SernetVerify.ino.{missing}.\n"
        "  Install the core anew:  arduino-cli core install arduino:mbed_nano"
    )


def test_another_library_of_the_same_name_is_found_out(
    install: Install, echo_constants: Make, tmp_path: Path
) -> None:
    install(compile=f"image = bytes(200); {_DONE}")
    error = refused(echo_constants(), tmp_path / "out")
    made = make_sketch(echo_constants(), load_board("nano33"), nano_core())
    assert str(error) == (
        "arduino-cli 1.0.4 did not compile the library of this build: the image does not hold its "
        f"build id {made.build_id[:8]}.\n"
        "  Is another library of this name installed? Remove it:  "
        "arduino-cli lib uninstall SernetEdge"
    )


def test_an_arduino_cli_that_went_away_is_told(echo_constants: Make, tmp_path: Path) -> None:
    gone = ArduinoCli(str(tmp_path / "gone"), "1.0.4", "arduino:mbed_nano 4.2.1")
    made: Sketch = make_sketch(echo_constants(), load_board("nano33"), nano_core())
    with pytest.raises(ToolchainError) as error:
        compile_sketch(gone, made, tmp_path)
    assert str(error.value) == (
        "arduino-cli 1.0.4 does not start: No such file or directory.\n"
        "  Install it anew:  https://arduino.github.io/arduino-cli"
    )


def test_the_command_is_for_the_folder_of_the_build() -> None:
    assert " ".join(compile_command(nano_core(), "here")) == COMPILE.format("here")
    assert compile_command(nano_core())[-1] == "arduino/SernetVerify"


def test_build_tells_what_it_made_of_the_sketch(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_bundle(tmp_path / "model")
    words = ["build", "--board", "nano33", "--model", "model"]
    result = json.loads(CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False).stdout)
    assert result["sketch"]["compiled"] is None
    assert result["sketch_note"] == NO_CLI.format("build/nano33")
    install()
    shown = CliRunner().invoke(cli, words, catch_exceptions=False).stdout
    assert "The firmware lies in build/nano33.\n" in shown
    assert "and its library lie in build/nano33/arduino.\n" in shown
    made = "arduino-cli 1.0.4, arduino:mbed_nano 4.2.1 made arduino/sketch.bin: with the core, 232 "
    assert made in shown
