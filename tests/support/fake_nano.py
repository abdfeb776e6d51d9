"""A Nano 33 BLE in software: its flash, its bootloader, and the sketch that lies in the flash.

Written from the description of the protocol, apart from the host's side. Time is whatever the
caller says; nothing here waits.
"""

import binascii
import re
import struct
from random import Random

from fake_device import FakeDevice, hello_payload

from sernet_edge.link.messages import MessageType

APP, APP_END = 0x10000, 0x20000  # a shorter flash than the true one, to be quick
RAM, RAM_END = 0x20000000, 0x20040000
LOADER_PID, SKETCH_PID, VID = 0x005A, 0x805A, 0x2341
CHIP = "nRF52840-QIAA"
VERSION = "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]"
_MARK = b"SNIMAGE"
_END = b"\n\r"


def make_image(size: int, build_id: str, seed: int = 1) -> bytes:
    """Return an image of `size` bytes that runs: vectors, a mark, the build's id, noise."""
    head = struct.pack("<2I", RAM_END, APP + 0x101) + _MARK + bytes.fromhex(build_id)
    return head + Random(seed).randbytes(size - len(head))


class Sketch(FakeDevice):
    """What runs from the flash: answers as the build whose id it finds there."""

    build_id = b""

    def _dispatch(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        if kind == MessageType.HELLO:
            return 0, hello_payload(payload, "nano33", self.build_id)
        return super()._dispatch(kind, payload)


class FakeNano:
    """The board. `mode` is "sketch", "loader", "dead" (a firmware that crashed, no USB) or "off".

    `restart_s`: how long it is away from USB. `erase_s`: how long the bootloader erases.
    """

    restart_s = 0.5
    erase_s = 3.0
    program_s = 0.13
    chip = CHIP
    version = VERSION
    place: str | None = "1-2"
    is_strict = True  # loses data that come in the packet of their command
    is_hung = False  # a sketch that does not see the call at 1200 baud
    sketch_pid, loader_pid = SKETCH_PID, LOADER_PID

    def __init__(self, old_image: bytes = b"", names: tuple[str, str] = ("ttyACM0", "ttyACM1")):
        self.flash = bytearray(b"\xff" * APP_END)
        self.flash[APP : APP + len(old_image)] = old_image
        self.names = {"sketch": names[0], "loader": names[1]}
        self.mode = "off"
        self.away_until = 0.0
        self.writes = 0  # commands that changed the flash
        self.checks = 0  # how many CRCs were asked for
        self.boot(0.0)

    @property
    def device(self) -> str:
        """The name of its port."""
        return self.names.get(self.mode, "")

    @property
    def pid(self) -> int:
        """USB's product."""
        return self.loader_pid if self.mode == "loader" else self.sketch_pid

    def is_there(self, now_s: float) -> bool:
        """Whether USB sees it."""
        return self.mode in self.names and now_s >= self.away_until

    def boot(self, now_s: float) -> None:
        """Start as after power on or one press of reset."""
        stack, start = struct.unpack_from("<2I", self.flash, APP)
        is_app = RAM < stack <= RAM_END and start & 1 and APP < start < APP_END
        sketch = Sketch()
        sketch.build_id = bytes(self.flash[APP + 15 : APP + 47])
        is_whole = self.flash[APP + 8 : APP + 15] == _MARK
        self._start("loader" if not is_app else "sketch" if is_whole else "dead", now_s)
        self.sketch = sketch

    def double_tap(self, now_s: float) -> None:
        """Start the bootloader."""
        self._start("loader", now_s)

    def unplug(self) -> None:
        """Take its power."""
        self.mode = "off"

    def set_dtr(self, is_high: bool, baud: int, now_s: float) -> None:
        """See the line's state change."""
        if self.mode == "sketch" and baud == 1200 and not is_high and not self.is_hung:
            self._start("loader", now_s)

    def receive(self, packet: bytes, now_s: float) -> list[tuple[float, bytes]]:
        """Take one packet of USB; returns what it sends, and when."""
        if self.mode == "sketch":
            return [(now_s, answer)] if (answer := self.sketch.feed(packet)) else []
        if self.mode != "loader":
            return []
        self._command += packet
        answers: list[tuple[float, bytes]] = []
        while (self._data_left and self._command) or b"#" in self._command:
            if self._data_left:
                self._take_data()
                continue
            word, _, self._command = self._command.partition(b"#")
            answers += self._run(word.decode("ascii", errors="replace"), now_s)
            if self._data_left and self.is_strict:
                self._command = b""
        return answers

    def _start(self, mode: str, now_s: float) -> None:
        self.mode = mode
        self.away_until = now_s + self.restart_s
        self._command = b""
        self._ram = bytearray(8192)
        self._data_at = self._data_left = self._source = 0

    def _take_data(self) -> None:
        data, self._command = self._command[: self._data_left], self._command[self._data_left :]
        self._ram[self._data_at : self._data_at + len(data)] = data
        del self._ram[8192:]
        self._data_at += len(data)
        self._data_left -= len(data)

    def _run(self, word: str, now_s: float) -> list[tuple[float, bytes]]:
        numbers = re.fullmatch(r"[SYZ]([0-9A-Fa-f]{1,8}),([0-9A-Fa-f]{1,8})", word)
        one, two = (int(numbers[1], 16), int(numbers[2], 16)) if numbers else (0, 0)
        match word[:1]:
            case "N" if word == "N":
                return [(now_s, _END)]
            case "V" if word == "V":
                return [(now_s, self.version.encode() + _END)]
            case "I" if word == "I":
                return [(now_s, self.chip.encode() + _END)]
            case "X" if re.fullmatch("X[0-9A-Fa-f]{8}", word):
                self._erase(int(word[1:], 16))
                return [(now_s + self.erase_s, b"X" + _END)]
            case "S" if numbers:
                self._data_at, self._data_left = one, two
            case "Y" if numbers and two == 0:
                self._source = one
                return [(now_s, b"Y" + _END)]
            case "Y" if numbers:
                self._program(one, two)
                return [(now_s + self.program_s, b"Y" + _END)]
            case "Z" if numbers:
                self.checks += 1
                seen = bytes(self.flash[APP + one : APP + one + two])
                return [(now_s, f"Z{binascii.crc_hqx(seen, 0):08X}#".encode() + _END)]
            case "K" if word == "K":
                self.boot(now_s)
        return []

    def _erase(self, start: int) -> None:
        self.writes += 1
        first = min(APP + start, APP_END)
        self.flash[first:APP_END] = b"\xff" * (APP_END - first)

    def _program(self, start: int, size: int) -> None:
        """Programming can only clear bits, as in any flash."""
        self.writes += 1
        first = APP + start
        data = self._ram[self._source : self._source + size][: max(0, APP_END - first)]
        there = self.flash[first : first + len(data)]
        both = int.from_bytes(data, "big") & int.from_bytes(there, "big")
        self.flash[first : first + len(data)] = both.to_bytes(len(data), "big")
