"""A TIMER of the nRF52, as a counter of events. As a timer it stands still: nothing in an
emulator takes a real time, and a firmware that looks finds out that there is no clock.

Register names: nRF52840 Product Specification v1.7, chapter TIMER.
"""

from collections.abc import Callable

from sernet_edge.emulator.registers import NordicPeripheral

START, STOP, COUNT, CLEAR, SHUTDOWN = 0x000, 0x004, 0x008, 0x00C, 0x010
CAPTURE, COMPARE, CC = 0x040, 0x140, 0x540
INTENSET, INTENCLR, MODE, BITMODE, PRESCALER = 0x304, 0x308, 0x504, 0x508, 0x510
_CHANNELS = 6
REGISTERS = frozenset(
    (START, STOP, COUNT, CLEAR, SHUTDOWN, INTENSET, INTENCLR, MODE, BITMODE, PRESCALER)
) | {first + 4 * channel for first in (CAPTURE, COMPARE, CC) for channel in range(_CHANNELS)}
_BITS = {0: 16, 1: 8, 2: 24, 3: 32}


class Timer(NordicPeripheral):
    """`before_capture` runs before the count is looked at, `unchanged` when CC is read and no
    event has been counted since the last time.
    """

    def __init__(self, before_capture: Callable[[], None], unchanged: Callable[[], None]) -> None:
        self._before_capture, self._unchanged = before_capture, unchanged
        super().__init__()

    def reset(self) -> None:
        """Stop and clear."""
        super().reset()
        self._running, self._count, self._seen = False, 0, 0

    def read(self, offset: int) -> int:
        """Return a register."""
        value = super().read(offset)
        if CC <= offset < CC + 4 * _CHANNELS and self.words.get(MODE, 0) != 0:
            if value == self._seen:
                self._unchanged()
            self._seen = value
        return value

    def run_task(self, offset: int) -> None:
        """Start, stop, count, clear, or capture the count."""
        if offset == START:
            self._running = True
        elif offset in (STOP, SHUTDOWN):
            self._running = False
        elif offset == COUNT:
            self._step()
        elif offset == CLEAR:
            self._count = 0
        elif CAPTURE <= offset < CAPTURE + 4 * _CHANNELS:
            self._before_capture()
            self.words[CC + offset - CAPTURE] = self._count

    def _step(self) -> None:
        if not self._running or self.words.get(MODE, 0) == 0:
            return
        bits = _BITS[self.words.get(BITMODE, 0) & 3]
        self._count = (self._count + 1) % (1 << bits)
        for channel in range(_CHANNELS):
            if self.words.get(CC + 4 * channel) == self._count:
                self.raise_event(COMPARE + 4 * channel)
