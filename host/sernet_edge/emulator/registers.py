"""Registers of peripherals that are not more than memory, and the base of those that are."""

from collections.abc import Callable, Container, Mapping

from sernet_edge.emulator.machine import EmulatorError


def check_modelled(offset: int, registers: Container[int], part: str, address: int) -> None:
    """Raise EmulatorError unless the register at `offset` is one of the `registers` of a model.

    `part` and `address` say in the error which microcontroller's register it is. Silence here would
    let a firmware pass that waits for a wrong register, or sets up another peripheral.
    """
    if offset not in registers:
        raise EmulatorError(
            f"The firmware uses the register at 0x{address:08x}, which the model of the {part} in "
            "this program does not have.",
            "Either the address is wrong, or the model lacks it: see host/sernet_edge/emulator/.",
        )


class RegisterFile:
    """One peripheral: words that read back what was written, `initial` ones after a reset."""

    def __init__(self, initial: Mapping[int, int] | None = None) -> None:
        self._initial = dict(initial or {})
        self.words: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        """Put every register into its state after a reset."""
        self.words = dict(self._initial)

    def read(self, offset: int) -> int:
        """Return the word at `offset`."""
        return self.words.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """Take a word written at `offset`."""
        self.words[offset] = value


class NordicPeripheral(RegisterFile):
    """A peripheral with Nordic's layout: tasks below 0x100, events below 0x200, then registers.

    `on_event` sees the offset of every event that is raised (for PPI and shortcuts).
    """

    def __init__(self, initial: Mapping[int, int] | None = None) -> None:
        super().__init__(initial)
        self.on_event: Callable[[int], None] = lambda offset: None

    def write(self, offset: int, value: int) -> None:
        """Take a word; a task written with 1 runs, INTENSET and INTENCLR change INTEN."""
        if offset < 0x100:
            if value & 1:
                self.run_task(offset)
        elif offset == 0x304:
            self.words[0x300] = self.words.get(0x300, 0) | value
        elif offset == 0x308:
            self.words[0x300] = self.words.get(0x300, 0) & ~value
        else:
            self.words[offset] = value

    def run_task(self, offset: int) -> None:
        """Run the task at `offset`; the plain peripheral has none."""

    def raise_event(self, offset: int) -> None:
        """Set the event at `offset` and tell who listens."""
        self.words[offset] = 1
        self.on_event(offset)
