"""A board in Python behind a Transport without time: answers by the protocol, and can misbehave."""

import struct
import zlib
from collections.abc import Callable

from sernet_edge.link.frame import Frame, FrameParser, encode_frame
from sernet_edge.link.messages import ANSWER, LinkStatus, MessageType

CLASSES = ("calm", "angry")
BLOCK_PAYLOAD = 72  # 32 samples a block: short runs


def hello_payload(nonce: bytes, board: str = "fake", build_id: bytes = bytes(32)) -> bytes:
    texts = b"".join(bytes((len(text),)) + text.encode() for text in (board, *CLASSES))
    numbers = struct.pack("<7I", 0, 1000, 64, 2, 0, 3, len(CLASSES))
    return nonce + struct.pack("<3I", 1, 1, BLOCK_PAYLOAD) + build_id + numbers + texts


def right_scores(samples: bytes) -> tuple[int, int]:
    """What the fake makes of a clip: two int8 that depend on every byte."""
    crc = zlib.crc32(samples)
    return (crc & 0xFF) - 128, (crc >> 8 & 0xFF) - 128


class FakeDevice:
    """The protocol's device end, as sn_protocol.c, with scores from `right_scores`."""

    def __init__(self) -> None:
        self.parser = FrameParser()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as a power cycle does."""
        self.parser = FrameParser()
        self.clip: int | None = None
        self.samples, self.total, self.done = b"", 0, False
        self.processed_blocks = 0

    def feed(self, data: bytes) -> bytes:
        """Return what the device sends for `data`."""
        frames = [item for item in self.parser.feed(data) if isinstance(item, Frame)]
        return b"".join(encode_frame(self.answer(frame)) for frame in frames)

    def answer(self, frame: Frame) -> Frame:
        status, payload = self._dispatch(frame.type, frame.payload)
        return Frame(1, frame.type | ANSWER, frame.seq, status, payload)

    def _dispatch(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        match kind:
            case MessageType.HELLO:
                return 0, hello_payload(payload)
            case MessageType.COUNTERS:
                return 0, struct.pack("<6I", self.parser.counters.frames, 0, 0, 0, 0, 0)
            case MessageType.BEGIN:
                self.clip, self.total = struct.unpack_from("<2I", payload)
                self.samples, self.done = b"", False
                return 0, self._progress()
        if self.clip is None or struct.unpack_from("<I", payload)[0] != self.clip:
            return LinkStatus.NO_CLIP, b""
        return self._of_clip(kind, payload)

    def _of_clip(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        whole = len(self.samples) == 2 * self.total
        match kind:
            case MessageType.PUSH:
                offset = struct.unpack_from("<I", payload, 4)[0]
                if 2 * offset > len(self.samples):
                    return LinkStatus.GAP, self._progress()
                if 2 * offset == len(self.samples):
                    self.samples += payload[8:]
                    self.processed_blocks += 1
                return 0, self._progress()
            case MessageType.FINISH:
                self.done = self.done or whole
                return (0 if whole else LinkStatus.GAP), self._progress()
            case MessageType.RESULT if self.done:
                scores = right_scores(self.samples)
                return 0, struct.pack("<IQ2b", self.clip or 0, 77, *scores)
            case MessageType.RESULT:
                return LinkStatus.NOT_FINISHED, b""
        return LinkStatus.UNKNOWN_TYPE, b""

    def _progress(self) -> bytes:
        return struct.pack("<2I", self.clip or 0, len(self.samples) // 2)


class FakeLine:
    """A Transport to a FakeDevice; time passes only when a read finds nothing.

    `to_device` and `to_host` may change what passes.
    """

    name = "fake"
    baud = 1_000_000

    def __init__(self, device: FakeDevice) -> None:
        self.device = device
        self.now_s = 0.0
        self.waiting = b""
        self.to_device: Callable[[bytes], bytes] = lambda data: data
        self.to_host: Callable[[bytes], bytes] = lambda data: data

    def clock(self) -> float:
        """Return the time of this world."""
        return self.now_s

    def write(self, data: bytes) -> None:
        """Pass `data` to the device, and its answers back."""
        self.waiting += self.to_host(self.device.feed(self.to_device(data)))

    def read(self, timeout_s: float) -> bytes:
        """Return what waits, or let the time pass."""
        if not self.waiting:
            self.now_s += timeout_s
        received, self.waiting = self.waiting, b""
        return received

    def close(self) -> None:
        """Do nothing."""
