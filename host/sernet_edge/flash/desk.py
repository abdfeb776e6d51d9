"""What flashing sees of this machine: serial ports, drives and a clock. Tests have their own."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serial.tools import list_ports

from sernet_edge.flash.drives import mounted_folders
from sernet_edge.link.transport import Transport, open_port

# The rate at which a board's bootloader is called; any other is only a number to USB.
TOUCH_BAUD = 1200


class Line(Transport, Protocol):
    """A Transport whose bytes can be waited for and whose DTR can be lowered."""

    def flush(self) -> None:
        """Wait until the bytes have left this machine; raises LinkError when they do not."""

    def hang_up(self) -> None:
        """Lower DTR; never fails, since the board may go away on it."""


@dataclass(frozen=True)
class PortInfo:
    """A serial port.

    `vid` and `pid`: USB's vendor and product, None where it is no USB port or nobody knows.
    `place`: the USB socket where it is plugged in; stays the same when the board restarts.
    """

    device: str
    description: str = ""
    vid: int | None = None
    pid: int | None = None
    place: str | None = None


class Desk(Protocol):
    """The machine with the boards."""

    def ports(self) -> tuple[PortInfo, ...]:
        """Return the serial ports that are there now, sorted by name."""

    def drives(self) -> tuple[Path, ...]:
        """Return the folders where drives are mounted now, sorted."""

    def open(self, device: str, baud: int) -> Line:
        """Open a port; raises LinkError with what mends it."""

    def now_s(self) -> float:
        """Return seconds since any fixed moment."""

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""


class LocalDesk:
    """This machine."""

    def ports(self) -> tuple[PortInfo, ...]:
        """Return the serial ports that are there now, sorted by name."""
        found = (
            PortInfo(port.device, port.description, port.vid, port.pid, _place(port.location))
            for port in list_ports.comports()
        )
        return tuple(sorted(found, key=lambda port: port.device))

    def drives(self) -> tuple[Path, ...]:
        """Return the folders where drives are mounted now, sorted."""
        return mounted_folders()

    def open(self, device: str, baud: int) -> Line:
        """Open a port; raises LinkError with what mends it."""
        return open_port(device, baud)

    def now_s(self) -> float:
        """Return seconds since any fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        time.sleep(seconds)


def same_device(one: str, other: str) -> bool:
    """Return whether two names are of one port: /dev/serial/by-id/... links to the others."""
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _place(location: str | None) -> str | None:
    """Return the socket of a USB location: "1-2.3:1.0" is interface 1.0 of what is in 1-2.3."""
    return location.partition(":")[0] if location else None
