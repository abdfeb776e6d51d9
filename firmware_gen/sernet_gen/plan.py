"""The streaming plan of a network: when each row is made, how long it lives, where it lies.

Time is counted in ticks, one for each feature row, continued after the last row until the padding
below the clip has run through. Row r of a tensor is made at tick r * period + lag: the schedule is
the same for every clip length, a clip's end only leaves rows out. What follows for an endless clip
(ring capacities, which memory may be shared) therefore holds for any clip.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sernet_cal.kernels import MEAN_SUM_LIMIT
from sernet_cal.qmodel_types import Convolution, FullyConnected, QModel, Softmax
from sernet_gen.arena import BLOCK_ALIGNMENT, Block, place_blocks
from sernet_gen.schedule import Schedule, make_schedule

ARENA_ALIGNMENT = 8


@dataclass(frozen=True, eq=False)
class Plan:
    """All that the C tables need beside the model itself.

    `schedule`: the order and the lags of the row operators. `slots`: for each traced tensor the
    arena offsets of its ring, row r in `slots[r % len(slots)]`. `workspaces`: arena offset by the
    output of each convolution; `sums`: offset of the mean's sums. `max_rows`: the longest clip, in
    feature rows, whose mean stays within its 32-bit sums.
    """

    schedule: Schedule
    vector_operators: tuple[FullyConnected | Softmax, ...]
    slots: tuple[tuple[int, ...], ...]
    workspaces: dict[int, int]
    sums: int
    arena_bytes: int
    max_rows: int


@dataclass(frozen=True)
class _Slots:
    """Key of the block that holds `count` slots of a tensor's ring, from slot `first` on."""

    place: int
    first: int
    count: int


@dataclass(frozen=True)
class _Workspace:
    place: int


def plan_model(model: QModel) -> Plan:
    """Return the plan of `model`; the same model gives the same plan."""
    schedule = make_schedule(model)
    mean = schedule.mean
    sums = Block("sums", 4 * model.traced[mean.output].channels, schedule.always | schedule.after)
    blocks = [sums, *_ring_blocks(model, schedule), *_workspace_blocks(schedule)]
    offsets, size = place_blocks(blocks)
    slots: list[dict[int, int]] = [{} for _ in model.traced]
    for key, offset in offsets.items():
        if isinstance(key, _Slots):
            pitch = _pitch(model, key.place)
            slots[key.place] |= {key.first + i: offset + i * pitch for i in range(key.count)}
    source = model.traced[mean.input]
    return Plan(
        schedule,
        tuple(op for op in model.operators if isinstance(op, FullyConnected | Softmax)),
        tuple(tuple(ring[slot] for slot in sorted(ring)) for ring in slots),
        {key.place: offset for key, offset in offsets.items() if isinstance(key, _Workspace)},
        offsets["sums"],
        -(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT,
        MEAN_SUM_LIMIT // (255 * source.width) * source.period,
    )


def _pitch(model: QModel, place: int) -> int:
    return -(-model.traced[place].row_bytes // BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT


def _ring_blocks(model: QModel, schedule: Schedule) -> Iterator[Block]:
    for place, tensor in enumerate(model.traced):
        size = _pitch(model, place)
        if not tensor.is_rows:
            yield Block(_Slots(place, 0, 1), size, schedule.after)
            continue
        capacity, rows = schedule.capacity(place), schedule.period // tensor.period
        if rows % capacity == 0:
            # Each slot comes round at the same moments of every period, so it may be shared alone:
            # the second of a pool's two rows is consumed at once.
            for slot in range(capacity):
                times = schedule.times(place, range(slot, rows, capacity))
                yield Block(_Slots(place, slot, 1), size, times)
        else:
            times = schedule.times(place, range(rows))
            yield Block(_Slots(place, 0, capacity), capacity * size, times)


def _workspace_blocks(schedule: Schedule) -> Iterator[Block]:
    for operator in schedule.operators:
        if isinstance(operator, Convolution):
            size = workspace_bytes(operator)
            yield Block(_Workspace(operator.output), size, schedule.times_of_run(operator))


def workspace_bytes(operator: Convolution) -> int:
    """Return the bytes in which a convolution lays out the windows of two pixels."""
    return 2 * int(operator.weights[0].size)
