"""UF2 files onto drives: found, refused, copied, broken off."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from fake_boot_rom import FakeBootRom
from fake_desk import FakeDesk
from flash_builds import BUILD_ID, write_build

from sernet_cal.errors import InputError, SernetError, StaleFirmwareError
from sernet_edge.firmware import load_firmware
from sernet_edge.flash import uf2_drive
from sernet_edge.flash.drives import mounted_folders, read_mounts
from sernet_edge.flash.faults import (
    BoardNotFoundError,
    BrokenOffError,
    NotProvenError,
    WrongChipError,
)
from sernet_edge.flash.run import Places, Plan, plan_flash
from sernet_gen.board import load_board
from sernet_gen.uf2 import UF2_FAMILIES, uf2_file

BOOT_MODE = (
    "\n  Hold the button BOOTSEL while you plug the board in, and mount the drive that appears."
    "\n  Then flash it:  sernet-edge flash --board pico   (--drive DIR where it is not found)"
)
HALF = "\n  Its boot ROM is untouched; the firmware may be old, half written or new."
ORIGIN = 0x10000000
FAMILY = UF2_FAMILIES["RP2040"]


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build for the pico whose UF2 file is as long as three pieces of a copy."""
    vectors = struct.pack("<2I", 0x20042000, ORIGIN + 0x201)
    body = vectors + bytes.fromhex(BUILD_ID) + Random(1).randbytes(70_000)
    content = bytes(256) + body
    files = {"firmware.bin": content, "firmware.uf2": uf2_file(content, ORIGIN, FAMILY)}
    write_build(tmp_path / "build", "pico", files)
    return tmp_path / "build"


@pytest.fixture
def rom(tmp_path: Path) -> FakeBootRom:
    return FakeBootRom(tmp_path / "RPI-RP2", "RPI-RP2", FAMILY)


def desk_of(*roms: FakeBootRom) -> FakeDesk:
    desk = FakeDesk([])
    desk.folders = (Path("/"), *(rom.folder for rom in roms))
    desk.on_sleep = lambda: [rom.look() for rom in roms] and None
    return desk


def plan(desk: FakeDesk, build: Path, drive: Path | None = None) -> Plan:
    board = load_board("pico")
    return plan_flash(desk, board, load_firmware(build, "pico"), None, Places(drive=drive))


def failure(act: Callable[[], object]) -> SernetError:
    with pytest.raises(SernetError) as caught:
        act()
    return caught.value


def silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


@pytest.mark.parametrize("is_named", [True, False])
def test_the_board_gets_every_page(build: Path, rom: FakeBootRom, is_named: bool) -> None:
    made = plan(desk_of(rom), build, rom.folder if is_named else None)
    assert made.place == str(rom.folder)
    assert made.steps[0].endswith(f"to {rom.folder}, whose Board-ID is RPI-RP2")
    assert made.write(silent) is None
    content = (build / "firmware.bin").read_bytes()
    assert min(rom.memory) == ORIGIN
    assert rom.content()[: len(content)] == content
    assert made.unproven.startswith("the firmware speaks on its serial pins (GP1 receives, GP0 ")


def test_no_drive(build: Path) -> None:
    error = failure(lambda: plan(desk_of(), build))
    assert isinstance(error, BoardNotFoundError)
    assert str(error) == f"No drive of a Raspberry Pi Pico is mounted.{BOOT_MODE}"


def test_two_drives(build: Path, rom: FakeBootRom, tmp_path: Path) -> None:
    other = FakeBootRom(tmp_path / "RPI-RP21", "RPI-RP2", FAMILY)
    error = failure(lambda: plan(desk_of(rom, other), build))
    assert str(error) == (
        "There are 2 drives of boards that may be pico: which one is meant?\n"
        f"    {rom.folder}\n    {other.folder}\n  Name it:  --drive {rom.folder}"
    )


@pytest.mark.parametrize("is_named", [True, False])
def test_the_drive_of_another_chip(build: Path, tmp_path: Path, is_named: bool) -> None:
    other = FakeBootRom(tmp_path / "RP2350", "RP2350", UF2_FAMILIES["RP2350"])
    error = failure(lambda: plan(desk_of(other), build, other.folder if is_named else None))
    assert isinstance(error, WrongChipError)
    which = "" if is_named else f" (the drive {other.folder})"
    assert str(error).startswith(
        f"This chip is RP2350{which}, not RPI-RP2 (Raspberry Pi Pico). Nothing was written.\n"
    )


def test_a_folder_that_is_no_such_drive(build: Path, tmp_path: Path) -> None:
    error = failure(lambda: plan(desk_of(), build, tmp_path))
    assert isinstance(error, InputError)
    assert str(error) == (
        f"{tmp_path} is no drive of a board in its boot ROM: it has no INFO_UF2.TXT with a "
        f"Board-ID: line.{BOOT_MODE}"
    )


def test_a_file_that_has_changed(build: Path, rom: FakeBootRom) -> None:
    (build / "firmware.uf2").write_bytes(b"other")
    error = failure(lambda: plan(desk_of(rom), build))
    assert isinstance(error, StaleFirmwareError)
    assert "firmware.uf2 is not what was built" in str(error)
    assert not (rom.folder / "firmware.uf2").exists()


def test_a_board_that_does_not_answer_at_its_link_port(build: Path, rom: FakeBootRom) -> None:
    board, firmware = load_board("pico"), load_firmware(build, "pico")
    made = plan_flash(desk_of(rom), board, firmware, None, Places(link_port="ttyUSB3"))
    assert made.steps[-1] == "ask on ttyUSB3 which build runs"
    error = failure(lambda: made.write(silent))
    assert isinstance(error, NotProvenError)
    assert str(error) == (
        "No new firmware answered within 20 s of the restart: There is no port ttyUSB3.\n"
        "  The image is written. Is ttyUSB3 the port where the board's serial pins end? Press the "
        "reset button once, then ask the board:\n"
        "    sernet-edge verify --board pico --port ttyUSB3\n"
        "  If it does not answer, flash it again:  sernet-edge flash --board pico"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a drive that is full")
def test_a_drive_that_is_full(build: Path, rom: FakeBootRom) -> None:
    made = plan(desk_of(rom), build)
    (rom.folder / "firmware.uf2").symlink_to("/dev/full")
    error = failure(lambda: made.write(silent))
    assert isinstance(error, BrokenOffError)
    assert str(error) == (
        f"Copying to {rom.folder} broke off: No space left on device.{HALF}{BOOT_MODE}"
    )


@pytest.mark.parametrize("piece", range(3))
def test_a_drive_that_goes_away_at_any_piece(
    build: Path, rom: FakeBootRom, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reaches the board is cut: it never restarts by itself."""
    seen = 0

    def unplug(what: str, done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        if seen == piece + 1:
            rom.go_away()

    def broken(number: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(uf2_drive.os, "fsync", broken)
    made = plan(desk_of(rom), build)
    error = failure(lambda: made.write(unplug))
    assert isinstance(error, BrokenOffError)
    assert str(error) == (
        f"Copying to {rom.folder} broke off: Input/output error.{HALF}{BOOT_MODE}"
    )


@pytest.mark.parametrize("kept", [0, 512, 100_000, -512])
def test_a_copy_that_is_cut_on_its_way(build: Path, rom: FakeBootRom, kept: int) -> None:
    made = plan(desk_of(rom), build)

    def cut(what: str, done: int, total: int) -> None:
        if done == total:
            path = rom.folder / "firmware.uf2"
            path.write_bytes(path.read_bytes()[:kept])

    error = failure(lambda: made.write(cut))
    assert isinstance(error, BrokenOffError)
    assert str(error) == (
        "The board did not take firmware.uf2: 10 s after the copy its drive "
        f"{rom.folder} is still there.{HALF}{BOOT_MODE}"
    )
    # The cure: the board is in its boot ROM still or again, and is flashed anew.
    fresh = FakeBootRom(rom.folder, "RPI-RP2", FAMILY)
    plan(desk_of(fresh), build).write(silent)
    content = (build / "firmware.bin").read_bytes()
    assert fresh.content()[: len(content)] == content


def test_an_option_of_another_tool(build: Path) -> None:
    board, firmware = load_board("pico"), load_firmware(build, "pico")
    error = failure(
        lambda: plan_flash(desk_of(), board, firmware, None, Places(port="/dev/ttyACM0"))
    )
    assert str(error) == (
        "pico is flashed by uf2; --port is for boards that are flashed by sam-ba.\n"
        "  Say where it is by --drive, or leave --port out. The port on which its firmware speaks "
        "is --link-port."
    )


def test_mounts_as_the_kernel_writes_them() -> None:
    text = (
        "proc /proc proc rw 0 0\n"
        "/dev/sda1 /media/me/My\\040Pico\\134x vfat rw 0 0\n"
        "/dev/sda1 /media/me/My\\040Pico\\134x vfat rw 0 0\n"
        "\n"
    )
    assert read_mounts(text) == (Path("/media/me/My Pico\\x"), Path("/proc"))


@pytest.mark.skipif(not os.path.exists("/proc/mounts"), reason="needs Linux")
def test_this_machine_has_a_root() -> None:
    assert Path("/") in mounted_folders()
