"""What the three URL handlers share: a pyserial port in front of a board in software."""

import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import serial

from sernet_cal.errors import LinkError


class Backend(Protocol):
    """A board in software, already running."""

    def write(self, data: bytes) -> None:
        """Send bytes to the board."""

    def receive(self, timeout_s: float) -> bytes:
        """Return what the board sent, at least one byte, or nothing after `timeout_s`."""

    def close(self) -> None:
        """End the board."""


@dataclass(frozen=True)
class BoardUrl:
    """A URL taken apart: scheme://board?option=value, or scheme://path."""

    board: str
    path: Path
    options: dict[str, str]


def split_url(url: str, known: frozenset[str] = frozenset()) -> BoardUrl:
    """Take `url` apart; raises LinkError for an option that is not in `known`."""
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    place = urllib.parse.unquote(place)
    options = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - known)
    if unknown:
        raise LinkError(
            f"{url} has the option {unknown[0]!r}, which {scheme}:// does not know.",
            f"Known: {', '.join(sorted(known)) or 'none'}.",
        )
    return BoardUrl(place, Path(place), options)


def image_url(scheme: str, board: str, image: Path) -> str:
    """Return the URL that starts the firmware in the file `image` on an emulated `board`: the name
    of one, or the path of its file."""
    path = urllib.parse.quote(str(image))
    place = urllib.parse.quote(board)
    return f"proc://{path}" if scheme == "proc" else f"{scheme}://{place}?image={path}"


def playing_url(url: str, sound: Path) -> str:
    """Return `url`, of an emulated board, with the file `sound` for its microphone to hear."""
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}microphone={urllib.parse.quote(str(sound))}"


class SoftwareSerial(serial.SerialBase):  # type: ignore[misc,unused-ignore]
    """A pyserial port; subclasses say how the backend starts."""

    start: Callable[[str], Backend]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.backend: Backend | None = None
        self._received = bytearray()
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        """Start the board; raises SernetError children."""
        self.backend = type(self).start(str(self.port))
        self._received.clear()
        self.is_open = True

    def close(self) -> None:
        """End the board."""
        if self.backend is not None:
            self.backend.close()
        self.backend, self.is_open = None, False

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        return len(self._received)

    def read(self, size: int = 1) -> bytes:
        """Return up to `size` bytes, fewer when the timeout is over."""
        if not self._received:
            self._received += self._board().receive(float(self.timeout or 0.0))
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def write(self, data: Any, /) -> int:
        """Send bytes to the board."""
        self._board().write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def reset_input_buffer(self) -> None:
        """Forget what was received and not read."""
        self._received.clear()

    def reset_output_buffer(self) -> None:
        """Do nothing: nothing is held back."""

    def _board(self) -> Backend:
        if self.backend is None:
            raise serial.PortNotOpenError()
        return self.backend

    def _reconfigure_port(self, *_args: Any, **_kwargs: Any) -> None:
        """Take any setting: there is no wire."""

    _update_break_state = _update_rts_state = _update_dtr_state = _reconfigure_port
