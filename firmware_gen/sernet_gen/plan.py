"""The streaming plan of a network: when each row is made, how long it lives, where it lies.

Time is counted in ticks, one for each feature row, continued after the last row until the padding
below the clip has run through. Run k of a step (steps.py) is at tick k * run_ticks + lag: the
schedule is the same for every clip length, a clip's end only leaves rows out. What follows for an
endless clip (ring capacities, which memory may be shared) therefore holds for any clip.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sernet_cal.errors import ModelError
from sernet_cal.kernels import MEAN_SUM_LIMIT
from sernet_cal.qmodel_types import QModel, VectorOperator
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.registry import algorithms, kernel_of
from sernet_gen.layout import SCRATCH, SUMS, Layout, Slots, Workspace, row_pitch, vector_operators
from sernet_gen.live import check_endless
from sernet_gen.schedule import Schedule, make_schedule
from sernet_gen.steps import MAX_RUN_ROWS, MAX_WINDOW_ROWS, Step, make_steps


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
    offsets, size = Layout(model, schedule, live).place(_workspaces(model, steps))
    placed: list[dict[int, int]] = [{} for _ in model.traced]
    for key, offset in offsets.items():
        if isinstance(key, Slots):
            pitch = row_pitch(model, key.place)
            placed[key.place] |= {key.first + i: offset + i * pitch for i in range(key.count)}
    slots = tuple(tuple(ring[slot] for slot in sorted(ring)) for ring in placed)
    if live:
        check_endless(model, schedule, slots)
    source = model.traced[schedule.mean.input]
    return Plan(
        schedule,
        vector_operators(model),
        slots,
        {key.place: offset for key, offset in offsets.items() if isinstance(key, Workspace)},
        offsets[SUMS],
        offsets[SCRATCH],
        size,
        MEAN_SUM_LIMIT // (255 * source.width) * source.period,
        live,
    )


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


def _workspaces(model: QModel, steps: Iterable[Step]) -> dict[int, int]:
    """Return the bytes that each group works in, by its output."""
    return {
        step.output: kernel_of(step.choice.algorithm).workspace_bytes(model, step.part, step.choice)
        for step in steps
        if isinstance(step.part, Group)
    }
