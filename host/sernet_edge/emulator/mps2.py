"""Arm's MPS2 boards: the CMSDK UART, and a counter that stands still (see nrf_timer).

Registers: Arm DDI 0479 (Cortex-M System Design Kit), chapter APB UART.
"""

from sernet_cal.errors import InputError
from sernet_edge.emulator.machine import Machine, Region
from sernet_edge.emulator.registers import RegisterFile
from sernet_gen.board import Board

_PAGE_BYTES = 0x10000
_DATA, _STATE, _CTRL = 0x0, 0x4, 0x8
_TX_ENABLE, _RX_ENABLE = 1, 2
_RX_FULL = 2


class Mps2:
    """`board`, to be connected to one Machine; raises InputError for one without addresses."""

    boot_stage: int | None = None

    def __init__(self, board: Board) -> None:
        if board.memory is None or board.peripherals is None:
            raise InputError(f"{board.name} lacks the table peripherals: where is its UART?")
        self.core = board.core
        self.flash = Region(board.memory.flash.origin, board.memory.flash.length)
        self.ram = Region(board.memory.ram.origin, board.memory.ram.length)
        self._uart, self._counter = board.peripherals.uart, board.peripherals.counter

    def connect(self, machine: Machine) -> None:
        """Map the peripherals into the machine."""
        self._machine = machine
        self._line = machine.line
        self._registers = RegisterFile()
        self._received = b""
        uart_page, counter_page = self._uart & -_PAGE_BYTES, self._counter & -_PAGE_BYTES
        self._uart_offset = self._uart - uart_page
        machine.map_io(Region(uart_page, _PAGE_BYTES), self._read, self._write)
        if counter_page != uart_page:
            counter = RegisterFile()
            machine.map_io(Region(counter_page, _PAGE_BYTES), counter.read, counter.write)

    def reset(self) -> None:
        """Empty the receiver and the registers."""
        self._received = b""
        self._registers.reset()

    def _read(self, offset: int) -> int:
        register = offset - self._uart_offset
        if register == _STATE:
            return self._state()
        if register == _DATA:
            byte, self._received = self._received, b""
            return byte[0] if byte else 0
        return self._registers.read(offset)

    def _state(self) -> int:
        if not self._enabled(_RX_ENABLE):
            return 0
        if not self._received:
            self._received = self._line.take(1)
        if not self._received:
            self._machine.poll_in_vain()
            return 0
        return _RX_FULL

    def _enabled(self, direction: int) -> bool:
        return bool(self._registers.read(self._uart_offset + _CTRL) & direction)

    def _write(self, offset: int, value: int) -> None:
        register = offset - self._uart_offset
        if register == _DATA and self._enabled(_TX_ENABLE):
            self._line.send(bytes((value & 0xFF,)))
        elif register != _STATE:
            self._registers.write(offset, value)
