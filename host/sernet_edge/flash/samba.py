"""The protocol of the Nano's bootloader: SAM-BA as Arduino extended it, over a serial line.

Commands are text that ends with "#", answers end with line feed and carriage return. Written anew
from a description of the commands; no answer that is waited for here is longer than 63 bytes,
which is what the bootloader's USB sends in one piece.
"""

import binascii
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sernet_cal.errors import LinkError
from sernet_edge.flash.desk import Line
from sernet_edge.flash.faults import NoSuchAnswerError

# A page of the nRF52840's flash; as much as Arduino's own tool sends at a time.
PAGE_BYTES = 4096
ERASED = b"\xff"

# Where in the bootloader's RAM Arduino's own tool puts its pages.
_BUFFER = 0x34
_END = b"\n\r"
_LONGEST_ANSWER = 63

# The bootloader answers within milliseconds when it does not work on the flash; this machine may be
# busy.
_ANSWER_S = 3.0
# It may take 5 s to erase all; a worn flash gets three times that.
_ERASE_S = 15.0
# The chip's data sheet says 85 ms to erase a page and 42 ms to write its 1,024 words.
_WRITE_S = 5.0
# 4,096 bytes, bit by bit, are a few milliseconds.
_CRC_S = 2.0

# What Arduino's extension of the protocol needs beside N and V: identify, CRC, erase, write, reset.
_NEEDED = "IXYZ"
_ABILITIES = re.compile(r"\[Arduino:([A-Z]+)\]")
_CRC_ANSWER = re.compile(r"Z([0-9A-Fa-f]{8})#?")


@dataclass(frozen=True)
class Loader:
    """What the bootloader says of itself: its `version`, and the `chip` that it runs on."""

    version: str
    chip: str


def crc16(data: bytes) -> int:
    """Return the CRC of the command Z: polynomial 0x1021, start 0, nothing reflected."""
    return binascii.crc_hqx(data, 0)


class Samba:
    """A conversation with the bootloader at the other end of `line`.

    Every call raises LinkError when the line breaks, and NoSuchAnswerError for an answer that
    does not come or has another form.
    """

    def __init__(self, line: Line, clock: Callable[[], float]) -> None:
        self._line = line
        self._clock = clock

    @property
    def name(self) -> str:
        """The port's name."""
        return self._line.name

    def identify(self) -> Loader:
        """Switch to binary answers, and ask who is there."""
        self._expect("N#", "", _ANSWER_S)
        version = self._ask("V#", _ANSWER_S)
        abilities = _ABILITIES.search(version)
        if abilities is None or not set(_NEEDED) <= set(abilities[1]):
            raise NoSuchAnswerError(
                f"The bootloader on {self.name} calls itself {version!r}; one with the commands "
                f"{', '.join(_NEEDED)} is needed."
            )
        return Loader(version, self._ask("I#", _ANSWER_S))

    def erase(self) -> None:
        """Erase the flash from the application's first byte on."""
        self._expect("X00000000#", "X", _ERASE_S)

    def write_page(self, offset: int, page: bytes) -> None:
        """Write a page of erased flash, `offset` bytes behind the application's first byte."""
        content = page.ljust(PAGE_BYTES, ERASED)
        self._send(f"S{_BUFFER:08X},{len(content):08X}#".encode())
        self._send(content)
        self._expect(f"Y{_BUFFER:08X},0#", "Y", _ANSWER_S)
        self._expect(f"Y{offset:08X},{len(content):08X}#", "Y", _WRITE_S)

    def crc(self, offset: int, size: int) -> int:
        """Return the CRC that the board computes over `size` bytes of its flash at `offset`."""
        command = f"Z{offset:08X},{size:08X}#"
        text = self._ask(command, _CRC_S)
        found = _CRC_ANSWER.fullmatch(text)
        if found is None:
            raise self._no_such(command, text)
        return int(found[1], 16)

    def reset(self) -> None:
        """Restart the chip: there is no answer, and it may be gone before the flush ends."""
        self._line.write(b"K#")
        with suppress(LinkError):
            self._line.flush()

    def close(self) -> None:
        """Give the line back."""
        self._line.close()

    def _send(self, data: bytes) -> None:
        # A command and its data must not arrive in one packet.
        self._line.write(data)
        self._line.flush()

    def _expect(self, command: str, answer: str, timeout_s: float) -> None:
        text = self._ask(command, timeout_s)
        if text != answer:
            raise self._no_such(command, text)

    def _ask(self, command: str, timeout_s: float) -> str:
        self._send(command.encode())
        received = b""
        deadline = self._clock() + timeout_s
        while not received.endswith(_END):
            left_s = deadline - self._clock()
            if left_s <= 0:
                raise self._silent(command, received, timeout_s)
            received += self._line.read(left_s)
            if len(received) > _LONGEST_ANSWER:
                raise self._no_such(command, received.decode("ascii", errors="replace"))
        return received.removesuffix(_END).decode("ascii", errors="replace")

    def _silent(self, command: str, received: bytes, timeout_s: float) -> NoSuchAnswerError:
        part = f"only {received!r} came" if received else "nothing came"
        return NoSuchAnswerError(
            f"The bootloader on {self.name} did not answer {command}: {part} in {timeout_s:.0f} s."
        )

    def _no_such(self, command: str, text: str) -> NoSuchAnswerError:
        return NoSuchAnswerError(
            f"The bootloader on {self.name} answered {command} with {text!r}, which is no answer "
            "to it."
        )
