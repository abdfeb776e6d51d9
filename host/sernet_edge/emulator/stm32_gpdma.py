"""GPDMA1 of the STM32U5: channel 0, as far as it empties a USART's receiver by a linked list.

Registers: RM0456 17.8.
"""

import struct
from collections.abc import Mapping

from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.stm32_block import Block, Register
from sernet_edge.emulator.stm32_stream import Source

_LBAR, _FCR, _SR, _CR = 0x50, 0x5C, 0x60, 0x64
_TR1, _TR2, _BR1, _SAR, _DAR, _LLR = 0x90, 0x94, 0x98, 0x9C, 0xA0, 0xCC
_EN, _RESET, _SUSP = 1, 2, 4
_IDLE, _COMPLETE, _SUSPENDED = 1, 1 << 8, 1 << 13
_FLAGS = 0x7F << 8
_DINC, _PORTS = 1 << 19, 1 << 14 | 1 << 30
# Bit of LLR -> the register that the item holds then, in the order of its words (17.4.7).
_ITEM = ((31, _TR1), (30, _TR2), (29, _BR1), (28, _SAR), (27, _DAR), (16, _LLR))
_ITEM_BITS = 0xF801_0000
_LINK = 0xFFFC


class Gpdma(Block):
    """The controller; `sources`: request -> who asks with it."""

    def __init__(self, sources: Mapping[int, Source], machine: Machine) -> None:
        layout = {
            _LBAR: Register("C0LBAR", 0xFFFF0000),
            _FCR: Register("C0FCR", _FLAGS),
            _SR: Register("C0SR", 0, _IDLE),
            _CR: Register("C0CR", _EN | _RESET | _SUSP),
            _TR1: Register("C0TR1"),
            _TR2: Register("C0TR2"),
            _BR1: Register("C0BR1", 0xFFFF),
            _SAR: Register("C0SAR"),
            _DAR: Register("C0DAR"),
            _LLR: Register("C0LLR", _ITEM_BITS | _LINK),
        }
        super().__init__("GPDMA1", "RM0456 17.4", layout)
        self._sources, self._machine = sources, machine

    def read(self, offset: int) -> int:
        """Return a register; looking at how far it is lets some bytes arrive first."""
        is_running = self.words[_CR] & (_EN | _SUSP) == _EN
        if offset in (_DAR, _BR1) and is_running:
            self._let_arrive()
        return super().read(offset)

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse changes of a channel that is on, and a start that would not do what it should."""
        if offset == _FCR:
            return
        if offset != _CR:
            if self.words[_CR] & _EN:
                raise self.refuse("changes channel 0 of GPDMA1 while it is on")
            return
        if new & _RESET and not self.words[_SR] & (_IDLE | _SUSPENDED):
            raise self.refuse("resets channel 0 of GPDMA1 before it is suspended")
        if old & ~new & _EN and not new & _RESET:
            raise self.refuse("clears EN of channel 0 of GPDMA1, which only a reset does")
        if new & ~old & _EN:
            self._check_start()

    def changed(self, offset: int, old: int, new: int) -> None:
        """Clear flags; start, suspend or reset the channel."""
        if offset == _FCR:
            self.words[_SR] &= ~new
            self.words[_FCR] = 0
        if offset != _CR:
            return
        if new & _RESET:
            self.words[_CR] = 0
            self.at_once(_SR, _SUSPENDED, 0)
            self.words[_SR] |= _IDLE
        elif new & ~old & _SUSP and new & _EN:
            self.later(_SR, _SUSPENDED, _SUSPENDED)
        elif new & ~old & _EN:
            self.words[_SR] &= ~_IDLE

    def _check_start(self) -> None:
        words = self.words
        source = self._sources.get(words[_TR2])
        if source is None or words[_SAR] != source.address:
            raise self.refuse(
                f"starts channel 0 of GPDMA1 with request {words[_TR2]} and the address "
                f"0x{words[_SAR]:08x}, which do not belong together"
            )
        if words[_TR1] & ~_PORTS != _DINC:
            raise self.refuse("starts channel 0 of GPDMA1 as its model cannot")
        if words[_SR] & _FLAGS:
            raise self.refuse("starts channel 0 of GPDMA1 with flags of the last time")
        self._check_destination()

    def _check_destination(self) -> None:
        first, count = self.words[_DAR], self.words[_BR1]
        if not count or not self._machine.is_ram(first, count):
            raise self.refuse("lets channel 0 of GPDMA1 write outside of the RAM")

    def _let_arrive(self) -> None:
        source = self._sources[self.words[_TR2]]
        arrived = source.usart.receive()
        if not arrived and not self._machine.line.to_device:
            self._machine.poll_in_vain()
        for byte in arrived:
            self._machine.uc.mem_write(self.words[_DAR], bytes((byte,)))
            self.words[_DAR] += 1
            self.words[_BR1] -= 1
            if self.words[_BR1] == 0:
                self.words[_SR] |= _COMPLETE
                self._follow_link()

    def _follow_link(self) -> None:
        link = self.words[_LLR]
        if not link:
            raise self.refuse("lets channel 0 of GPDMA1 come to an end: nothing is received then")
        held = [register for bit, register in _ITEM if link >> bit & 1]
        address = self.words[_LBAR] | link & _LINK
        if not self._machine.is_ram(address, 4 * len(held)):
            raise self.refuse(f"keeps the next item of GPDMA1 at 0x{address:08x}, outside the RAM")
        item = self._machine.uc.mem_read(address, 4 * len(held))
        for register, word in zip(held, struct.unpack(f"<{len(held)}I", item), strict=True):
            self.words[register] = word
        self._check_destination()
