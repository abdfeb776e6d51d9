"""GPIO and both generations of the USART of the STM32, on a Line.

Registers: RM0390 7.4 and 25.6, RM0410 34.8, RM0456 13.4 and 66.8. A real receiver loses what comes
too early; this one leaves it on the wire, so that results do not depend on time.
"""

from collections.abc import Callable

from sernet_edge.emulator.line import Line
from sernet_edge.emulator.stm32_block import Block, Register

_MODER, _AFRL, _AFRH = 0x00, 0x20, 0x24
_ALTERNATE, _USART_FUNCTION = 2, 7
_DMAR = 1 << 6
_OVERRUN_FRAMING_NOISE = 0xE
_SENT = 3 << 6  # TXE and TC
# The two ends of a line may differ by about as much (RM0390 25.4.5: 3.75 % together).
_RATE_TOLERANCE = 0.02

# Bytes that arrive between two looks at the DMA, at most.
_BURST = 16


class Gpio(Block):
    """One port: modes, speeds, pulls and alternate functions; `modes` after a reset."""

    def __init__(self, name: str, manual: str, modes: int) -> None:
        names = {0x04: "OTYPER", 0x08: "OSPEEDR", 0x0C: "PUPDR", _AFRL: "AFRL", _AFRH: "AFRH"}
        layout = {offset: Register(register) for offset, register in names.items()}
        super().__init__(name, manual, {_MODER: Register("MODER", initial=modes), **layout})

    def is_usarts(self, pin: int) -> bool:
        """Return whether `pin` is given to a USART."""
        functions = self.words[_AFRL if pin < 8 else _AFRH]
        is_alternate = self.words[_MODER] >> 2 * pin & 3 == _ALTERNATE
        return is_alternate and functions >> 4 * (pin % 8) & 15 == _USART_FUNCTION


class Usart(Block):
    """What both generations share: they differ in `layout`, and in where things lie.

    `clock_hz` tells what its rate is divided from, `expected_baud` is the host's rate; `pins_given`
    tells whether both pins are its own. `data_offset`: of the register that a DMA fetches from.
    `errors`: the receiver's flags, to be set by tests.
    """

    control: int  # offset of CR1
    request: int  # offset of CR3
    rate: int  # offset of BRR
    enabled: int  # bits of CR1
    data_offset: int

    def __init__(self, name: str, manual: str, layout: dict[int, Register], line: Line) -> None:
        super().__init__(name, manual, layout)
        self._line = line
        self.clock_hz: Callable[[], float] = lambda: 0.0
        self.pins_given: Callable[[], bool] = lambda: False
        self.expected_baud = 0
        self.errors = 0

    @property
    def baud(self) -> float:
        """The rate in bit/s."""
        return self.clock_hz() / max(self.words[self.rate], 1)

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse to start with a wrong rate, or without pins."""
        if offset == self.rate and self.words[self.control] & self.enabled == self.enabled:
            raise self.refuse(f"changes the rate of {self.name} while it is on")
        if offset != self.control or new & self.enabled != self.enabled:
            return
        if not self.pins_given():
            raise self.refuse(f"turns {self.name} on before both pins are given to it")
        if self.words[self.rate] < 16:
            raise self.refuse(f"divides the clock of {self.name} by less than 16")
        if abs(self.baud / self.expected_baud - 1) > _RATE_TOLERANCE:
            raise self.refuse(
                f"lets {self.name} run at {self.baud:.0f} bit/s, where the host has "
                f"{self.expected_baud}"
            )

    def receive(self) -> bytes:
        """Return what arrives for the DMA."""
        is_on = self.words[self.control] & self.enabled == self.enabled
        if not is_on or not self.words[self.request] & _DMAR:
            return b""
        return self._line.take(_BURST)

    def send(self, value: int) -> None:
        """Put a byte onto the line; raises EmulatorError when the transmitter is off."""
        if self.words[self.control] & self.enabled != self.enabled:
            raise self.refuse(f"sends with {self.name} while it is off")
        self._line.send(bytes((value & 0xFF,)))


class UsartV1(Usart):
    """The USART of the F4: SR and DR."""

    control, request, rate, data_offset = 0x0C, 0x14, 0x08, 0x04
    enabled = 1 << 13 | 1 << 3 | 1 << 2

    def __init__(self, name: str, manual: str, line: Line) -> None:
        layout = {
            0x00: Register("SR", 0, _SENT),
            0x04: Register("DR", 0x1FF),
            0x08: Register("BRR", 0xFFFF),
            0x0C: Register("CR1", 0xBFFF),
            0x10: Register("CR2", 0x7F6F),
            0x14: Register("CR3", 0x0FFF),
        }
        super().__init__(name, manual, layout, line)

    def read(self, offset: int) -> int:
        """Return a register; reading DR forgets the errors."""
        value = super().read(offset)
        if offset == 0x00:
            return value | self.errors & _OVERRUN_FRAMING_NOISE
        if offset == 0x04:
            self.errors = 0
        return value

    def changed(self, offset: int, old: int, new: int) -> None:
        """Send what is written to DR."""
        if offset == 0x04:
            self.send(new)
            self.words[0x04] = 0


class UsartV2(Usart):
    """The USART of the F7 and later: ISR, ICR, RDR and TDR."""

    control, request, rate, data_offset = 0x00, 0x08, 0x0C, 0x24
    enabled = 1 << 3 | 1 << 2 | 1 << 0

    def __init__(self, name: str, manual: str, line: Line) -> None:
        layout = {
            0x00: Register("CR1"),
            0x04: Register("CR2"),
            0x08: Register("CR3"),
            0x0C: Register("BRR", 0xFFFF),
            0x1C: Register("ISR", 0, _SENT),
            0x20: Register("ICR"),
            0x24: Register("RDR", 0),
            0x28: Register("TDR", 0x1FF),
        }
        super().__init__(name, manual, layout, line)

    def read(self, offset: int) -> int:
        """Return a register; ISR has the errors."""
        value = super().read(offset)
        return value | self.errors & _OVERRUN_FRAMING_NOISE if offset == 0x1C else value

    def changed(self, offset: int, old: int, new: int) -> None:
        """Send what is written to TDR; ICR clears errors."""
        if offset == 0x28:
            self.send(new)
            self.words[0x28] = 0
        elif offset == 0x20:
            self.errors &= ~new
            self.words[0x20] = 0
