"""The device's frame code, compiled for this machine and called through ctypes."""

import ctypes
from pathlib import Path

from sernet_edge.link.frame import Frame
from sernet_gen import assets
from sernet_gen.toolchain import host_compiler

_DRIVER = Path(__file__).parent / "link_driver.c"
_SOURCES = ("sn_crc32.c", "sn_cobs.c", "sn_frame.c")
COUNTERS = ("frames", "bad_crc", "bad_cobs", "too_long", "noise")
_ROOM = 1 << 16


class LinkLibrary:
    """sn_frame and what it stands on."""

    def __init__(self, folder: Path) -> None:
        runtime = assets.runtime_dir()
        sources = [_DRIVER, *(runtime / "link" / name for name in _SOURCES)]
        path = folder / "link.so"
        host_compiler().compile_shared(sources, [runtime], path, ["-O2", "-Wall", "-Werror"])
        self._library = ctypes.CDLL(str(path))
        self._frames = ctypes.create_string_buffer(_ROOM)
        self._wire = ctypes.create_string_buffer(_ROOM)

    def parse(self, stream: bytes) -> tuple[list[Frame], dict[str, int]]:
        """Return the frames in `stream` and the parser's counters."""
        counters = (ctypes.c_uint32 * len(COUNTERS))()
        count = self._library.drive_parser(stream, len(stream), self._frames, counters)
        written = self._frames.raw[:count]
        frames = []
        while written:
            length = int.from_bytes(written[:4], "little")
            version, kind, seq, status = written[4:8]
            frames.append(Frame(version, kind, seq, status, written[8 : 8 + length]))
            written = written[8 + length :]
        return frames, dict(zip(COUNTERS, counters, strict=True))

    def seal(self, frame: Frame) -> bytes:
        """Return the bytes to send for `frame`."""
        header = bytes((frame.version, frame.type, frame.seq, frame.status))
        count = self._library.drive_seal(header, frame.payload, len(frame.payload), self._wire)
        return self._wire.raw[:count]

    def random_edits(self, seed: int, streams: int) -> dict[str, int]:
        """Edit `streams` random streams of four frames; returns what became of the frames."""
        result = (ctypes.c_uint64 * 4)()
        self._library.drive_random_edits(ctypes.c_uint64(seed), ctypes.c_uint64(streams), result)
        return dict(zip(("edits", "sent", "accepted", "forged"), result, strict=True))
