"""Which blocks of the firmware ran how often, and for which part of it; nothing of it is changed.

A part is a number. Code has marks: at some addresses a part begins, at others the first argument
(register 0) says which, everywhere else the part stays what it was.
"""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import SernetError
from sernet_edge.emulator.counting import add_hook, compile_hook, unicorn_library
from sernet_edge.emulator.machine import Machine

MARK_STAY = 0
MARK_BY_ARGUMENT = 0xFFFF
PHASES = 2
_SOURCE = "block_profile.c"
_SLOTS = 65536


@dataclass(frozen=True, eq=False)
class CodeMarks:
    """`marks`: uint16, one for each halfword from the address `first` on: MARK_STAY,
    MARK_BY_ARGUMENT, or a part. `arguments`: part by the address in register 0."""

    first: int
    marks: npt.NDArray[np.uint16]
    arguments: Mapping[int, int]


@dataclass(frozen=True)
class ProfiledBlock:
    """A block of code that ran for `part`; the figures are counts by phase.

    `taken`: runs after which the core went on elsewhere than behind the block. `reads`:
    reads of data in flash.
    """

    address: int
    size: int
    part: int
    runs: tuple[int, ...]
    taken: tuple[int, ...]
    reads: tuple[int, ...]


class _Block(ctypes.Structure):
    """sn_profiled_block."""

    _fields_ = (
        ("address", ctypes.c_uint64),
        ("size", ctypes.c_uint32),
        ("part", ctypes.c_uint32),
        ("runs", ctypes.c_uint64 * PHASES),
        ("taken", ctypes.c_uint64 * PHASES),
        ("reads", ctypes.c_uint64 * PHASES),
    )


class Profile(ctypes.Structure):
    """sn_block_profile."""

    _fields_ = (
        ("read_register", ctypes.c_void_p),
        ("marks", ctypes.c_void_p),
        ("arguments", ctypes.c_void_p),
        ("first_code", ctypes.c_uint32),
        ("mark_count", ctypes.c_uint32),
        ("argument_count", ctypes.c_uint32),
        ("first_argument_part", ctypes.c_uint32),
        ("register_0", ctypes.c_int32),
        ("phase", ctypes.c_uint32),
        ("part", ctypes.c_uint32),
        ("lost", ctypes.c_uint32),
        ("last", ctypes.c_void_p),
        ("blocks", _Block * _SLOTS),
    )


class BlockProfiler:
    """Profiles all that `machine` executes from now on, at first for `part`.

    `flash`: the first and the last address whose reads as data are counted; None counts none,
    which takes less time. Raises ToolchainError where this machine has no C compiler.
    """

    def __init__(
        self, machine: Machine, marks: CodeMarks, part: int, flash: tuple[int, int] | None
    ) -> None:
        api, library = unicorn_library()
        from unicorn.arm_const import UC_ARM_REG_R0

        self._library = compile_hook(_SOURCE)
        self._library.sn_block_profile_size.restype = ctypes.c_size_t
        if self._library.sn_block_profile_size() != ctypes.sizeof(Profile):
            raise SernetError(f"{_SOURCE} and {__name__} disagree on the profile's fields.")
        parts = list(marks.arguments.values())
        first_part = min(parts, default=0)
        if parts != list(range(first_part, first_part + len(parts))):
            raise ValueError("the parts of the arguments must be numbered one after the other")
        self._marks = np.ascontiguousarray(marks.marks, np.uint16)
        self._arguments = np.array(list(marks.arguments), np.uint32)
        self._profile = Profile(
            ctypes.cast(library.uc_reg_read, ctypes.c_void_p).value,
            self._marks.ctypes.data,
            self._arguments.ctypes.data,
            marks.first,
            len(self._marks),
            len(parts),
            first_part,
            UC_ARM_REG_R0,
            part=part,
        )
        memory = ctypes.byref(self._profile)
        add_hook(machine, api.UC_HOOK_BLOCK, self._library.sn_profile_block, memory)
        if flash is not None:
            add_hook(machine, api.UC_HOOK_MEM_READ, self._library.sn_profile_read, memory, flash)

    def next_phase(self) -> None:
        """Count what follows for the second phase."""
        self._profile.phase = 1

    def blocks(self) -> tuple[ProfiledBlock, ...]:
        """Return what ran so far, by address, size and part; raises SernetError if some is lost."""
        return read_blocks(self._profile)


def read_blocks(profile: Profile) -> tuple[ProfiledBlock, ...]:
    """Return the blocks of `profile` by address, size and part; raises SernetError if some is
    lost."""
    if profile.lost:
        raise SernetError(
            f"The firmware has more than {_SLOTS} blocks of code; the profile has no room "
            "for the others."
        )
    found = [
        ProfiledBlock(
            block.address,
            block.size,
            block.part,
            tuple(block.runs),
            tuple(block.taken),
            tuple(block.reads),
        )
        for block in profile.blocks
        if block.size
    ]
    return tuple(sorted(found, key=lambda block: (block.address, block.size, block.part)))
