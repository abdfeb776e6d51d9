"""Flashing through a debug probe, with a pyocd in software on PATH."""

import importlib.util
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_desk import FakeDesk
from fake_pyocd import calls, install
from flash_builds import BUILD_ID, write_build

from sernet_cal.errors import ExitCode, SernetError, ToolchainError
from sernet_edge.firmware import load_firmware
from sernet_edge.flash import pyocd_probe
from sernet_edge.flash.faults import (
    BoardNotFoundError,
    BrokenOffError,
    ReadBackError,
    SeveralBoardsError,
    WrongChipError,
)
from sernet_edge.flash.run import Places, Plan, plan_flash
from sernet_gen.board import board_names, load_board

NAME = "nrf52840dk"
AGAIN = (
    "\n  The board may have no whole firmware now; a debug probe can always write it anew."
    "\n  Unplug the board, plug it in again, then flash it again:  "
    f"sernet-edge flash --board {NAME}"
)
ONE = {"unique_id": "0669FF", "info": "STLink", "target": "cortex_m"}
OTHER = {"unique_id": "0771AB", "info": "J-Link", "target": "cortex_m"}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    board = load_board(NAME)
    assert board.memory is not None
    origin, ram = board.memory.flash.origin, board.memory.ram
    vectors = struct.pack("<2I", ram.origin + ram.length, origin + 0x101)
    content = vectors + bytes.fromhex(BUILD_ID) + Random(2).randbytes(5000)
    write_build(tmp_path / "build", NAME, {"firmware.bin": content})
    return tmp_path / "build"


@pytest.fixture
def pyocd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a pyocd on PATH; arguments change its state. Returns its folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    def make(**changes: Any) -> Path:
        install(folder, **changes)
        return folder

    return make


def plan(build: Path, probe: str | None = None) -> Plan:
    board = load_board(NAME)
    return plan_flash(FakeDesk([]), board, load_firmware(build, NAME), None, Places(probe=probe))


def silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


def failure(act: Callable[[], object]) -> SernetError:
    with pytest.raises(SernetError) as caught:
        act()
    return caught.value


def test_an_image_is_written_and_read_back(build: Path, pyocd: Callable[..., Path]) -> None:
    folder = pyocd()
    made = plan(build)
    assert [call[0] for call in calls(folder)] == ["json", "json"]
    assert made.place == "the probe 0669FF  STM32 STLink"
    assert made.steps[0] == "write 5,040 bytes by pyocd with the target nrf52840"
    assert made.write(silent) is None
    content = (build / "firmware.bin").read_bytes()
    assert (folder / "flash.bin").read_bytes() == content
    where = ["--no-wait", "--target", "nrf52840", "--probe", "0669FF"]
    assert calls(folder)[2:] == [
        ["load", *where, "--format", "bin", "--base-address", "0x00000000",
         str(build / "firmware.bin")],
        ["commander", *where, "--command", "savemem 0x00000000 5040 read_back.bin"],
    ]  # fmt: skip


def test_without_pyocd(build: Path, pyocd: Callable[..., Path]) -> None:
    assert str(failure(lambda: plan(build))) == (
        "The Python package pyocd is needed to flash this board, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[pyocd]'"
    )


def test_a_chip_whose_pack_is_missing(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(targets=["stm32f767zi"])
    error = failure(lambda: plan(build))
    assert isinstance(error, ToolchainError)
    assert str(error) == (
        "pyocd does not know the chip nrf52840 (Nordic nRF52840 DK) yet.\n"
        "  Install its pack once:  pyocd pack install nrf52840"
    )


def test_a_pack_may_have_a_longer_name(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(targets=["nrf52833", "nrf52840_xxaa"])
    assert plan(build).steps[0].endswith("with the target nrf52840_xxaa")


def test_no_probe(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(probes=[])
    error = failure(lambda: plan(build))
    assert isinstance(error, BoardNotFoundError)
    assert str(error) == (
        "No debug probe is connected.\n"
        "  Plug the Nordic nRF52840 DK in by the USB plug of its debugger. On Linux the user "
        "needs the rules of udev that come with pyocd; a J-Link needs SEGGER's software."
    )


def test_a_named_probe_that_is_not_there(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd()
    error = failure(lambda: plan(build, "999"))
    assert str(error).startswith(
        "The debug probe 999 is not connected.\n  Probes seen here:\n    0669FF  STM32 STLink\n"
    )


def test_several_probes(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(probes=[ONE, OTHER])
    error = failure(lambda: plan(build))
    assert isinstance(error, SeveralBoardsError)
    assert str(error) == (
        "There are 2 debug probes: which one is meant?\n"
        "    0669FF  STLink\n    0771AB  J-Link\n  Name it:  --probe 0669FF"
    )
    assert plan(build, "0771").place == "the probe 0771AB  J-Link"


def test_a_probe_on_another_chip(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(probes=[ONE | {"target": "stm32f446re", "info": "NUCLEO-F446RE"}])
    error = failure(lambda: plan(build))
    assert isinstance(error, WrongChipError)
    assert str(error).startswith(
        "This chip is stm32f446re (NUCLEO-F446RE), not nrf52840 (Nordic nRF52840 DK). "
        "Nothing was written."
    )


@pytest.mark.parametrize("command", ["load", "commander"])
def test_a_probe_that_fails(build: Path, pyocd: Callable[..., Path], command: str) -> None:
    pyocd(fails={command: "0001 C SWD/JTAG communication failure (No ACK)"})
    made = plan(build)
    error = failure(lambda: made.write(silent))
    assert isinstance(error, BrokenOffError)
    assert str(error) == (
        f"pyocd {command} failed (exit 1). Its last words:\n"
        f"0001 C SWD/JTAG communication failure (No ACK){AGAIN}"
    )


def test_other_bytes_in_the_flash(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(wrong_byte=1234)
    made = plan(build)
    error = failure(lambda: made.write(silent))
    assert isinstance(error, ReadBackError)
    assert error.exit_code is ExitCode.DIFFERENT
    assert str(error) == (
        f"The flash does not hold the image: the first byte that differs is 1,234 of 5,040.{AGAIN}"
    )


def test_an_answer_that_is_none(build: Path, pyocd: Callable[..., Path]) -> None:
    pyocd(fails={"json": "Traceback: no libusb"})
    error = failure(lambda: plan(build))
    assert str(error) == (
        "pyocd json --targets does not answer in its form (exit 1).\n  Traceback: no libusb"
    )


def test_a_probe_that_hangs(
    build: Path, pyocd: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pyocd()
    made = plan(build)

    def hang(*words: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("pyocd", 300)

    monkeypatch.setattr(pyocd_probe.subprocess, "run", hang)
    error = failure(lambda: made.write(silent))
    assert str(error) == f"pyocd load did not end within 300 s.{AGAIN}"


def test_pyocd_of_this_python_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert pyocd_probe.Pyocd().words == "python -m pyocd"


@pytest.mark.parametrize("name", board_names())
def test_a_target_is_a_whole_part(name: str) -> None:
    """Parts of one family differ in their flash: the beginning of a name may be the wrong one."""
    board = load_board(name)
    if board.flash_tool == "pyocd":
        assert board.flash_target == board.part.lower()
