"""Which port is the board's: found, named, or not there; before and after it restarts."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_desk import FakeDesk
from fake_nano import FakeNano
from serial.tools import list_ports

from sernet_cal.errors import InputError
from sernet_edge.flash.desk import LocalDesk, PortInfo, same_device
from sernet_edge.flash.faults import (
    DOUBLE_TAP,
    BoardNotFoundError,
    SeveralBoardsError,
    WrongChipError,
)
from sernet_edge.flash.ports import after_restart, choose_port, usb_of
from sernet_gen.board import load_board

NANO = load_board("nano33")
UNO_R4 = PortInfo("ttyACM5", "UNO WiFi R4", 0x2341, 0x1002, "1-7")
ADAPTER = PortInfo("ttyUSB0", "FT232R", 0x0403, 0x6001, "1-8")


def nano_at(place: str | None, *names: str) -> FakeNano:
    made = FakeNano(names=(names[0], names[1]))
    made.place = place
    return made


@pytest.mark.parametrize("mode", ["sketch", "loader"])
def test_the_only_board_is_found(mode: str) -> None:
    board = nano_at("1-2", "ttyACM0", "ttyACM1")
    board.mode = mode
    found = choose_port(FakeDesk([board], [UNO_R4, ADAPTER]), NANO, None)
    assert (found.device, found.place) == (board.names[mode], "1-2")


@pytest.mark.parametrize(
    ("others", "seen"),
    [
        ((), "No serial port is to be seen."),
        (
            (UNO_R4, ADAPTER, PortInfo("ttyS0", "n/a")),
            "Ports seen here:\n    ttyACM5  UNO WiFi R4 (2341:1002)\n    ttyS0  n/a\n"
            "    ttyUSB0  FT232R (0403:6001)",
        ),
    ],
)
def test_no_board_is_told_with_its_cures(others: tuple[PortInfo, ...], seen: str) -> None:
    with pytest.raises(BoardNotFoundError) as caught:
        choose_port(FakeDesk([], others), NANO, None)
    assert caught.value.exit_code == 3
    assert str(caught.value) == (
        "No Arduino Nano 33 BLE Sense is connected to this machine by USB.\n"
        f"  Plug it in, with a cable that carries data. If it is: {DOUBLE_TAP}\n  {seen}"
    )


def test_several_boards_are_listed() -> None:
    boards = [nano_at("1-2", "ttyACM0", "-"), nano_at("1-3", "ttyACM2", "ttyACM2")]
    boards[0].boot(0.0)
    boards[0].mode = "sketch"
    with pytest.raises(SeveralBoardsError) as caught:
        choose_port(FakeDesk(boards), NANO, None)
    assert str(caught.value) == (
        "There are 2 boards that may be nano33: which one is meant?\n"
        "    ttyACM0  Nano 33 BLE (2341:805a)\n"
        "    ttyACM2  Nano 33 BLE (2341:005a)\n"
        "  Name it:  --port ttyACM0"
    )
    assert choose_port(FakeDesk(boards), NANO, "ttyACM2").place == "1-3"


def test_a_named_port_of_another_device_is_refused() -> None:
    with pytest.raises(WrongChipError) as caught:
        choose_port(FakeDesk([], [UNO_R4, ADAPTER]), NANO, "ttyACM5")
    assert str(caught.value) == (
        "ttyACM5 is UNO WiFi R4 (2341:1002), no Arduino Nano 33 BLE Sense "
        "(2341:005a, 2341:015a, 2341:025a, 2341:805a). Nothing was written.\n"
        "  The board is flashed through its own USB plug: let it be found, without --port."
    )


def test_a_named_port_that_is_not_listed_is_taken() -> None:
    assert choose_port(FakeDesk([]), NANO, "socket://far:7") == PortInfo("socket://far:7")


def test_a_link_to_a_port_is_that_port(tmp_path: Path) -> None:
    device, link = tmp_path / "ttyACM0", tmp_path / "by-id"
    device.touch()
    os.symlink(device, link)
    assert same_device(str(device), str(link))
    assert not same_device(str(device), str(tmp_path / "ttyACM1"))


OLD = PortInfo("ttyACM0", "", 0x2341, 0x805A, "1-2")
HERE = PortInfo("ttyACM3", "", 0x2341, 0x005A, "1-2")
ELSEWHERE = PortInfo("ttyACM4", "", 0x2341, 0x005A, "1-9")


@pytest.mark.parametrize(
    ("seen", "old", "before", "expected"),
    [
        pytest.param((HERE, ELSEWHERE), OLD, (), ["ttyACM3"], id="the same socket"),
        pytest.param((OLD,), OLD, (OLD,), [], id="the sketch still runs"),
        pytest.param((UNO_R4,), OLD, (), [], id="another device"),
        pytest.param(
            (HERE, ELSEWHERE),
            PortInfo("ttyACM0", "", 0x2341, 0x805A),
            (ELSEWHERE,),
            ["ttyACM3"],
            id="no sockets: the new one",
        ),
        pytest.param(
            (PortInfo("ttyACM0", "", 0x2341, 0x005A),),
            PortInfo("ttyACM0", "", 0x2341, 0x805A),
            (PortInfo("ttyACM0", "", 0x2341, 0x805A),),
            ["ttyACM0"],
            id="no sockets: the old name",
        ),
        pytest.param((), PortInfo("pts/3"), (), ["pts/3"], id="a port that nobody lists"),
    ],
)
def test_a_board_that_restarts(
    seen: tuple[PortInfo, ...],
    old: PortInfo,
    before: tuple[PortInfo, ...],
    expected: list[str],
) -> None:
    found = after_restart(FakeDesk([], seen), NANO, usb_of(NANO).bootloader_pids, old, before)
    assert [port.device for port in found] == expected


def test_a_board_without_usb() -> None:
    with pytest.raises(InputError, match=r"^pico has no USB port of its own\.$"):
        usb_of(load_board("pico"))


def test_what_pyserial_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    def port(device: str, location: str | None) -> SimpleNamespace:
        return SimpleNamespace(device=device, description="d", vid=1, pid=2, location=location)

    ports = [port("ttyB", "1-2.3:1.0"), port("ttyA", None)]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert LocalDesk().ports() == (
        PortInfo("ttyA", "d", 1, 2, None),
        PortInfo("ttyB", "d", 1, 2, "1-2.3"),
    )
