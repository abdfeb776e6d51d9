"""UART0 of the RP2040 and RP2350 (a PL011) and the DMA channel that empties its receiver.

Registers: RP2040 datasheet, 4.2 and 2.5; RP2350 datasheet, 12.1 and 12.6. A real receiver loses
what comes too early; this one leaves it on the wire, so that results do not depend on time.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sernet_edge.emulator.line import Line
from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.registers import RegisterFile

_DATA, _ERRORS, _FLAGS, _IBRD, _FBRD = 0x00, 0x04, 0x18, 0x24, 0x28
_LINE, _CONTROL, _DMACR = 0x2C, 0x30, 0x48
UART_REGISTERS = (_DATA, _ERRORS, _FLAGS, _IBRD, _FBRD, _LINE, _CONTROL, _DMACR)
_RX_EMPTY, _TX_EMPTY = 1 << 4, 1 << 7
_ENABLED, _TX, _RX = 1, 1 << 8, 1 << 9
_READ_ADDRESS, _WRITE_ADDRESS, _COUNT, _CTRL, _CTRL_ALIAS = 0x000, 0x004, 0x008, 0x00C, 0x010
DMA_REGISTERS = (_READ_ADDRESS, _WRITE_ADDRESS, _COUNT, _CTRL, _CTRL_ALIAS)
_CHANNEL_ENABLED = 1

# Bytes that arrive between two looks at the count, at most.
_BURST = 16


@dataclass(frozen=True)
class DmaLayout:
    """What differs between the chips: the offset of CHAN_ABORT, the mask of the count, in CTRL the
    bits INCR_WRITE and RING_SEL and the lowest of RING_SIZE and TREQ_SEL, and in the latter the
    number of UART0's receiver."""

    abort: int
    count: int
    increase_write: int
    ring_size: int
    ring_write: int
    request: int
    uart0_rx: int


class Uart(RegisterFile):
    """The UART on a Line; `clock_hz` tells what its rate is divided from, `reaches_a_pin` whether
    its receiver (True) or transmitter has one."""

    def __init__(
        self, line: Line, clock_hz: Callable[[], float], reaches_a_pin: Callable[[bool], bool]
    ) -> None:
        super().__init__()
        self._line, self._clock_hz, self._reaches_a_pin = line, clock_hz, reaches_a_pin

    @property
    def baud(self) -> float:
        """The rate in bit/s; 0 without a clock or a divider."""
        divider = self.words.get(_IBRD, 0) + self.words.get(_FBRD, 0) / 64
        return self._clock_hz() / (16 * divider) if divider else 0.0

    def read(self, offset: int) -> int:
        """Return a register; what is sent is gone at once, what is received goes to the DMA."""
        return _RX_EMPTY | _TX_EMPTY if offset == _FLAGS else super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Take a word; data goes onto the line when the transmitter is on and has a clock."""
        if offset == _DATA:
            if self._is_on(_TX):
                self._line.send(bytes((value & 0xFF,)))
        else:
            super().write(offset, value)

    def receive(self) -> bytes:
        """Return what arrives for the DMA."""
        if not self._is_on(_RX) or not self.words.get(_DMACR, 0) & 1:
            return b""
        return self._line.take(_BURST)

    def _is_on(self, direction: int) -> bool:
        wanted = _ENABLED | direction
        is_enabled = self.words.get(_CONTROL, 0) & wanted == wanted
        return is_enabled and self.baud > 0 and self._reaches_a_pin(direction == _RX)


class DmaChannel(RegisterFile):
    """Channel 0, as far as it empties the UART's receiver."""

    _is_started = False

    def __init__(self, uart: Uart, machine: Machine, layout: DmaLayout) -> None:
        super().__init__()
        self._uart, self._machine, self._layout = uart, machine, layout

    def read(self, offset: int) -> int:
        """Return a register; looking at the count or the address lets some bytes arrive first."""
        if offset in (_COUNT, _WRITE_ADDRESS) and self._is_running():
            arrived = self._uart.receive()
            if not arrived and not self._machine.line.to_device:
                self._machine.poll_in_vain()
            for byte in arrived:
                self._store(byte)
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Take a word; an abort is over at once. A channel starts only by CTRL_TRIG."""
        if offset == _CTRL_ALIAS:
            self.words[_CTRL] = value
            self._is_started = self._is_started and bool(value & _CHANNEL_ENABLED)
            return
        if offset == _CTRL:
            self._is_started = bool(value & _CHANNEL_ENABLED)
        if offset == self._layout.abort:
            if value & 1:
                self._is_started = False
            return
        super().write(offset, value)

    def reset(self) -> None:
        """Stop and clear."""
        super().reset()
        self._is_started = False

    def _is_running(self) -> bool:
        layout, control = self._layout, self.words.get(_CTRL, 0)
        return bool(
            self._is_started
            and control >> layout.request & 63 == layout.uart0_rx
            and self.words.get(_COUNT, 0) & layout.count
        )

    def _store(self, byte: int) -> None:
        layout, address, control = self._layout, self.words[_WRITE_ADDRESS], self.words[_CTRL]
        self._machine.uc.mem_write(address, bytes((byte,)))
        following = address + (control >> layout.increase_write & 1)
        bits = control >> layout.ring_size & 15
        if bits and control >> layout.ring_write & 1:  # only the lower bits of the address change
            mask = (1 << bits) - 1
            following = address & ~mask | following & mask
        self.words[_WRITE_ADDRESS] = following
        self.words[_COUNT] -= 1
