"""The DMA controller of the STM32F4 and F7, as far as its streams empty a USART's receiver.

Registers: RM0390 9.5, RM0410 8.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.stm32_block import Block, Register
from sernet_edge.emulator.stm32_usart import Usart

_LISR, _LIFCR = 0x00, 0x08
_STREAMS = 8
_CR, _NDTR, _PAR, _M0AR, _M1AR, _FCR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
_EN, _CIRC, _MINC = 1 << 0, 1 << 8, 1 << 10
# All fields of CR that must be zero for bytes from a peripheral into memory that are not double
# buffered: interrupts, direction, flow control, PINC, sizes, DBM.
_OTHERS = 0x3E | 3 << 6 | 1 << 9 | 0xF << 11 | 1 << 18
_HALF, _COMPLETE, _ALL_FLAGS = 0x10, 0x20, 0x3D


@dataclass(frozen=True)
class Source:
    """A USART's receiver that asks for a stream; `address`: of its data register."""

    usart: Usart
    address: int


class Dma(Block):
    """One controller; `sources`: (stream, channel) -> who asks for it."""

    def __init__(
        self,
        name: str,
        manual: str,
        sources: Mapping[tuple[int, int], Source],
        machine: Machine,
    ) -> None:
        layout = {
            _LISR: Register("LISR", 0),
            _LISR + 4: Register("HISR", 0),
            _LIFCR: Register("LIFCR"),
            _LIFCR + 4: Register("HIFCR"),
        }
        for stream in range(_STREAMS):
            base = 0x10 + 0x18 * stream
            names = {_NDTR: "NDTR", _PAR: "PAR", _M0AR: "M0AR", _M1AR: "M1AR"}
            layout |= {base + at: Register(f"S{stream}{word}") for at, word in names.items()}
            layout[base + _CR] = Register(f"S{stream}CR", 0x0FEFFFFF)
            layout[base + _FCR] = Register(f"S{stream}FCR", 0x87, 0x21)
        super().__init__(name, manual, layout)
        self._sources, self._machine = sources, machine
        self._reload: dict[int, int] = {}
        self._at: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """Return a register; looking at a count lets some bytes arrive first."""
        stream, register = _place(offset)
        if register == _NDTR and self.words[offset - _NDTR + _CR] & _EN:
            self._let_arrive(stream)
        return super().read(offset)

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse changes of a stream that is on, and a start that would not do what it should."""
        stream, register = _place(offset)
        if register is None:
            return
        if self._word(stream, _CR) & _EN and not (register == _CR and not (old ^ new) & ~_EN):
            raise self.refuse(f"changes stream {stream} of {self.name} while it is on")
        if register == _CR and new & ~old & _EN:
            self._check_start(stream, new)

    def changed(self, offset: int, old: int, new: int) -> None:
        """Clear flags; start or stop a stream."""
        if offset in (_LIFCR, _LIFCR + 4):
            self.words[offset - _LIFCR] &= ~new
            self.words[offset] = 0
            return
        stream, register = _place(offset)
        if register != _CR:
            return
        if new & ~old & _EN:
            self._reload[stream] = self._word(stream, _NDTR)
            self._at[stream] = self._word(stream, _M0AR)
        elif old & ~new & _EN:  # a stream that is stopped has completed
            self.words[_LISR + 4 * (stream // 4)] |= _COMPLETE << _shift(stream)

    def _word(self, stream: int, register: int) -> int:
        return self.words[0x10 + 0x18 * stream + register]

    def _source(self, stream: int) -> Source | None:
        return self._sources.get((stream, self._word(stream, _CR) >> 25 & 7))

    def _check_start(self, stream: int, control: int) -> None:
        source = self._sources.get((stream, control >> 25 & 7))
        if source is None or self._word(stream, _PAR) != source.address:
            raise self.refuse(
                f"starts stream {stream} of {self.name} with channel {control >> 25 & 7} and the "
                f"address 0x{self._word(stream, _PAR):08x}, which do not belong together"
            )
        if control & _OTHERS or control & (_CIRC | _MINC) != _CIRC | _MINC:
            raise self.refuse(f"starts stream {stream} of {self.name} as its model cannot")
        first, count = self._word(stream, _M0AR), self._word(stream, _NDTR)
        if not count or not self._machine.is_ram(first, count):
            raise self.refuse(f"lets stream {stream} of {self.name} write outside of the RAM")
        if self.words[_LISR + 4 * (stream // 4)] >> _shift(stream) & _ALL_FLAGS:
            raise self.refuse(f"starts stream {stream} of {self.name} with flags of the last time")

    def _let_arrive(self, stream: int) -> None:
        source = self._source(stream)
        arrived = source.usart.receive() if source is not None else b""
        if not arrived and not self._machine.line.to_device:
            self._machine.poll_in_vain()
        for byte in arrived:
            self._store(stream, byte)

    def _store(self, stream: int, byte: int) -> None:
        self._machine.uc.mem_write(self._at[stream], bytes((byte,)))
        self._at[stream] += 1
        count = 0x10 + 0x18 * stream + _NDTR
        self.words[count] -= 1
        flags = _LISR + 4 * (stream // 4)
        if self.words[count] == self._reload[stream] // 2:
            self.words[flags] |= _HALF << _shift(stream)
        if self.words[count] == 0:
            self.words[flags] |= _COMPLETE << _shift(stream)
            self.words[count] = self._reload[stream]
            self._at[stream] = self._word(stream, _M0AR)


def _place(offset: int) -> tuple[int, int | None]:
    """Return (stream, register) of an offset; the register is None for those of all streams."""
    stream, register = divmod(offset - 0x10, 0x18)
    return (stream, register) if offset >= 0x10 else (0, None)


def _shift(stream: int) -> int:
    return 16 * (stream % 4 // 2) + 6 * (stream % 2)
