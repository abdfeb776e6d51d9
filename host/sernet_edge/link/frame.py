"""Frames on the wire: 00 | COBS( version type seq status | payload | crc32 ) | 00 (as sn_frame.c).

A zero on both sides, so that one damaged byte never costs more than one frame. Lines of text that
pass between frames (boot logs, panics) are handed out as such.
"""

import struct
import zlib
from dataclasses import dataclass, field, fields

from sernet_edge.link import cobs
from sernet_edge.link.messages import MAX_PAYLOAD

HEADER_BYTES = 4
CRC_BYTES = 4
MAX_BODY = HEADER_BYTES + MAX_PAYLOAD + CRC_BYTES
MAX_ENCODED = MAX_BODY + MAX_BODY // 254 + 1

_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0D}


@dataclass(frozen=True)
class Frame:
    """One frame: four header bytes (0..255 each) and the payload."""

    version: int
    type: int
    seq: int
    status: int
    payload: bytes


@dataclass(frozen=True)
class LogLine:
    """A line of text that the device printed between frames."""

    text: str


@dataclass
class FrameCounters:
    """What a parser saw between zeros; `noise` is anything too short to be a frame."""

    frames: int = 0
    bad_crc: int = 0
    bad_cobs: int = 0
    too_long: int = 0
    noise: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counters by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes to send for `frame`, with the zero on both sides."""
    body = bytes((frame.version, frame.type, frame.seq, frame.status)) + frame.payload
    return b"\0" + cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + b"\0"


@dataclass
class FrameParser:
    """Takes bytes as they come and hands out what they completed.

    A damaged frame is counted, never an exception, and costs no other frame.
    """

    counters: FrameCounters = field(default_factory=FrameCounters)
    _segment: bytearray = field(default_factory=bytearray)
    _is_text: bool = True

    def feed(self, received: bytes) -> list[Frame | LogLine]:
        """Return the frames and log lines that `received` completed, in order."""
        found: list[Frame | LogLine] = []
        for byte in received:
            item = self._feed_byte(byte)
            if item is not None:
                found.append(item)
        return found

    @property
    def unfinished_text(self) -> str:
        """What came since the last zero, as far as it is text."""
        return "".join(chr(byte) if byte in _TEXT else " " for byte in self._segment).strip()

    def _feed_byte(self, byte: int) -> Frame | LogLine | None:
        if byte == 0:
            return self._close_segment()
        if byte == 0x0A and self._is_text and self._segment:
            return self._close_line()
        self._is_text = self._is_text and (byte in _TEXT or byte == 0x0A)
        if len(self._segment) <= MAX_ENCODED:  # one more than fits tells that it is too long
            self._segment.append(byte)
        return None

    def _close_line(self) -> LogLine | None:
        text = self._segment.decode("ascii").strip()
        self._segment.clear()
        return LogLine(text) if text else None

    def _close_segment(self) -> Frame | LogLine | None:
        segment, is_text = bytes(self._segment), self._is_text
        self._segment.clear()
        self._is_text = True
        if not segment:
            return None
        if is_text:
            text = segment.decode("ascii").strip()
            return LogLine(text) if text else None
        return self._open_frame(segment)

    def _open_frame(self, segment: bytes) -> Frame | None:
        counters = self.counters
        if len(segment) > MAX_ENCODED:
            counters.too_long += 1
            return None
        body = cobs.decode(segment)
        if not body:
            counters.bad_cobs += 1
        elif len(body) < HEADER_BYTES + CRC_BYTES:
            counters.noise += 1
        elif len(body) > MAX_BODY:
            counters.too_long += 1
        elif zlib.crc32(body[:-CRC_BYTES]).to_bytes(4, "little") != body[-CRC_BYTES:]:
            counters.bad_crc += 1
        else:
            counters.frames += 1
            version, kind, seq, status = body[:HEADER_BYTES]
            return Frame(version, kind, seq, status, body[HEADER_BYTES:-CRC_BYTES])
        return None
