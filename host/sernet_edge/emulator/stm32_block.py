"""Registers of an STM32 peripheral that refuse what the real ones do not have."""

from collections.abc import Mapping
from dataclasses import dataclass

from sernet_edge.emulator.machine import EmulatorError
from sernet_edge.emulator.registers import RegisterFile

# How often a status must be looked at before it changes: firmware that does not wait is caught.
_POLLS_UNTIL_READY = 3


def refuse(what: str, manual: str) -> EmulatorError:
    """Return the error for a firmware that `what`, against `manual`'s rule."""
    return EmulatorError(
        f"The firmware {what}.",
        f"A real chip may fail where this model stops: see {manual}.",
    )


@dataclass(frozen=True)
class Register:
    """One register: the bits that software may change, and its value after a reset."""

    name: str
    writable: int = 0xFFFFFFFF
    initial: int = 0


class Block(RegisterFile):
    """A peripheral with the registers `layout` (by offset) and no others.

    `name` and `manual` say in errors what it is and where it is described.
    """

    def __init__(self, name: str, manual: str, layout: Mapping[int, Register]) -> None:
        self.name, self.manual, self.layout = name, manual, layout
        self._later: dict[tuple[int, int], tuple[int, int]] = {}
        super().__init__({offset: register.initial for offset, register in layout.items()})

    def reset(self) -> None:
        """Put every register into its state after a reset."""
        super().reset()
        self._later = {}

    def read(self, offset: int) -> int:
        """Return a register; raises EmulatorError for one that is not there."""
        self._known(offset)
        self._let_time_pass(offset)
        return self.words[offset]

    def write(self, offset: int, value: int) -> None:
        """Take a word; raises EmulatorError for one that would change reserved or status bits."""
        register = self._known(offset)
        old = self.words[offset]
        wrong = (old ^ value) & ~register.writable
        if wrong:
            raise self.refuse(
                f"writes 0x{value:08x} to {self.name}.{register.name}, over bits that are "
                f"reserved or read only (0x{wrong:08x})"
            )
        self.check(offset, old, value)
        self.words[offset] = value
        self.changed(offset, old, value)

    def check(self, offset: int, old: int, new: int) -> None:
        """Raise EmulatorError where the register at `offset` must not change from `old` to `new`
        now; the plain peripheral allows everything."""

    def changed(self, offset: int, old: int, new: int) -> None:
        """Do what follows from a write; nothing follows in the plain peripheral."""

    def refuse(self, what: str) -> EmulatorError:
        """Return the error for a firmware that `what`."""
        return refuse(what, self.manual)

    def later(self, offset: int, mask: int, value: int) -> None:
        """Let the bits `mask` become `value` when the register has been looked at a few times."""
        self._later[offset, mask] = (_POLLS_UNTIL_READY, value)

    def at_once(self, offset: int, mask: int, value: int) -> None:
        """Let the bits `mask` be `value`, whatever was to become of them."""
        self._later.pop((offset, mask), None)
        self.words[offset] = self.words[offset] & ~mask | value

    def _known(self, offset: int) -> Register:
        if offset not in self.layout:
            raise self.refuse(
                f"uses a register of {self.name}, at offset 0x{offset:x}, that its model does not "
                "have"
            )
        return self.layout[offset]

    def _let_time_pass(self, offset: int) -> None:
        for (where, mask), (polls, value) in list(self._later.items()):
            if where != offset:
                continue
            if polls > 0:
                self._later[where, mask] = (polls - 1, value)
            else:
                self.at_once(where, mask, value)
