"""Arm's MPS2 with AN386: CMSDK UART0, and a timer that stands still (see nrf_timer).

Registers: Arm DDI 0479 (Cortex-M System Design Kit), chapters APB UART and APB timer.
"""

from sernet_edge.emulator.machine import Machine, Region
from sernet_edge.emulator.registers import RegisterFile

_APB = Region(0x40000000, 0x10000)
_UART0 = 0x4000
_DATA, _STATE, _CTRL = 0x0, 0x4, 0x8
_TX_ENABLE, _RX_ENABLE = 1, 2
_RX_FULL = 2


class Mps2:
    """The board, to be connected to one Machine."""

    flash = Region(0x00000000, 0x400000)
    ram = Region(0x20000000, 0x400000)

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        self._machine = machine
        self._line = machine.line
        self._registers = RegisterFile()
        self._received = b""
        machine.map_io(_APB, self._read, self._write)

    def reset(self) -> None:
        """Empty the receiver and the registers."""
        self._received = b""
        self._registers.reset()

    def _read(self, offset: int) -> int:
        if offset == _UART0 + _STATE:
            return self._state()
        if offset == _UART0 + _DATA:
            byte, self._received = self._received, b""
            return byte[0] if byte else 0
        return self._registers.read(offset)

    def _state(self) -> int:
        if not self._registers.read(_UART0 + _CTRL) & _RX_ENABLE:
            return 0
        if not self._received:
            self._received = self._line.take(1)
        if not self._received:
            self._machine.poll_in_vain()
            return 0
        return _RX_FULL

    def _write(self, offset: int, value: int) -> None:
        if offset == _UART0 + _DATA and self._registers.read(_UART0 + _CTRL) & _TX_ENABLE:
            self._line.send(bytes((value & 0xFF,)))
        elif offset != _UART0 + _STATE:
            self._registers.write(offset, value)
