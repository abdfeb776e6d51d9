"""Ports that are missing, busy, forbidden or gone: what the message says and how to mend it."""

import errno
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
from serial.tools import list_ports

from sernet_cal.errors import LinkError, SernetError
from sernet_edge.emulator import protocol_qemu
from sernet_edge.emulator.image import FirmwareImage
from sernet_edge.emulator.machine import Machine
from sernet_edge.link import transport
from sernet_edge.link.transport import SerialTransport, open_port, ports_seen


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """A pseudo terminal: our end, and the name of the other."""
    ours, theirs = pty.openpty()
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def failure(url: str) -> str:
    with pytest.raises(LinkError) as caught:
        open_port(url, 115_200)
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_bytes_pass_both_ways(terminal: tuple[int, str]) -> None:
    ours, name = terminal
    port = open_port(name, 115_200)
    assert (port.name, port.baud) == (name, 115_200)
    assert port.backend is None
    port.write(b"ask")
    assert os.read(ours, 10) == b"ask"
    os.write(ours, b"answer")
    received = b""
    while len(received) < 6:
        received += port.read(5.0)
    assert received == b"answer"
    assert port.read(0.01) == b""
    port.close()


def test_a_port_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [SimpleNamespace(device="/dev/ttyACM7", description="Nano 33 BLE")]
    monkeypatch.setattr(list_ports, "comports", lambda: seen)
    text = failure("/dev/does-not-exist")
    assert "There is no port /dev/does-not-exist." in text
    assert "Ports seen here:\n    /dev/ttyACM7  Nano 33 BLE" in text
    assert "Name one:  --port /dev/ttyACM7" in text


def test_no_ports_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: [])
    assert "No serial ports are to be seen: is the board plugged in" in ports_seen()
    assert "--emulate" in ports_seen()


def test_a_busy_port(terminal: tuple[int, str]) -> None:
    first = open_port(terminal[1], 115_200)
    text = failure(terminal[1])
    first.close()
    assert f"The port {terminal[1]} is busy: another program has it open." in text
    assert f"fuser {terminal[1]}" in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EBUSY, "is busy: another program has it open."),
        (errno.EACCES, "This user may not open the port some. port."),
        (errno.EIO, "The port some. port does not open: could not open it."),
    ],
)
def test_errors_of_the_system(number: int, text: str) -> None:
    error = serial.SerialException(number, "could not open it")
    assert text.replace("some. port", "X") in str(transport._cannot_open("X", error))


def test_permission_names_the_group() -> None:
    error = serial.SerialException(errno.EACCES, "no")
    assert "sudo usermod -aG dialout $USER" in str(transport._cannot_open("X", error))


def test_an_unknown_url() -> None:
    assert "--port foo://bar is neither a serial port nor a URL" in failure("foo://bar")


def test_a_closed_socket() -> None:
    assert "does not open" in failure("socket://127.0.0.1:1")


class BrokenPort:
    """A port whose board was unplugged."""

    baudrate, timeout, in_waiting = 9600, 0.0, 0

    def read(self, size: int) -> bytes:
        raise serial.SerialException("device reports readiness to read but returned no data")

    def write(self, data: bytes) -> None:
        raise OSError(errno.EIO, "Input/output error")


def test_a_board_that_was_unplugged() -> None:
    port = SerialTransport(BrokenPort(), "/dev/ttyX")  # type: ignore[arg-type]
    with pytest.raises(LinkError, match="The connection to /dev/ttyX broke: device reports"):
        port.read(0.1)
    with pytest.raises(LinkError, match="broke: Input/output error") as caught:
        port.write(b"x")
    assert "Was the board unplugged or reset?" in str(caught.value)


def test_qemu_that_never_connects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mute = tmp_path / "mute"
    mute.write_text("#!/bin/sh\necho what ails it >&2\nexec sleep 60\n")
    mute.chmod(0o755)
    monkeypatch.setattr(protocol_qemu, "PROGRAM", str(mute))
    monkeypatch.setattr(protocol_qemu, "_START_TIMEOUT_S", 1.0)
    with pytest.raises(LinkError) as caught:
        protocol_qemu.QemuBackend("mps2-an386", tmp_path / "image")
    assert str(caught.value) == "QEMU did not start within 1 s.\n  what ails it"


def test_unicorn_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unicorn", None)
    flash = SimpleNamespace(origin=0, size=0)
    with pytest.raises(SernetError) as caught:
        Machine(SimpleNamespace(flash=flash, ram=flash), FirmwareImage(0, ()))
    assert str(caught.value) == (
        "The Python package unicorn is needed to emulate a board, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[sim]'"
    )
