"""proc://PATH - the posix firmware as a process; the link is its stdin and stdout."""

import os
import select

from sernet_cal.errors import LinkError
from sernet_edge.emulator.backend import SoftwareSerial, split_url
from sernet_edge.emulator.child import ChildProcess

_CHUNK = 4096


class ProcessBackend:
    """A firmware process behind two pipes."""

    def __init__(self, path: str) -> None:
        self._child = ChildProcess([path], f"The firmware process {path}", with_pipes=True)
        assert self._child.process.stdin is not None
        assert self._child.process.stdout is not None
        self._to_device = self._child.process.stdin.fileno()
        self._to_host = self._child.process.stdout.fileno()

    def write(self, data: bytes) -> None:
        """Send bytes; raises LinkError when the process has ended."""
        try:
            while data:
                data = data[os.write(self._to_device, data) :]
        except BrokenPipeError as error:
            raise self._child.ended() from error

    def receive(self, timeout_s: float) -> bytes:
        """Return what came within `timeout_s`; raises LinkError when the process has ended."""
        ready, _, _ = select.select([self._to_host], [], [], timeout_s)
        if not ready:
            return b""
        received = os.read(self._to_host, _CHUNK)
        if not received:
            raise self._child.ended()
        return received

    def close(self) -> None:
        """End the process."""
        self._child.close()


def start(url: str) -> ProcessBackend:
    """Start the process that `url` names; raises LinkError for one that is not there."""
    parts = split_url(url)
    if not parts.path.is_file():
        raise LinkError(
            f"There is no firmware program at {parts.path}.",
            "Make it:  sernet-edge build --board posix",
        )
    return ProcessBackend(str(parts.path.absolute()))


class Serial(SoftwareSerial):
    """What `serial.serial_for_url("proc://...")` makes."""

    start = staticmethod(start)
