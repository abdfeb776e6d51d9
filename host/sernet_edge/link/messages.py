"""The vocabulary of the link (numbers as in sn_messages.h), and the host's requests as values.

All numbers in payloads are little-endian.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

PROTOCOL_VERSION = 1
MAX_PAYLOAD = 1032
ANSWER = 0x80
FLAG_DEBUG = 0x01
TRACE_NONE = 0xFFFFFFFF
TRACE_MAX_TENSORS = 64
TRACE_MAX_ROWS = 64
TRACE_MAX_CAPTURE = 1024
PUSH_FIELDS_BYTES = 8
BUILD_ID_BYTES = 32


class MessageType(IntEnum):
    """Requests; the answer has the same number with ANSWER set."""

    HELLO = 0x01
    BEGIN = 0x02
    PUSH = 0x03
    FINISH = 0x04
    RESULT = 0x05
    TENSORS = 0x06
    TRACE = 0x07
    COUNTERS = 0x08
    LIVE_BEGIN = 0x09
    LIVE_PUSH = 0x0A
    LIVE_END = 0x0B
    RECORD = 0x0C
    SAMPLES = 0x0D
    LISTEN = 0x0E


class LinkStatus(IntEnum):
    """How the device took a request."""

    OK = 0
    UNKNOWN_TYPE = 1
    BAD_LENGTH = 2
    BAD_VALUE = 3
    BAD_VERSION = 4
    NO_CLIP = 5
    GAP = 6
    NOT_FINISHED = 7
    NOT_DEBUG = 8
    ENGINE = 9


class EngineStatus(IntEnum):
    """The runtime's sn_status."""

    OK = 0
    ARGUMENT = 1
    STATE = 2
    MEMORY = 3
    MODEL = 4


class TracePart(IntEnum):
    """What TRACE asks for."""

    ROWS = 0
    CAPTURE = 1


@dataclass(frozen=True)
class TraceRequest:
    """Which tensor a debug run looks at closely.

    Running CRCs are kept after the rows first_row + k * row_step (64 at most), bytes from
    `capture_offset` of the whole tensor on (1 KiB at most).
    """

    tensor: int = TRACE_NONE
    first_row: int = 0
    row_step: int = 1
    capture_offset: int = 0


@dataclass(frozen=True)
class Hello:
    """Who is there? `nonce` (32 bit) comes back, so that no old answer is taken for a new one."""

    type: ClassVar[MessageType] = MessageType.HELLO
    nonce: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<I", self.nonce)


@dataclass(frozen=True)
class Begin:
    """Start a clip in place of whatever was running."""

    type: ClassVar[MessageType] = MessageType.BEGIN
    clip: int
    total_samples: int
    debug: bool = False
    trace: TraceRequest = TraceRequest()

    def payload(self) -> bytes:
        """Return the request's payload."""
        trace = self.trace
        flags = FLAG_DEBUG if self.debug else 0
        traced = (trace.tensor, trace.first_row, trace.row_step, trace.capture_offset)
        return struct.pack("<7I", self.clip, self.total_samples, flags, *traced)


@dataclass(frozen=True)
class Record:
    """Record a clip from the microphone, classified while it is heard, in place of whatever was
    running; or, sent again, tell how far it is.

    `total_samples` 0 records nothing: the answer tells how many samples there is room for.
    """

    type: ClassVar[MessageType] = MessageType.RECORD
    clip: int
    total_samples: int
    debug: bool = False

    def payload(self) -> bytes:
        """Return the request's payload."""
        return Begin(self.clip, self.total_samples, self.debug).payload()


@dataclass(frozen=True)
class AskSamples:
    """Ask for the samples of a recording from `offset` on."""

    type: ClassVar[MessageType] = MessageType.SAMPLES
    clip: int
    offset: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<2I", self.clip, self.offset)


@dataclass(frozen=True)
class Listen:
    """Start a stream from the microphone in place of whatever was running, or tell how far it is.

    LIVE_END ends it.
    """

    type: ClassVar[MessageType] = MessageType.LISTEN
    stream: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<I", self.stream)


@dataclass(frozen=True)
class Push:
    """Samples of a clip from `offset` on; `samples` are little-endian int16."""

    type: ClassVar[MessageType] = MessageType.PUSH
    clip: int
    offset: int
    samples: bytes

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<2I", self.clip, self.offset) + self.samples


@dataclass(frozen=True)
class Finish:
    """End a clip."""

    type: ClassVar[MessageType] = MessageType.FINISH
    clip: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<I", self.clip)


@dataclass(frozen=True)
class AskResult:
    """Ask for the scores of a finished clip."""

    type: ClassVar[MessageType] = MessageType.RESULT
    clip: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<I", self.clip)


@dataclass(frozen=True)
class AskTensors:
    """Ask for the CRCs of a finished debug run, from tensor `first` on."""

    type: ClassVar[MessageType] = MessageType.TENSORS
    clip: int
    first: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<2I", self.clip, self.first)


@dataclass(frozen=True)
class AskTrace:
    """Ask for one part of the trace of a finished debug run."""

    type: ClassVar[MessageType] = MessageType.TRACE
    clip: int
    part: TracePart

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<2I", self.clip, self.part)


@dataclass(frozen=True)
class AskCounters:
    """Ask for the device's link counters."""

    type: ClassVar[MessageType] = MessageType.COUNTERS

    def payload(self) -> bytes:
        """Return the request's payload."""
        return b""


@dataclass(frozen=True)
class LiveBegin:
    """Start a stream without an end in place of whatever was running."""

    type: ClassVar[MessageType] = MessageType.LIVE_BEGIN
    stream: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<I", self.stream)


@dataclass(frozen=True)
class LivePush:
    """Samples of a stream from `offset` (modulo 2^32) on; `samples` are little-endian int16."""

    type: ClassVar[MessageType] = MessageType.LIVE_PUSH
    stream: int
    offset: int
    samples: bytes

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<2I", self.stream, self.offset) + self.samples


@dataclass(frozen=True)
class LiveEnd:
    """Push no more to a stream."""

    type: ClassVar[MessageType] = MessageType.LIVE_END
    stream: int

    def payload(self) -> bytes:
        """Return the request's payload."""
        return struct.pack("<I", self.stream)


Request = (
    Hello
    | Begin
    | Push
    | Finish
    | AskResult
    | AskTensors
    | AskTrace
    | AskCounters
    | LiveBegin
    | LivePush
    | LiveEnd
    | Record
    | AskSamples
    | Listen
)
