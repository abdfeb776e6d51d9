"""The streaming plan of a network: when each row is made, how long it lives, where it lies.

Time is counted in ticks, one for each feature row, continued after the last row until the padding
below the clip has run through. Run k of a step (steps.py) is at tick k * run_ticks + lag: the
schedule is the same for every clip length, a clip's end only leaves rows out. What follows for an
endless clip (ring capacities, which memory may be shared) therefore holds for any clip.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sernet_cal.errors import ModelError
from sernet_cal.kernels import MEAN_SUM_LIMIT
from sernet_cal.qmodel_types import FullyConnected, QModel, Softmax, VectorOperator
from sernet_gen.arena import BLOCK_ALIGNMENT, Block, place_blocks
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.registry import algorithms, kernel_of
from sernet_gen.live import check_endless, ring_bytes
from sernet_gen.schedule import Schedule, make_schedule
from sernet_gen.steps import MAX_RUN_ROWS, MAX_WINDOW_ROWS, Step, make_steps

ARENA_ALIGNMENT = 8
# sizeof(sn_features_work) in sn_features.h: what the front-end works in between two rows.
SCRATCH_BYTES = 4608


@dataclass(frozen=True, eq=False)
class Plan:
    """All that the C tables need beside the model itself.

    `schedule`: the order and the lags of the steps. `slots`: for each traced tensor the arena
    offsets of its ring, row r in `slots[r % len(slots)]`; none for a tensor that is not made,
    because it is inside a group. `workspaces`: arena offset by the output of each group; `sums`:
    offset of the mean's sums; `scratch`: of SCRATCH_BYTES that hold nothing between the ticks.
    `max_rows`: the longest clip, in feature rows, whose mean stays within its 32-bit sums. `live`:
    the network may run on a stream without an end as well; the ring of the sliding mean begins at
    `sums` then.
    """

    schedule: Schedule
    vector_operators: tuple[VectorOperator, ...]
    slots: tuple[tuple[int, ...], ...]
    workspaces: dict[int, int]
    sums: int
    scratch: int
    arena_bytes: int
    max_rows: int
    live: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in the order in which they run within a tick, the mean last."""
        return self.schedule.steps

    @property
    def made(self) -> tuple[bool, ...]:
        """For each traced tensor whether the engine makes it, as it does all outside groups."""
        return tuple(bool(ring) for ring in self.slots)


@dataclass(frozen=True)
class _Slots:
    """Key of the block that holds `count` slots of a tensor's ring, from slot `first` on."""

    place: int
    first: int
    count: int


@dataclass(frozen=True)
class _Workspace:
    place: int


def plan_model(
    model: QModel, choices: Mapping[int, Choice] | None = None, live: bool = False
) -> Plan:
    """Return the plan of `model`; the same arguments give the same plan.

    `choices`: how groups run, by their output; every other operator is a step of its own, a
    convolution by `direct`. `live`: with memory for answers while the rows stream. Raises
    ModelError for a choice that cannot be, and for a network that cannot run for ever.
    """
    steps = make_steps(model, choices or {})
    for step in steps:
        _check(model, step)
    schedule = make_schedule(model, steps)
    mean = schedule.mean
    # A clip's sums and a stream's ring of them are never needed at once.
    summed = max(4 * model.traced[mean.output].channels, ring_bytes(model) if live else 0)
    sums = Block("sums", summed, schedule.always | schedule.after)
    scratch = Block("scratch", SCRATCH_BYTES, schedule.between)
    vectors = list(_vector_blocks(model, schedule, live))
    offsets, size = min(
        (
            place_blocks([sums, scratch, *vectors, *rings, *_workspace_blocks(model, schedule)])
            for rings in (_ring_blocks(model, schedule, wide) for wide in (False, True))
        ),
        key=lambda placed: placed[1],
    )
    placed: list[dict[int, int]] = [{} for _ in model.traced]
    for key, offset in offsets.items():
        if isinstance(key, _Slots):
            pitch = _pitch(model, key.place)
            placed[key.place] |= {key.first + i: offset + i * pitch for i in range(key.count)}
    slots = tuple(tuple(ring[slot] for slot in sorted(ring)) for ring in placed)
    if live:
        check_endless(model, schedule, slots)
    source = model.traced[mean.input]
    return Plan(
        schedule,
        _vector_operators(model),
        slots,
        {key.place: offset for key, offset in offsets.items() if isinstance(key, _Workspace)},
        offsets["sums"],
        offsets["scratch"],
        -(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT,
        MEAN_SUM_LIMIT // (255 * source.width) * source.period,
        live,
    )


def _vector_operators(model: QModel) -> tuple[VectorOperator, ...]:
    return tuple(op for op in model.operators if isinstance(op, FullyConnected | Softmax))


def _pitch(model: QModel, place: int) -> int:
    return -(-model.traced[place].row_bytes // BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT


def refusal(model: QModel, step: Step) -> str | None:
    """Return why `step` cannot run as it was chosen, as the end of "layer X cannot: ...", or
    None."""
    group, choice = step.part, step.choice
    if not isinstance(group, Group):
        return None
    if choice.algorithm not in algorithms():
        return f"run by the algorithm {choice.algorithm}: there is none of this name"
    if not 0 <= choice.early < choice.rows:
        return (
            f"make {choice.rows} rows a run with {choice.early} above the clip: fewer than all of "
            "them may lie there, and not less than none"
        )
    if choice.rows > MAX_RUN_ROWS or step.run_window > MAX_WINDOW_ROWS:
        return (
            f"make {choice.rows} rows a run, which reads {step.run_window} rows: a run makes "
            f"{MAX_RUN_ROWS} rows at most and reads {MAX_WINDOW_ROWS}"
        )
    return kernel_of(choice.algorithm).refusal(model, group, choice)


def _check(model: QModel, step: Step) -> None:
    reason = refusal(model, step)
    if reason is not None:
        raise ModelError(
            f"Layer {model.traced[step.output].name} cannot {reason}.",
            "Choose another way for it, or none: then each of its convolutions runs alone.",
        )


def _vector_blocks(model: QModel, schedule: Schedule, live: bool) -> Iterator[Block]:
    """Yield the blocks of what is computed from the mean: after the last row, and `live` whenever
    the mean gets one, the scores to be looked at until the next."""
    vectors = [operator.output for operator in _vector_operators(model)]
    *passing, scores = (schedule.mean.output, *vectors)
    answering = schedule.times_of_runs(schedule.steps[-1]) if live else 0
    kept = schedule.always if live else 0
    for place in passing:
        yield Block(_Slots(place, 0, 1), _pitch(model, place), schedule.after | answering)
    yield Block(_Slots(scores, 0, 1), _pitch(model, scores), schedule.after | kept)


def _ring_blocks(model: QModel, schedule: Schedule, wide: bool) -> Iterator[Block]:
    """Yield the blocks of all rings. `wide`: with more slots than needed where that lets each be
    shared alone, which often saves more than it takes."""
    for place in schedule.rings:
        capacity, rows = schedule.capacity(place), schedule.rows_of_period(place)
        if wide and capacity < rows:
            capacity = next(slots for slots in range(capacity, rows + 1) if rows % slots == 0)
        size = _pitch(model, place)
        if rows % capacity == 0:
            # Each slot comes round at the same moments of every period, so it may be shared alone:
            # the second of a pool's two rows is consumed at once.
            for slot in range(capacity):
                times = schedule.times(place, range(slot, rows, capacity))
                yield Block(_Slots(place, slot, 1), size, times)
        else:
            times = schedule.times(place, range(rows))
            yield Block(_Slots(place, 0, capacity), capacity * size, times)


def _workspace_blocks(model: QModel, schedule: Schedule) -> Iterator[Block]:
    for step in schedule.steps:
        if isinstance(step.part, Group):
            size = kernel_of(step.choice.algorithm).workspace_bytes(model, step.part, step.choice)
            yield Block(_Workspace(step.output), size, schedule.times_of_runs(step))
