"""A machine in software with boards on its USB: ports, time, and one fault or more at any step.

Ports are pyserial-like objects behind the true SerialTransport. Every call that reaches a port or
the list of ports is a step; a Fault strikes at the step that it names.
"""

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import serial
from fake_nano import VID, FakeNano

from sernet_edge.flash.desk import PortInfo
from sernet_edge.link import transport
from sernet_edge.link.transport import SerialTransport

NEVER = 1e9


@dataclass(frozen=True)
class Fault:
    """`kind` (one of FAULTS) at `step`; `seed` chooses which bit or byte."""

    kind: str
    step: int
    seed: int = 0


def flip(data: bytes, seed: int) -> bytes:
    """Return `data` with one bit changed."""
    bit = seed % (8 * len(data))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


class FakePort:
    """What pyserial gives for an open port, as far as SerialTransport uses it."""

    timeout: float | None = None

    def __init__(self, desk: "FakeDesk", board: FakeNano, baud: int) -> None:
        self._desk, self._board, self.baudrate = desk, board, baud
        self._mode = board.mode
        self._out = b""
        self._in: list[tuple[float, bytes]] = []

    def write(self, data: bytes) -> None:
        self._step()
        self._out += self._desk.changed(data, "send")

    @property
    def out_waiting(self) -> int:
        """Let the bytes leave, as one packet."""
        packet, self._out = self._out, b""
        if packet and self._is_open():
            for at, answer in self._board.receive(packet, self._desk.time):
                changed = self._desk.changed(answer, "answer")
                if changed:
                    self._in.append((at + self._desk.delay_s, changed))
        return 0

    def read(self, size: int) -> bytes:
        self._step()
        _ = self.out_waiting
        ready = self.in_waiting
        if not ready and self._in and self._in[0][0] <= self._desk.time + (self.timeout or 0.0):
            self._desk.time = self._in[0][0]
        elif not ready:
            self._desk.time += self.timeout or 0.0
        if not self._is_open():
            raise serial.SerialException("device reports readiness to read but returned no data")
        taken = b""
        while self._in and self._in[0][0] <= self._desk.time and len(taken) < size:
            at, data = self._in.pop(0)
            part, rest = data[: size - len(taken)], data[size - len(taken) :]
            taken += part
            if rest:
                self._in.insert(0, (at, rest))
        return taken

    @property
    def in_waiting(self) -> int:
        return sum(len(data) for at, data in self._in if at <= self._desk.time)

    @property
    def dtr(self) -> bool:
        return True

    @dtr.setter
    def dtr(self, is_high: bool) -> None:
        self._step()
        self._board.set_dtr(is_high, self.baudrate, self._desk.time)

    def close(self) -> None:
        self._out = b""

    def _step(self) -> None:
        self._desk.step()
        if not self._is_open():
            raise OSError(errno.EIO, "Input/output error")

    def _is_open(self) -> bool:
        board = self._board
        return board.mode == self._mode and board.is_there(self._desk.time)


class FakeDesk:
    """A Desk with `boards`; `others` are ports that are no board of ours."""

    def __init__(
        self,
        boards: Sequence[FakeNano],
        others: Sequence[PortInfo] = (),
        faults: Sequence[Fault] = (),
        shows_usb: bool = True,
    ) -> None:
        self.boards, self.others, self.shows_usb = list(boards), tuple(others), shows_usb
        self.faults = {fault.step: fault for fault in faults}
        self.time = 100.0
        self.steps = 0
        self.delay_s = 0.0
        self.struck: list[str] = []
        self.folders: tuple[Path, ...] = ()
        self.on_sleep: Callable[[], None] = lambda: None
        self._next: dict[str, Fault] = {}  # what the next bytes of a direction suffer
        self._closed_until: dict[int, float] = {}  # an errno, and until when opening fails with it
        self._blind_until = 0.0

    def ports(self) -> tuple[PortInfo, ...]:
        self.step()
        if self.time < self._blind_until:
            return self.others
        seen = [
            PortInfo(board.device, "Nano 33 BLE", VID, board.pid, board.place)
            if self.shows_usb
            else PortInfo(board.device)
            for board in self.boards
            if board.is_there(self.time)
        ]
        return tuple(sorted([*seen, *self.others], key=lambda port: port.device))

    def drives(self) -> tuple[Path, ...]:
        return self.folders

    def open(self, device: str, baud: int) -> SerialTransport:
        self.step()
        for number, until in self._closed_until.items():
            if self.time < until:
                raise transport._cannot_open(device, serial.SerialException(number, "refused"))
        for board in self.boards:
            if board.is_there(self.time) and board.device == device:
                port = FakePort(self, board, baud or 115_200)
                return SerialTransport(port, device)  # type: ignore[arg-type]
        raise transport._cannot_open(device, serial.SerialException(errno.ENOENT, "not there"))

    def now_s(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.on_sleep()

    def step(self) -> None:
        """Count a step, and let its fault strike."""
        fault = self.faults.get(self.steps)
        self.steps += 1
        if fault is not None:
            self.struck.append(fault.kind)
            FAULTS[fault.kind](self, fault)

    def changed(self, data: bytes, direction: str) -> bytes:
        """Return `data` after what a fault does to bytes on their way."""
        fault = self._next.pop(direction, None)
        match fault.kind.partition(" ")[0] if fault else "":
            case "flip":
                assert fault is not None
                return flip(data, fault.seed)
            case "lose":
                return b""
            case "cut":
                return data[: len(data) // 2]
            case "double":
                return data + data
        return data

    def _set_next(self, direction: str, fault: Fault) -> None:
        self._next[direction] = fault

    def _refuse(self, number: int, seconds: float) -> None:
        self._closed_until[number] = self.time + seconds

    def _unplug(self, fault: Fault) -> None:
        self.boards[0].unplug()

    def _replug(self, fault: Fault) -> None:
        self.boards[0].unplug()
        self.boards[0].boot(self.time)

    def _reset(self, fault: Fault) -> None:
        self.boards[0].boot(self.time)

    def _double_tap(self, fault: Fault) -> None:
        self.boards[0].double_tap(self.time)

    def _hang(self, fault: Fault) -> None:
        """A chip that answers nothing more, but whose USB stays."""
        self.boards[0].receive = lambda packet, now_s: []  # type: ignore[method-assign]

    def _disturb(self, fault: Fault) -> None:
        """One bit of the flash is not what it was, as far as nobody has checked it yet."""
        board = self.boards[0]
        if board.checks:
            return
        at = 0x10000 + fault.seed % 12_000
        board.flash[at] ^= 1 << (fault.seed % 8)

    def _blind(self, fault: Fault) -> None:
        self._blind_until = self.time + 2.0

    def _slow(self, fault: Fault) -> None:
        self.delay_s = 0.9

    def _slow_erase(self, fault: Fault) -> None:
        self.boards[0].erase_s = 14.0

    def _too_slow_erase(self, fault: Fault) -> None:
        self.boards[0].erase_s = 600.0

    def _rename(self, fault: Fault) -> None:
        self.boards[0].names = {"sketch": "ttyACM7", "loader": "ttyACM8"}

    def _never_back(self, fault: Fault) -> None:
        self.boards[0].restart_s = NEVER

    def _other_chip(self, fault: Fault) -> None:
        self.boards[0].chip = "ATSAMD21G18A"


FAULTS: dict[str, Callable[[FakeDesk, Fault], None]] = {
    "unplug": FakeDesk._unplug,
    "unplug and plug in": FakeDesk._replug,
    "press reset": FakeDesk._reset,
    "double tap": FakeDesk._double_tap,
    "hang": FakeDesk._hang,
    "flip sent": lambda desk, fault: desk._set_next("send", fault),
    "lose sent": lambda desk, fault: desk._set_next("send", fault),
    "cut sent": lambda desk, fault: desk._set_next("send", fault),
    "double sent": lambda desk, fault: desk._set_next("send", fault),
    "flip answer": lambda desk, fault: desk._set_next("answer", fault),
    "lose answer": lambda desk, fault: desk._set_next("answer", fault),
    "cut answer": lambda desk, fault: desk._set_next("answer", fault),
    "double answer": lambda desk, fault: desk._set_next("answer", fault),
    "flip flash": FakeDesk._disturb,
    "busy for a second": lambda desk, fault: desk._refuse(errno.EBUSY, 1.0),
    "busy": lambda desk, fault: desk._refuse(errno.EBUSY, NEVER),
    "forbidden for a second": lambda desk, fault: desk._refuse(errno.EACCES, 1.0),
    "forbidden": lambda desk, fault: desk._refuse(errno.EACCES, NEVER),
    "no ports for two seconds": FakeDesk._blind,
    "slow answers": FakeDesk._slow,
    "slow erase": FakeDesk._slow_erase,
    "endless erase": FakeDesk._too_slow_erase,
    "other names": FakeDesk._rename,
    "never comes back": FakeDesk._never_back,
    "other chip": FakeDesk._other_chip,
}
