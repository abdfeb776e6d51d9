"""`sernet-edge flash`: options, what it prints, and boards that are not flashed."""

import json
import struct
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result
from fake_boot_rom import FakeBootRom
from flash_builds import BUILD_ID, write_build

from sernet_cal.errors import ExitCode, InputError, SernetError
from sernet_edge.cli import cli
from sernet_edge.flash import uf2_drive
from sernet_gen.board import board_names, load_board
from sernet_gen.uf2 import UF2_FAMILIES, uf2_file

ORIGIN, FAMILY = 0x10000000, UF2_FAMILIES["RP2040"]


def run(*options: str) -> Result:
    return CliRunner().invoke(cli, ["flash", *options], standalone_mode=False)


def error_of(result: Result) -> SernetError:
    assert isinstance(result.exception, SernetError), result.exception
    return result.exception


@pytest.fixture
def pico(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build and the drive of a Pico, which takes the file at once."""
    vectors = struct.pack("<2I", 0x20042000, ORIGIN + 0x201)
    content = bytes(256) + vectors + bytes.fromhex(BUILD_ID) + Random(1).randbytes(3000)
    files = {"firmware.bin": content, "firmware.uf2": uf2_file(content, ORIGIN, FAMILY)}
    write_build(tmp_path / "build/pico", "pico", files)
    rom = FakeBootRom(tmp_path / "drive", "RPI-RP2", FAMILY)
    read_chip = uf2_drive.read_chip

    def look_and_read(drive: Path) -> str | None:
        rom.look()
        return read_chip(drive)

    monkeypatch.setattr(uf2_drive, "read_chip", look_and_read)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "drive"


@pytest.mark.parametrize("name", ["posix", "mps2-an386", "mps3-an547"])
def test_boards_that_are_no_hardware(name: str, tmp_path: Path) -> None:
    error = error_of(run("--board", name, "--build", str(tmp_path)))
    assert isinstance(error, InputError)
    assert "there is nothing to flash.\n  Run its firmware:  sernet-edge verify" in str(error)
    assert f"--board {name} --emulate" in str(error)


@pytest.mark.parametrize("name", board_names())
def test_every_board_has_a_tool_or_is_no_hardware(name: str, tmp_path: Path) -> None:
    error = error_of(run("--board", name, "--build", str(tmp_path / "none")))
    if load_board(name).flash_tool == "none":
        assert "nothing to flash" in str(error)
    else:
        assert str(error).startswith(f"There is no firmware in {tmp_path / 'none'}")
        assert f"sernet-edge build --board {name}" in str(error)


def test_the_build_of_another_board(pico: Path) -> None:
    error = error_of(run("--board", "nano33", "--build", "build/pico"))
    assert "build/pico holds the firmware of pico, not of nano33." in str(error)


def test_a_dry_run_writes_nothing(pico: Path) -> None:
    result = run("--board", "pico", "--drive", str(pico), "--dry-run")
    assert result.exception is None, result.exception
    lines = result.stdout.splitlines()
    assert lines[0].startswith(
        "build/pico/firmware.bin: 3,296 bytes for 0x10000000, build 11111111, SHA-256 "
    )
    assert lines[1:5] == [
        f"to Raspberry Pi Pico on {pico}",
        "It would",
        f"  1. copy firmware.uf2 (6,656 bytes) to {pico}, whose Board-ID is RPI-RP2",
        "  2. wait until the drive goes away: the board has all and restarts",
    ]
    assert lines[5].startswith("  3. not ask which build runs: the firmware speaks on its serial ")
    assert lines[6] == "Nothing was written."
    assert not (pico / "firmware.uf2").exists()


def test_what_is_written_and_not_proven(pico: Path) -> None:
    result = run("--board", "pico", "--drive", str(pico))
    assert result.exception is None, result.exception
    assert result.stdout.splitlines()[-1] == (
        "Written. Not proven that it runs: the firmware speaks on its serial pins (GP1 receives, "
        "GP0 sends), and --link-port does not say where these end. To prove it:  "
        "sernet-edge verify --board pico --port PORT"
    )
    assert "bytes copied" in result.stderr


@pytest.mark.parametrize("is_dry", [True, False])
def test_json(pico: Path, is_dry: bool) -> None:
    result = run("--board", "pico", "--drive", str(pico), "--json", *["--dry-run"] * is_dry)
    assert result.exception is None, result.exception
    answer = json.loads(result.stdout)
    assert answer.pop("sha256")
    assert answer == {
        "board": "pico",
        "tool": "uf2",
        "image": "build/pico/firmware.bin",
        "bytes": 3296,
        "address": ORIGIN,
        "build_id": BUILD_ID,
        "place": str(pico),
        "written": not is_dry,
        "answered": None,
        "port": None,
    }


def test_a_wrong_option_is_usage(pico: Path) -> None:
    error = error_of(run("--board", "pico", "--probe", "1"))
    assert error.exit_code is ExitCode.USAGE
    assert "--probe is for boards that are flashed by pyocd." in str(error)
