"""UART0 of the RP2040 (a PL011) and the DMA channel that empties its receiver.

Registers: RP2040 datasheet, 4.2 and 2.5. A real receiver loses what comes too early; this one
leaves it on the wire, so that results do not depend on time.
"""

from collections.abc import Callable

from sernet_edge.emulator.line import Line
from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.registers import RegisterFile

_DATA, _FLAGS, _IBRD, _FBRD, _CONTROL, _DMACR = 0x00, 0x18, 0x24, 0x28, 0x30, 0x48
_RX_EMPTY, _TX_EMPTY = 1 << 4, 1 << 7
_ENABLED, _TX, _RX = 1, 1 << 8, 1 << 9
_WRITE_ADDRESS, _COUNT, _CTRL = 0x004, 0x008, 0x00C
_ABORT = 0x444
_CHANNEL_ENABLED, _RING_WRITE, _UART0_RX = 1, 1 << 10, 21

# Bytes that arrive between two looks at the count, at most.
_BURST = 16


class Uart(RegisterFile):
    """The UART on a Line; `clock_hz` tells what its rate is divided from."""

    def __init__(self, line: Line, clock_hz: Callable[[], float]) -> None:
        super().__init__()
        self._line, self._clock_hz = line, clock_hz

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
        return self.baud > 0 and self.words.get(_CONTROL, 0) & wanted == wanted


class DmaChannel(RegisterFile):
    """Channel 0, as far as it empties the UART's receiver."""

    def __init__(self, uart: Uart, machine: Machine) -> None:
        super().__init__()
        self._uart, self._machine = uart, machine

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
        """Take a word; an abort is over at once."""
        if offset == _ABORT:
            if value & 1:
                self.words[_CTRL] = self.words.get(_CTRL, 0) & ~_CHANNEL_ENABLED
            return
        super().write(offset, value)

    def _is_running(self) -> bool:
        control = self.words.get(_CTRL, 0)
        return bool(
            control & _CHANNEL_ENABLED
            and control >> 15 & 63 == _UART0_RX
            and self.words.get(_COUNT, 0)
        )

    def _store(self, byte: int) -> None:
        address, control = self.words[_WRITE_ADDRESS], self.words[_CTRL]
        self._machine.uc.mem_write(address, bytes((byte,)))
        following = address + (control >> 5 & 1)
        bits = control >> 6 & 15
        if bits and control & _RING_WRITE:  # only the lower bits of the address change
            mask = (1 << bits) - 1
            following = address & ~mask | following & mask
        self.words[_WRITE_ADDRESS] = following
        self.words[_COUNT] -= 1
