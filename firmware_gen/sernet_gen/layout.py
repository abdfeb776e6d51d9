"""What lies in the arena at which moments, and where.

Rings, sums, vectors and the front-end's scratch follow from a schedule alone; what the groups work
in, which their algorithms decide, is placed beside them.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import FullyConnected, QModel, Softmax, VectorOperator
from sernet_gen.arena import BLOCK_ALIGNMENT, Block, place_blocks
from sernet_gen.live import ring_bytes
from sernet_gen.schedule import Schedule

ARENA_ALIGNMENT = 8
# sizeof(sn_features_work) in sn_features.h: what the front-end works in between two rows.
SCRATCH_BYTES = 4608
# Keys of the blocks of the mean's sums, and of what holds nothing between the ticks.
SUMS, SCRATCH = "sums", "scratch"


@dataclass(frozen=True)
class Slots:
    """Key of the block that holds `count` slots of a tensor's ring, from slot `first` on."""

    place: int
    first: int
    count: int


@dataclass(frozen=True)
class Workspace:
    """Key of the block in which the group works that makes the tensor at `place`."""

    place: int


class Layout:
    """The arena of a schedule; `live`: with memory for answers while the rows stream."""

    def __init__(self, model: QModel, schedule: Schedule, live: bool = False) -> None:
        fixed = [*_mean_blocks(model, schedule, live), *_vector_blocks(model, schedule, live)]
        self._ways = [[*fixed, *_ring_blocks(model, schedule, wide)] for wide in (False, True)]
        self._runs = {step.output: schedule.times_of_runs(step) for step in schedule.steps}
        self._moments = schedule.after.bit_length()

    def place(self, workspaces: Mapping[int, int]) -> tuple[dict[Hashable, int], int]:
        """Return the offset of each block by its key, and the arena in bytes.

        `workspaces`: bytes that groups work in, by their outputs.
        """
        beside = [
            Block(Workspace(output), workspaces[output], runs)
            for output, runs in self._runs.items()
            if output in workspaces
        ]
        placed = (place_blocks([*blocks, *beside]) for blocks in self._ways)
        offsets, size = min(placed, key=lambda found: found[1])
        return offsets, -(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT

    def beside(self) -> tuple[int, dict[int, int]]:
        """Return the bytes that no arena can do without: the most in use at any moment, and while
        each step runs, by its output; a workspace is needed on top of the latter."""
        in_use = [_bytes_in_use(blocks, self._moments) for blocks in self._ways]
        runs = {output: _bits(times, self._moments) for output, times in self._runs.items()}
        return min(int(used.max()) for used in in_use), {
            output: min(int(used[bits].max()) for used in in_use) for output, bits in runs.items()
        }


def _bytes_in_use(blocks: Sequence[Block], moments: int) -> npt.NDArray[np.int64]:
    """Return the bytes of `blocks` that are in use at each moment."""
    used = np.zeros(moments, np.int64)
    for block in blocks:
        used += _bits(block.times, moments) * np.int64(block.size)
    return used


def _bits(times: int, moments: int) -> npt.NDArray[np.bool_]:
    """Return the bit mask `times` as an array, the first moment first."""
    packed = np.frombuffer(times.to_bytes(-(-moments // 8), "little"), np.uint8)
    return np.unpackbits(packed, count=moments, bitorder="little").astype(bool)


def vector_operators(model: QModel) -> tuple[VectorOperator, ...]:
    """Return what follows the mean."""
    return tuple(op for op in model.operators if isinstance(op, FullyConnected | Softmax))


def row_pitch(model: QModel, place: int) -> int:
    """Return the bytes from one row of a ring to the next."""
    return -(-model.traced[place].row_bytes // BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT


def _mean_blocks(model: QModel, schedule: Schedule, live: bool) -> Iterator[Block]:
    # A clip's sums and a stream's ring of them are never needed at once.
    channels = model.traced[schedule.mean.output].channels
    summed = max(4 * channels, ring_bytes(model) if live else 0)
    yield Block(SUMS, summed, schedule.always | schedule.after)
    yield Block(SCRATCH, SCRATCH_BYTES, schedule.between)


def _vector_blocks(model: QModel, schedule: Schedule, live: bool) -> Iterator[Block]:
    """Yield the blocks of what is computed from the mean: after the last row, and `live` whenever
    the mean gets one, the scores to be looked at until the next."""
    vectors = [operator.output for operator in vector_operators(model)]
    *passing, scores = (schedule.mean.output, *vectors)
    answering = schedule.times_of_runs(schedule.steps[-1]) if live else 0
    kept = schedule.always if live else 0
    for place in passing:
        yield Block(Slots(place, 0, 1), row_pitch(model, place), schedule.after | answering)
    yield Block(Slots(scores, 0, 1), row_pitch(model, scores), schedule.after | kept)


def _ring_blocks(model: QModel, schedule: Schedule, wide: bool) -> Iterator[Block]:
    """Yield the blocks of all rings. `wide`: with more slots than needed where that lets each be
    shared alone, which often saves more than it takes."""
    for place in schedule.rings:
        capacity, rows = schedule.capacity(place), schedule.rows_of_period(place)
        if wide and capacity < rows:
            capacity = next(slots for slots in range(capacity, rows + 1) if rows % slots == 0)
        size = row_pitch(model, place)
        if rows % capacity == 0:
            # Each slot comes round at the same moments of every period, so it may be shared alone:
            # the second of a pool's two rows is consumed at once.
            for slot in range(capacity):
                times = schedule.times(place, range(slot, rows, capacity))
                yield Block(Slots(place, slot, 1), size, times)
        else:
            times = schedule.times(place, range(rows))
            yield Block(Slots(place, 0, capacity), capacity * size, times)
