"""UARTE0 of the nRF52: EasyDMA both ways, double-buffered pointers, shortcuts, and errors.

Register names and behaviour: nRF52840 Product Specification v1.7, chapter UARTE. A real receiver
loses what comes too early; this one leaves it on the wire, so that results do not depend on time.
"""

from collections.abc import Callable

from sernet_edge.emulator.line import Line
from sernet_edge.emulator.registers import NordicPeripheral

STARTRX, STOPRX, STARTTX, STOPTX, FLUSHRX = 0x000, 0x004, 0x008, 0x00C, 0x02C
RXDRDY, ENDRX, TXDRDY, ENDTX = 0x108, 0x110, 0x11C, 0x120
ERROR, RXTO, RXSTARTED, TXSTARTED, TXSTOPPED = 0x124, 0x144, 0x14C, 0x150, 0x158
SHORTS, ERRORSRC, ENABLE = 0x200, 0x480, 0x500
RXD_PTR, RXD_MAXCNT, RXD_AMOUNT = 0x534, 0x538, 0x53C
TXD_PTR, TXD_MAXCNT, TXD_AMOUNT = 0x544, 0x548, 0x54C

PSEL_RTS, PSEL_TXD, PSEL_CTS, PSEL_RXD = 0x508, 0x50C, 0x510, 0x514
INTENSET, INTENCLR, BAUDRATE, CONFIG = 0x304, 0x308, 0x524, 0x56C
REGISTERS = (
    frozenset((STARTRX, STOPRX, STARTTX, STOPTX, FLUSHRX, RXDRDY, ENDRX, TXDRDY, ENDTX, ERROR))
    | {RXTO, RXSTARTED, TXSTARTED, TXSTOPPED, SHORTS, INTENSET, INTENCLR, ERRORSRC, ENABLE}
    | {PSEL_RTS, PSEL_TXD, PSEL_CTS, PSEL_RXD, BAUDRATE, CONFIG}
    | {RXD_PTR, RXD_MAXCNT, RXD_AMOUNT, TXD_PTR, TXD_MAXCNT, TXD_AMOUNT}
)

_ENABLED = 8
_SHORT_ENDRX_STARTRX, _SHORT_ENDRX_STOPRX = 1 << 5, 1 << 6
_RESET = {
    RXD_PTR: 0,
    ERRORSRC: 0,
    **dict.fromkeys((PSEL_RTS, PSEL_TXD, PSEL_CTS, PSEL_RXD), 0xFFFFFFFF),
}

# Bytes that arrive between two looks at the receiver, at most.
_BURST = 16

ReadMemory = Callable[[int, int], bytes]
WriteMemory = Callable[[int, bytes], None]


class Uarte(NordicPeripheral):
    """The UART on a Line; `poll_in_vain` is called when the firmware finds nothing."""

    def __init__(
        self,
        line: Line,
        read_memory: ReadMemory,
        write_memory: WriteMemory,
        poll_in_vain: Callable[[], None],
    ) -> None:
        self._line = line
        self._read_memory, self._write_memory = read_memory, write_memory
        self._poll_in_vain = poll_in_vain
        super().__init__(_RESET)

    def reset(self) -> None:
        """Stop both directions."""
        super().reset()
        self._receiving = self._gated = False
        self._pointer = self._room = self._amount = 0

    def read(self, offset: int) -> int:
        """Return a register; looking for received bytes lets some arrive first."""
        if offset in (RXDRDY, ENDRX, RXD_AMOUNT):
            self.receive()
            if self._receiving and not self.words.get(offset, 0) and not self._line.to_device:
                self._poll_in_vain()
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Take a word; ERRORSRC is cleared by ones, and any sign of attention opens the gate."""
        if offset == ERRORSRC:
            self.words[offset] = self.words.get(offset, 0) & ~value
            return
        if offset in (RXDRDY, ENDRX, RXSTARTED, RXD_PTR):
            self._gated = False
        super().write(offset, value)

    def run_task(self, offset: int) -> None:
        """Start or stop a direction."""
        if self.words.get(ENABLE, 0) != _ENABLED:
            return
        match offset:
            case 0x000:
                self._start_receiver()
            case 0x004:
                self._stop_receiver()
            case 0x008:
                self._transmit()
            case 0x00C:
                self.raise_event(TXSTOPPED)
            case 0x02C:
                self.words[RXD_AMOUNT] = 0
                self.raise_event(ENDRX)

    def receive(self) -> None:
        """Let up to a burst of bytes arrive, as far as the firmware gave them room."""
        if not self._receiving or self._gated:
            return
        arrived = self._line.take(min(_BURST, self._room))
        if not arrived:
            return
        self._write_memory(self._pointer, arrived)
        self._pointer += len(arrived)
        self._room -= len(arrived)
        self._amount += len(arrived)
        for _ in arrived:
            self.raise_event(RXDRDY)
        if not self._room:
            self._end_buffer()

    def _start_receiver(self) -> None:
        self._pointer = self.words.get(RXD_PTR, 0)
        self._room = self.words.get(RXD_MAXCNT, 0)
        self._amount = 0
        self._receiving, self._gated = True, False
        self.raise_event(RXSTARTED)

    def _end_buffer(self) -> None:
        self.words[RXD_AMOUNT] = self._amount
        self._receiving = False
        self.raise_event(ENDRX)
        shorts = self.words.get(SHORTS, 0)
        if shorts & _SHORT_ENDRX_STARTRX:
            self._start_receiver()
            # On a wire the next buffer takes long to fill; here the firmware must look first.
            self._gated = True
        elif shorts & _SHORT_ENDRX_STOPRX:
            self._stop_receiver()

    def _stop_receiver(self) -> None:
        if self._receiving:
            self.words[RXD_AMOUNT] = self._amount
            self._receiving = False
            self.raise_event(ENDRX)
        self.raise_event(RXTO)

    def _transmit(self) -> None:
        count = self.words.get(TXD_MAXCNT, 0)
        self.raise_event(TXSTARTED)
        data = self._read_memory(self.words.get(TXD_PTR, 0), count)
        self._line.send(data)
        self.words[TXD_AMOUNT] = count
        if count:
            self.raise_event(TXDRDY)
        self.raise_event(ENDTX)
