"""What only an emulated board can tell: exact instruction counts and the depth of its stack."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError
from sernet_edge.emulator.counting import InstructionCounter
from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.protocol_emu import UnicornBackend
from sernet_edge.link.clip import run_clip
from sernet_edge.link.session import Session, Timing
from sernet_edge.link.transport import SerialTransport

_PATIENCE_S = 600.0  # the emulator answers as soon as it can: nothing is ever lost
_ANY_NUMBER = 1


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


def counting_session(machine: Machine | None, transport: SerialTransport) -> Session:
    """Restart `machine` and return a session with it that is the same every time.

    Names, sequence numbers and what happened before change the bytes of the link, and so the
    count; a slow machine would ask again. `machine`: None for a board that was just started.
    """
    if machine is not None:
        machine.reset()
    session = Session(transport, Timing(base_s=_PATIENCE_S), random_u32=lambda: _ANY_NUMBER)
    session.connect()
    return session


def count_clip(
    machine: Machine,
    transport: SerialTransport,
    samples: npt.NDArray[np.int16],
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Return the instructions from BEGIN to RESULT of a clip, int16 [n], run without debugging.

    Restarts the machine; the same clip gives the same count. Raises ToolchainError without a C
    compiler.
    """
    session = counting_session(machine, transport)
    counter = InstructionCounter(machine)
    run_clip(session, samples, on_progress=on_progress)
    return counter.instructions
