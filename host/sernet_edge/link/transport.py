"""Bytes to a board and back: pyserial behind two calls, its errors turned into advice."""

import errno
import time
from contextlib import suppress
from typing import Protocol

import serial
from serial.tools import list_ports

from sernet_cal.errors import LinkError

_ANY_BAUD = 115_200  # where the board's link has no rate of its own

# How long bytes may wait in this machine before the board counts as stuck, and how often to look.
_FLUSH_S, _FLUSH_STEP_S = 10.0, 0.0005

# pyserial looks for the handlers of emu://, qemu:// and proc:// in this package.
_HANDLER_PACKAGE = "sernet_edge.emulator"

try:
    from termios import error as _TermiosError
except ImportError:  # Windows has no terminals
    _PORT_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:
    # pyserial lets some of these pass when a board is unplugged; its own are OSErrors.
    _PORT_ERRORS = (OSError, _TermiosError)


class CannotOpenError(LinkError):
    """A port does not open; `number` is the system's errno, None where it gives none."""

    def __init__(self, message: str, hint: str, number: int | None) -> None:
        super().__init__(message, hint)
        self.number = number

    @property
    def is_untouched(self) -> bool:
        """Whether the board cannot have noticed that somebody tried."""
        return self.number in (
            errno.ENOENT,
            errno.EBUSY,
            errno.EAGAIN,
            errno.EACCES,
            errno.EPERM,
        )


class Transport(Protocol):
    """A line to a board; `name` is what the user calls it, `baud` the bits per second."""

    name: str
    baud: int

    def write(self, data: bytes) -> None:
        """Send `data`; raises LinkError when the line is gone."""

    def read(self, timeout_s: float) -> bytes:
        """Return what has come, at least one byte, or nothing after `timeout_s`."""

    def close(self) -> None:
        """Give the line back."""


class SerialTransport:
    """A Transport over any pyserial port."""

    def __init__(self, port: serial.Serial, name: str) -> None:
        self._port = port
        self.name = name
        self.baud = int(port.baudrate)

    def write(self, data: bytes) -> None:
        """Send `data`; raises LinkError when the port is gone."""
        try:
            self._port.write(data)
        except _PORT_ERRORS as error:
            raise _gone(self.name, error) from error

    def read(self, timeout_s: float) -> bytes:
        """Return what has come, at least one byte, or nothing after `timeout_s`."""
        try:
            self._port.timeout = timeout_s
            first: bytes = self._port.read(1)
            waiting = self._port.in_waiting if first else 0
            return first + self._port.read(waiting) if waiting else first
        except _PORT_ERRORS as error:
            raise _gone(self.name, error) from error

    def flush(self) -> None:
        """Wait until the bytes have left this machine; raises LinkError when they do not."""
        deadline = time.monotonic() + _FLUSH_S
        try:
            while getattr(self._port, "out_waiting", 0):
                if time.monotonic() > deadline:
                    raise LinkError(
                        f"{self.name} takes no more bytes: some wait since {_FLUSH_S:.0f} s.",
                        "Press the reset button, then try again.",
                    )
                time.sleep(_FLUSH_STEP_S)
        except _PORT_ERRORS as error:
            raise _gone(self.name, error) from error

    def hang_up(self) -> None:
        """Lower DTR, as a terminal that goes; the board may be gone the moment it sees that."""
        with suppress(*_PORT_ERRORS):
            self._port.dtr = False

    @property
    def backend(self) -> object:
        """The board behind an emulator's port; None behind any other."""
        return getattr(self._port, "backend", None)

    def close(self) -> None:
        """Close the port."""
        self._port.close()


def open_port(url: str, baud: int) -> SerialTransport:
    """Open a serial port or any pyserial URL.

    `baud` 0 is for boards without a wire. Raises CannotOpenError for a port that is missing, busy
    or forbidden, with the ports that are there and what mends it, and LinkError for what is no
    port at all. Errors of the emulators pass through.
    """
    if _HANDLER_PACKAGE not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(_HANDLER_PACKAGE)
    try:
        port = serial.serial_for_url(url, baudrate=baud or _ANY_BAUD, do_not_open=True)
        port.exclusive = True
        port.write_timeout = 10.0
        port.open()
    except ValueError as error:
        raise LinkError(
            f"--port {url} is neither a serial port nor a URL that is known here: {error}.",
            ports_seen(),
        ) from error
    except _PORT_ERRORS as error:
        raise _cannot_open(url, error) from error
    return SerialTransport(port, url)


def _cannot_open(url: str, error: Exception) -> CannotOpenError:
    number = getattr(error, "errno", None)
    match number:
        case errno.ENOENT:
            message, hint = f"There is no port {url}.", ports_seen()
        case errno.EBUSY | errno.EAGAIN:
            message = f"The port {url} is busy: another program has it open."
            hint = (
                "Close the other program (a serial monitor, another verify), then try again.\n"
                f"See which it is:  fuser {url}"
            )
        case errno.EACCES | errno.EPERM:
            message = f"This user may not open the port {url}."
            hint = "Join the group that may, then log in again:  sudo usermod -aG dialout $USER"
        case _:
            message, hint = f"The port {url} does not open: {_reason(error)}.", ports_seen()
    return CannotOpenError(message, hint, number)


def _reason(error: Exception) -> str:
    words = getattr(error, "strerror", None) or (error.args[-1] if error.args else error)
    return str(words).rstrip(".")


def _gone(name: str, error: Exception) -> LinkError:
    return LinkError(
        f"The connection to {name} broke: {_reason(error)}.",
        "Was the board unplugged or reset? Plug it in and try again.",
    )


def ports_seen() -> str:
    """Return a hint for people: the serial ports of this machine, or what to do without one."""
    found = sorted(list_ports.comports(), key=lambda item: item.device)
    if not found:
        return (
            "No serial ports are to be seen: is the board plugged in, with a cable that carries "
            "data?\nWithout a board:  sernet-edge verify --board nano33 --emulate"
        )
    lines = [f"  {item.device}  {item.description}" for item in found]
    return "\n".join(["Ports seen here:", *lines, "Name one:  --port " + found[0].device])
