"""Counting blocks: a known loop, parts by place and by argument, phases, reads of flash."""

import importlib.util
import shutil
import struct

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs the Python package unicorn")

from sernet_cal.errors import SernetError
from sernet_edge.emulator.counting import InstructionCounter
from sernet_edge.emulator.image import FirmwareImage, Segment
from sernet_edge.emulator.machine import Machine, Stop
from sernet_edge.emulator.nrf52 import Nrf52
from sernet_edge.emulator.profile import (
    MARK_BY_ARGUMENT,
    BlockProfiler,
    CodeMarks,
    ProfiledBlock,
)

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang")))
    and importlib.util.find_spec("ziglang") is None,
    reason="needs a C compiler for this machine",
)

ORIGIN, CODE = 0x10000, 0x10040
FLASH = (0x10000, 0xFFFFF)
SLEEP = (0xBF30, 0xE7FD)  # wfi; b .-2
TURNS = 100
# movs r1, #100; loop: subs r1, #1; bne loop; wfi
LOOP = (0x2100 + TURNS, 0x3901, 0xD1FD, *SLEEP)
# movs r0, #7; bl helper; movs r0, #8; bl helper; wfi; helper: ldr r2, [pc, #0]; bx lr; data
CALLS = (0x2007, 0xF000, 0xF805, 0x2008, 0xF000, 0xF802, *SLEEP, 0x4A00, 0x4770, 0x1234, 0x5678)
HELPER = CODE + 16
NO_MARKS = CodeMarks(CODE, np.zeros(1, np.uint16), {})


def machine(code: tuple[int, ...]) -> Machine:
    vectors = struct.pack("<16I", 0x20001000, CODE + 1, *[CODE + 1] * 14)
    content = vectors + struct.pack(f"<{len(code)}H", *code)
    return Machine(Nrf52(), FirmwareImage(ORIGIN, (Segment(ORIGIN, content),)))


def profile(
    code: tuple[int, ...], marks: CodeMarks = NO_MARKS, flash: tuple[int, int] | None = None
) -> dict[tuple[int, int], ProfiledBlock]:
    """Return the blocks by offset from CODE and part."""
    core = machine(code)
    profiler = BlockProfiler(core, marks, 1, flash)
    assert core.run(5.0) is Stop.ASLEEP
    return {(block.address - CODE, block.part): block for block in profiler.blocks()}


def test_a_known_loop_is_counted_exactly() -> None:
    blocks = profile(LOOP)
    # The first turn is one block with the instruction before the loop.
    assert (blocks[0, 1].size, blocks[0, 1].runs, blocks[0, 1].taken) == (6, (1, 0), (1, 0))
    loop = blocks[2, 1]
    assert (loop.size, loop.runs, loop.taken) == (4, (TURNS - 1, 0), (TURNS - 2, 0))
    core = machine(LOOP)
    counter = InstructionCounter(core)
    core.run(5.0)
    assert counter.instructions == 1 + 2 * TURNS + 1


def test_a_long_block_is_counted_in_full() -> None:
    """The emulator translates long straight code in pieces; none of them may be missed."""
    length = 3000
    core = machine((0xBF00,) * length + SLEEP)
    counter = InstructionCounter(core)
    profiler = BlockProfiler(core, NO_MARKS, 1, None)
    assert core.run(5.0) is Stop.ASLEEP
    assert counter.instructions == length + 1
    assert sum(block.size // 2 * block.runs[0] for block in profiler.blocks()) == length + 1
    assert sum(block.taken[0] for block in profiler.blocks()) == 0


def test_the_argument_says_whose_work_a_helper_does() -> None:
    marks = np.zeros(len(CALLS), np.uint16)
    marks[: (HELPER - CODE) // 2] = 5
    marks[(HELPER - CODE) // 2] = MARK_BY_ARGUMENT
    blocks = profile(CALLS, CodeMarks(CODE, marks, {7: 2, 8: 3}))
    helper = HELPER - CODE
    assert {part for at, part in blocks if at == helper} == {2, 3}
    assert (blocks[helper, 2].runs, blocks[helper, 3].runs) == ((1, 0), (1, 0))
    assert {part for at, part in blocks if at != helper} == {5}


def test_unknown_arguments_leave_the_part_as_it_was() -> None:
    marks = np.zeros(len(CALLS), np.uint16)
    marks[(HELPER - CODE) // 2] = MARK_BY_ARGUMENT
    blocks = profile(CALLS, CodeMarks(CODE, marks, {99: 2}))
    assert {part for _, part in blocks} == {1}


def test_reads_of_data_in_flash_are_counted_where_asked_for() -> None:
    helper = HELPER - CODE
    assert profile(CALLS, flash=FLASH)[helper, 1].reads == (2, 0)
    assert profile(CALLS)[helper, 1].reads == (0, 0)
    assert profile(CALLS, flash=(0x20000, 0xFFFFF))[helper, 1].reads == (0, 0)


def test_a_phase_begins_where_it_is_told() -> None:
    core = machine(LOOP)
    profiler = BlockProfiler(core, NO_MARKS, 1, None)
    profiler.next_phase()
    core.run(5.0)
    assert all(block.runs[0] == 0 for block in profiler.blocks())
    assert sum(block.runs[1] for block in profiler.blocks()) == TURNS + 1


def test_lost_blocks_are_an_error() -> None:
    profiler = BlockProfiler(machine(LOOP), NO_MARKS, 1, None)
    profiler._profile.lost = 1
    with pytest.raises(SernetError) as caught:
        profiler.blocks()
    assert str(caught.value) == (
        "The firmware has more than 65536 blocks of code; the profile has no room for the others."
    )


def test_parts_of_arguments_are_numbered_in_turn() -> None:
    marks = CodeMarks(CODE, np.zeros(1, np.uint16), {7: 2, 8: 4})
    with pytest.raises(ValueError, match="one after the other"):
        BlockProfiler(machine(LOOP), marks, 1, None)
