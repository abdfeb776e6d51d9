"""What only an emulated board can tell: exact instruction counts and the depth of its stack."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError
from sernet_edge.emulator.counting import InstructionCounter
from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.protocol_emu import UnicornBackend
from sernet_edge.link.clip import run_clip
from sernet_edge.link.session import Session
from sernet_edge.link.transport import SerialTransport


def emulated_machine(transport: SerialTransport) -> Machine | None:
    """Return the unicorn machine behind `transport`, None for every other board."""
    backend = transport.backend
    return backend.machine if isinstance(backend, UnicornBackend) else None


def countable(machine: Machine | None) -> Machine:
    """Return `machine`; raises InputError for a board that is not emulated here."""
    if machine is None:
        raise InputError(
            "--count: instructions can be counted in the emulator of this program only.",
            "Run it there:  --board nano33 --emulate",
        )
    return machine


def count_clip(
    machine: Machine,
    session: Session,
    samples: npt.NDArray[np.int16],
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Return the instructions from BEGIN to RESULT of a clip, int16 [n], run without debugging.

    Raises ToolchainError without a C compiler.
    """
    counter = InstructionCounter(machine)
    run_clip(session, samples, on_progress=on_progress)
    return counter.instructions
