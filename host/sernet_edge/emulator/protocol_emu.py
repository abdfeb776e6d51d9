"""emu://BOARD?image=PATH - the very image that would be flashed, in unicorn."""

import time
from collections.abc import Callable
from pathlib import Path

from sernet_cal.errors import LinkError
from sernet_edge.audio.load import read_samples
from sernet_edge.emulator.backend import SoftwareSerial, split_url
from sernet_edge.emulator.image import load_image
from sernet_edge.emulator.machine import EmulatorError, Machine, Soc, Stop, has_model
from sernet_edge.emulator.mps2 import Mps2
from sernet_edge.emulator.nrf52 import Nrf52
from sernet_edge.emulator.rp2040 import Rp2040
from sernet_edge.emulator.rp2350 import Rp2350
from sernet_edge.emulator.stm32 import Stm32F4, Stm32F7, Stm32U5
from sernet_gen.board import Board, board_names, load_board

# Microcontroller family (a board's `port`) -> its peripherals.
_FAMILIES: dict[str, Callable[[Board], Soc]] = {
    "mps2": Mps2,
    "nrf52": lambda board: Nrf52(board.part, board.microphone),
    "rp2": lambda board: Rp2040() if board.core == Rp2040.core else Rp2350(),
    "stm32f4": Stm32F4,
    "stm32f7": Stm32F7,
    "stm32u5": Stm32U5,
}


def is_emulated(board: Board) -> bool:
    """Return whether emu:// knows the family of `board` and its core."""
    return board.port in _FAMILIES and has_model(board.core)


def emulated_boards() -> tuple[str, ...]:
    """Return the names of the boards that emu:// knows, sorted."""
    return tuple(name for name in board_names() if is_emulated(load_board(name)))


class UnicornBackend:
    """A Machine that runs while the host waits for bytes."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def write(self, data: bytes) -> None:
        """Put bytes on the wire; they are taken when the machine runs."""
        self.machine.line.to_device.extend(data)

    def receive(self, timeout_s: float) -> bytes:
        """Run the machine; returns what it sent, or nothing after `timeout_s`.

        Raises EmulatorError for a core that locked up or sleeps for good.
        """
        deadline = time.monotonic() + timeout_s
        stop = self.machine.run(timeout_s)
        sent = self.machine.line.collect()
        if sent:
            return sent
        if stop is Stop.ASLEEP:
            raise EmulatorError(
                f"The firmware halted at pc 0x{self.machine.pc:08x} and said nothing.",
                "Find the line:  arm-none-eabi-addr2line -e build/BOARD/firmware.elf "
                f"0x{self.machine.pc:x}",
            )
        # Nothing will come before something is sent: wait as a real port does.
        time.sleep(max(0.0, deadline - time.monotonic()))
        return b""

    def close(self) -> None:
        """Do nothing: the machine goes with its last user."""


def start(url: str) -> UnicornBackend:
    """Start the machine that `url` names; raises LinkError for one that is not known."""
    parts = split_url(url, frozenset({"image", "microphone"}))
    board = load_board(parts.board)
    if board.memory is None or not is_emulated(board):
        raise LinkError(
            f"{parts.board} has no emulator in this program; emu:// knows "
            f"{', '.join(emulated_boards())}.",
            f"Its own emulator:  sernet-edge verify --board {parts.board} --emulate",
        )
    path = Path(parts.options.get("image") or f"build/{board.name}/firmware.elf")
    soc = _FAMILIES[board.port](board)
    sound = parts.options.get("microphone")
    if sound and (not isinstance(soc, Nrf52) or board.microphone is None):
        raise LinkError(
            f"{board.name} has no microphone that could hear {sound}.",
            "Leave the option out, or take a board that has one:  --board nano33",
        )
    backend = UnicornBackend(Machine(soc, load_image(path, board.memory)))
    if sound and isinstance(soc, Nrf52):
        soc.listen_to(read_samples(Path(sound)))
    return backend


class Serial(SoftwareSerial):
    """What `serial.serial_for_url("emu://...")` makes."""

    start = staticmethod(start)
