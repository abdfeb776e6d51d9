"""proc://PATH - the posix firmware as a process; the link is its stdin and stdout."""

import os
import select
import tempfile
from pathlib import Path
from typing import IO

from sernet_cal.errors import LinkError
from sernet_edge.audio.load import read_samples
from sernet_edge.emulator.backend import SoftwareSerial, split_url
from sernet_edge.emulator.child import ChildProcess

_CHUNK = 4096


class ProcessBackend:
    """A firmware process behind two pipes; its microphone hears the sound file `microphone`.

    Raises SoundError for a file that cannot be used.
    """

    def __init__(self, path: str, microphone: Path | None = None) -> None:
        more: dict[str, str] = {}
        self._sound: IO[bytes] | None = None
        if microphone is not None:
            samples = read_samples(microphone)
            self._sound = tempfile.NamedTemporaryFile()  # noqa: SIM115 - closed in close()
            self._sound.write(samples.astype("<i2").tobytes())
            self._sound.flush()
            more["SERNET_MICROPHONE"] = self._sound.name
        title = f"The firmware process {path}"
        self._child = ChildProcess([path], title, with_pipes=True, **more)
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
        if self._sound is not None:
            self._sound.close()


def start(url: str) -> ProcessBackend:
    """Start the process that `url` names; raises LinkError for one that is not there."""
    parts = split_url(url, frozenset({"microphone"}))
    if not parts.path.is_file():
        raise LinkError(
            f"There is no firmware program at {parts.path}.",
            "Make it:  sernet-edge build --board posix",
        )
    sound = parts.options.get("microphone")
    return ProcessBackend(str(parts.path.absolute()), Path(sound) if sound else None)


class Serial(SoftwareSerial):
    """What `serial.serial_for_url("proc://...")` makes."""

    start = staticmethod(start)
