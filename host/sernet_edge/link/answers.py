"""The device's answers as values; `parse` returns None for a payload that is not of its shape."""

import struct
from dataclasses import dataclass, fields
from typing import Self

_HELLO_LAYOUT = struct.Struct("<4I32s7I")
_HELLO_NUMBERS = (
    "nonce",
    "protocol_version",
    "runtime_abi",
    "max_payload",
    "clock_hz",
    "ticks_per_second",
    "clip_samples",
    "model_rows",
    "run_budget_ms",
    "traced_tensors",
)


@dataclass(frozen=True)
class DeviceInfo:
    """What a board says of itself.

    `clock_hz` and `ticks_per_second` are 0 where unknown. `run_budget_ms`: the longest time that
    one second of audio may take. `traced_tensors`: how many a debug run has digests of.
    `build_id`: 64 hexadecimal digits. `extras`: what this firmware was built with that others were
    not: "live", "microphone".
    """

    nonce: int
    protocol_version: int
    runtime_abi: int
    max_payload: int
    build_id: str
    clock_hz: int
    ticks_per_second: int
    clip_samples: int
    model_rows: int
    run_budget_ms: int
    traced_tensors: int
    board: str
    classes: tuple[str, ...]
    extras: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it takes streams without an end."""
        return "live" in self.extras

    @property
    def has_microphone(self) -> bool:
        """Whether it listens to a microphone of its own."""
        return "microphone" in self.extras

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to HELLO: numbers, then texts: board, classes, extras."""
        if len(payload) < _HELLO_LAYOUT.size:
            return None
        head = _HELLO_LAYOUT.unpack_from(payload)
        texts: list[str] = []
        at = _HELLO_LAYOUT.size
        while at < len(payload):
            end = at + 1 + payload[at]
            if end > len(payload):
                return None
            texts.append(payload[at + 1 : end].decode("utf-8", errors="replace"))
            at = end
        named = 1 + head[11]
        if len(texts) < named:
            return None
        numbers = dict(zip(_HELLO_NUMBERS, (*head[:4], *head[5:11]), strict=True))
        return cls(
            build_id=head[4].hex(),
            board=texts[0],
            classes=tuple(texts[1:named]),
            extras=tuple(texts[named:]),
            **numbers,
        )


@dataclass(frozen=True)
class Progress:
    """How many samples of a clip the device has taken (answer to BEGIN, PUSH and FINISH)."""

    clip: int
    next_offset: int

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to BEGIN, PUSH or FINISH."""
        return cls(*struct.unpack("<2I", payload)) if len(payload) == 8 else None


@dataclass(frozen=True)
class Result:
    """A clip's int8 scores and the ticks that it took, without those spent on debugging."""

    clip: int
    ticks: int
    scores: tuple[int, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to RESULT."""
        if len(payload) < 13:
            return None
        clip, ticks = struct.unpack_from("<IQ", payload)
        return cls(clip, ticks, struct.unpack_from(f"<{len(payload) - 12}b", payload, 12))


@dataclass(frozen=True)
class LiveState:
    """How far a stream is (answer to LIVE_BEGIN, LIVE_PUSH and LIVE_END).

    `next_offset` and `answers` count modulo 2^32; `ticks`: that the board has worked since the
    stream's start. `scores`: int8 of the newest answer, () before the first.
    """

    stream: int
    next_offset: int
    answers: int
    ticks: int
    scores: tuple[int, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to LIVE_BEGIN, LIVE_PUSH or LIVE_END."""
        if len(payload) < 20:
            return None
        stream, next_offset, answers, ticks = struct.unpack_from("<3IQ", payload)
        scores = struct.unpack_from(f"<{len(payload) - 20}b", payload, 20)
        return cls(stream, next_offset, answers, ticks, scores)


@dataclass(frozen=True)
class Heard:
    """How far a recording is (answer to RECORD), in samples.

    `classified`: that went through the network; `heard`: that are kept; `lost`: that came when the
    board had no room for them; `room`: that a recording may have.
    """

    clip: int
    classified: int
    heard: int
    lost: int
    room: int

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to RECORD."""
        return cls(*struct.unpack("<5I", payload)) if len(payload) == 20 else None


@dataclass(frozen=True)
class HeardSamples:
    """Samples of a recording from the offset on that SAMPLES asked for: little-endian int16."""

    clip: int
    heard: int
    samples: bytes

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to SAMPLES."""
        if len(payload) < 8 or len(payload) % 2:
            return None
        clip, heard = struct.unpack_from("<2I", payload)
        return cls(clip, heard, payload[8:])


@dataclass(frozen=True)
class ListenState:
    """How far a stream from the microphone is (answer to LISTEN); numbers as in LiveState.

    `lost`: as in Heard. `peak`, `mean`, `mean_square`: of the newest tenth of a second.
    """

    stream: int
    next_offset: int
    answers: int
    ticks: int
    lost: int
    peak: int
    mean: int
    mean_square: int
    scores: tuple[int, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to LISTEN."""
        head = struct.Struct("<3IQ2IiI")
        if len(payload) < head.size:
            return None
        scores = struct.unpack_from(f"<{len(payload) - head.size}b", payload, head.size)
        return cls(*(*head.unpack_from(payload), scores))


@dataclass(frozen=True)
class TensorDigest:
    """CRC-32 (zlib's) over all bytes of one tensor, and how many they were."""

    crc: int
    size_bytes: int


@dataclass(frozen=True)
class TensorPage:
    """Digests of some tensors of a debug run; `count` is that of all its tensors."""

    clip: int
    count: int
    digests: tuple[TensorDigest, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to TENSORS."""
        if len(payload) < 8 or len(payload) % 8:
            return None
        clip, count = struct.unpack_from("<2I", payload)
        digests = tuple(TensorDigest(*pair) for pair in struct.iter_unpack("<2I", payload[8:]))
        return cls(clip, count, digests)


@dataclass(frozen=True)
class TraceRows:
    """Running CRCs of the traced tensor at the rows that BEGIN asked for."""

    clip: int
    crcs: tuple[int, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to TRACE of TracePart.ROWS."""
        if len(payload) < 8 or len(payload) % 4:
            return None
        clip, count, *crcs = struct.unpack(f"<{len(payload) // 4}I", payload)
        return cls(clip, tuple(crcs)) if count == len(crcs) else None


@dataclass(frozen=True)
class TraceCapture:
    """Bytes of the traced tensor from the capture offset on."""

    clip: int
    captured: bytes

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to TRACE of TracePart.CAPTURE."""
        if len(payload) < 8:
            return None
        clip, count = struct.unpack_from("<2I", payload)
        return cls(clip, payload[8:]) if count == len(payload) - 8 else None


@dataclass(frozen=True)
class DeviceCounters:
    """The device's link counters since its start."""

    frames: int
    bad_crc: int
    bad_cobs: int
    too_long: int
    noise: int
    overruns: int

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read the answer to COUNTERS."""
        return cls(*struct.unpack("<6I", payload)) if len(payload) == 24 else None

    def since(self, earlier: "DeviceCounters") -> "DeviceCounters":
        """Return what was counted after `earlier` (counters wrap at 32 bits)."""
        names = [item.name for item in fields(self)]
        return DeviceCounters(
            *((getattr(self, name) - getattr(earlier, name)) % 2**32 for name in names)
        )
