"""Requests and answers over a transport: sequence numbers, timeouts, retries, the device's log.

The rules are those of the protocol: the host asks, one request is outstanding, an answer with
another sequence number is dropped and counted, and every request may be repeated.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

from sernet_cal.errors import LinkError
from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_edge.link import faults
from sernet_edge.link.answers import DeviceCounters, DeviceInfo, Progress
from sernet_edge.link.frame import MAX_ENCODED, Frame, FrameParser, LogLine, encode_frame
from sernet_edge.link.messages import (
    ANSWER,
    PROTOCOL_VERSION,
    AskCounters,
    Hello,
    LinkStatus,
    Request,
)
from sernet_edge.link.transport import Transport

T = TypeVar("T")

BITS_PER_BYTE = 10  # start, eight data bits, stop
SMALLEST_PAYLOAD = 64  # what a board must take at least
_RENEW = "  sernet-edge build --board NAME\n  sernet-edge flash --board NAME"
_NO_WIRE_BAUD = 115_200  # counted with where the board's link has no rate of its own


@dataclass(frozen=True)
class Timing:
    """How long and how often to wait.

    `base_s`: USB latency and a busy host, on top of twice the wire time. `tries`: a lost frame in
    1000 makes one request in 10^9 fail. `connect_tries`: a board may still be starting.
    `budget_factor`: of the time that the board asks for in its HELLO.
    """

    base_s: float = 0.25
    tries: int = 3
    connect_tries: int = 7
    budget_factor: float = 1.0


# An emulated board is as slow as this machine, whatever it says of itself; no byte of it is lost.
_EMULATED_BASE_S = 10.0
_EMULATED_SCHEMES = ("emu://", "qemu://")


def timing_of(url: str) -> Timing:
    """Return how long to wait for the board at `url`."""
    return Timing(base_s=_EMULATED_BASE_S) if url.startswith(_EMULATED_SCHEMES) else Timing()


@dataclass
class HostCounters:
    """The host's side of the link's counters, beside those of its frame parser."""

    retries: int = 0
    timeouts: int = 0
    late_answers: int = 0


class Session:
    """One conversation with one board.

    `log` has the lines that the device printed; `on_log` sees each as it comes.
    """

    def __init__(
        self,
        transport: Transport,
        timing: Timing = Timing(),
        on_log: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        random_u32: Callable[[], int] = lambda: int.from_bytes(os.urandom(4), "little"),
    ) -> None:
        self._transport = transport
        self._timing = timing
        self._on_log = on_log
        self._clock = clock
        self._nonce = random_u32()
        self._clip = random_u32()
        self._seq = random_u32() % 256
        self._parser = FrameParser()
        self._device_start: DeviceCounters | None = None
        self._info: DeviceInfo | None = None
        self.counters = HostCounters()
        self.log: list[str] = []

    @property
    def info(self) -> DeviceInfo:
        """What the board said of itself; raises LinkError before `connect`."""
        if self._info is None:
            raise LinkError(f"Nobody has asked {self._transport.name} yet who is there.")
        return self._info

    def connect(self) -> DeviceInfo:
        """Ask who is there, and learn the limits; may be called again after a reset.

        Raises NoAnswerError, and LinkError for a board of another protocol version.
        """
        self._nonce = (self._nonce + 1) % 2**32
        frame = self._exchange(
            Hello(self._nonce),
            0.0,
            self._timing.connect_tries,
            lambda answer: answer.payload[:4] == self._nonce.to_bytes(4, "little"),
        )
        info = DeviceInfo.parse(frame.payload)
        if info is None or info.max_payload < SMALLEST_PAYLOAD:
            raise self._garbled("HELLO")
        self._info = info
        if self._device_start is None:
            self._device_start = self._ask_counters()
        return info

    def new_clip(self) -> int:
        """Return a name for the next clip that the board does not know yet."""
        self._clip = (self._clip + 1) % 2**32
        return self._clip

    def budget_s(self, samples: int) -> float:
        """Return how long the board may work on `samples` samples."""
        second_s = self._timing.budget_factor * self.info.run_budget_ms / 1000.0
        return second_s * samples / SAMPLE_RATE_HZ

    def ask(
        self,
        request: Request,
        parse: Callable[[bytes], T | None],
        clip: int,
        budget_s: float = 0.0,
    ) -> T:
        """Send a request about `clip`; returns its answer as `parse` reads it.

        Raises NoAnswerError, DeviceRefusedError, DeviceRestartedError, DeviceFaultError and
        GarbledAnswerError.
        """
        name = clip.to_bytes(4, "little")
        frame = self._exchange(
            request,
            budget_s,
            self._timing.tries,
            lambda answer: not answer.payload or answer.payload[:4] == name,
        )
        self._check_status(request, frame)
        answer = parse(frame.payload)
        if answer is None:
            raise self._garbled(request.type.name)
        return answer

    def link_counters(self) -> dict[str, dict[str, int]]:
        """Return what both ends counted in this session, by side and name."""
        own = {item.name: getattr(self.counters, item.name) for item in fields(self.counters)}
        now = self._ask_counters()
        if self._device_start is not None and now.frames >= self._device_start.frames:
            now = now.since(self._device_start)
        device = {item.name: getattr(now, item.name) for item in fields(now)}
        return {"host": {**self._parser.counters.as_dict(), **own}, "device": device}

    def close(self) -> None:
        """Give the line back."""
        self._transport.close()

    def _ask_counters(self) -> DeviceCounters:
        frame = self._exchange(AskCounters(), 0.0, self._timing.tries, lambda answer: True)
        counters = DeviceCounters.parse(frame.payload)
        if counters is None:
            raise self._garbled("COUNTERS")
        return counters

    def _exchange(
        self,
        request: Request,
        budget_s: float,
        tries: int,
        belongs: Callable[[Frame], bool],
    ) -> Frame:
        """Send until answered; a repeated request keeps its number: either answer will do."""
        self._seq = (self._seq + 1) % 256
        sent = encode_frame(Frame(PROTOCOL_VERSION, request.type, self._seq, 0, request.payload()))
        wire_s = (len(sent) + MAX_ENCODED) * BITS_PER_BYTE / (self._transport.baud or _NO_WIRE_BAUD)
        wait_s = self._timing.base_s + 2 * wire_s + budget_s
        for attempt in range(tries):
            if attempt:
                self.counters.retries += 1
            self._transport.write(sent)
            frame = self._await(request, wait_s, belongs)
            if frame is not None:
                return frame
            self.counters.timeouts += 1
        raise self._no_answer(request, tries, wait_s)

    def _await(
        self, request: Request, wait_s: float, belongs: Callable[[Frame], bool]
    ) -> Frame | None:
        deadline = self._clock() + wait_s
        while (left_s := deadline - self._clock()) > 0:
            found: Frame | None = None
            for item in self._parser.feed(self._transport.read(left_s)):
                if isinstance(item, LogLine):
                    self._take_line(item.text)
                elif found is None and self._is_answer(request, item) and belongs(item):
                    found = item
                else:
                    self.counters.late_answers += 1
            if found is not None:
                return found
        fault = faults.find_fault(self._parser.unfinished_text)
        if fault is not None:
            raise fault
        return None

    def _is_answer(self, request: Request, frame: Frame) -> bool:
        if frame.seq != self._seq or frame.type != request.type | ANSWER:
            return False
        if frame.version != PROTOCOL_VERSION or frame.status == LinkStatus.BAD_VERSION:
            raise LinkError(
                f"{self._transport.name} speaks protocol version {frame.version}; "
                f"this sernet-edge speaks {PROTOCOL_VERSION}.",
                f"Build and flash the firmware anew with this version:\n{_RENEW}",
            )
        return True

    def _take_line(self, text: str) -> None:
        self.log.append(text)
        if self._on_log is not None:
            self._on_log(text)
        fault = faults.find_fault(text)
        if fault is not None:
            raise fault

    def _check_status(self, request: Request, frame: Frame) -> None:
        match frame.status:
            case LinkStatus.OK | LinkStatus.GAP:
                return
            case LinkStatus.NO_CLIP:
                raise faults.DeviceRestartedError(
                    f"{self._transport.name} does not know the clip any more: "
                    "the board was reset in the middle of it.",
                    "Look at its power supply and cable, then try again.",
                )
            case LinkStatus.ENGINE:
                reason = Progress.parse(frame.payload)
                status = reason.next_offset if reason else None
                raise faults.DeviceRefusedError(request.type, frame.status, status)
            case _:
                raise faults.DeviceRefusedError(request.type, frame.status)

    def _garbled(self, name: str) -> LinkError:
        return faults.GarbledAnswerError(
            f"The answer of {self._transport.name} to {name} has not the expected shape.",
            f"The firmware is of another version. Build and flash it anew:\n{_RENEW}",
        )

    def _no_answer(self, request: Request, tries: int, wait_s: float) -> LinkError:
        counters = self._parser.counters
        damaged = counters.bad_crc + counters.bad_cobs + counters.too_long + counters.noise
        seen = f"{damaged} damaged frames came" if damaged else "nothing came"
        if self.log:
            seen += f", and the line {self.log[-1]!r}"
        return faults.NoAnswerError(
            f"No answer from {self._transport.name} to {request.type.name}: asked {tries} times, "
            f"waited {wait_s:.2f} s each; {seen}.",
            f"Is the firmware of this project on the board?\n{_RENEW}\n"
            f"Is this the right port, at {self._transport.baud} baud? Press the reset button.",
        )
