"""The ways in which a group may run, each with its predicted cost and its memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from sernet_cal.qmodel_types import QModel
from sernet_gen.groups import alone, members
from sernet_gen.kernels.choice import Algorithm, Choice, Group, TileName, Weights
from sernet_gen.kernels.registry import kernel_of
from sernet_gen.live import keeps_pace
from sernet_gen.plan import refusal
from sernet_gen.planner.combinations import Candidate, Run
from sernet_gen.planner.costs import CostTable
from sernet_gen.planner.predict import runs_of
from sernet_gen.planner.work import work_of_run
from sernet_gen.steps import Step, make_step, make_steps

_ROWS: dict[Algorithm, tuple[int, ...]] = {
    "winograd": (1, 2, 4, 6, 8, 12, 16),
    "direct": (1, 2, 4),
    "first_layer": (1, 2, 4),
}
ALGORITHMS: tuple[Algorithm, ...] = tuple(_ROWS)
WITHOUT_WINOGRAD = tuple(name for name in ALGORITHMS if name != "winograd")
_WEIGHTS: dict[Algorithm, tuple[Weights, ...]] = {
    "winograd": ("transformed", "int8", "halves", "thirds"),
    "direct": ("int8",),
    "first_layer": ("int8",),
}

# Channels kept out of transformed weights, where a whole layer of them is just too much flash.
_APART = (0, 4, 8, 16)
_TILES: tuple[TileName, ...] = get_args(TileName)
# Tiles of a batch, where only the values of one batch at a time are kept.
_TOGETHER = (4, 2, 1)


@dataclass(frozen=True)
class Rejected:
    """An algorithm that a group cannot take, and why (the end of "layer X cannot ...")."""

    algorithm: Algorithm
    reason: str


def candidates_of(
    model: QModel,
    group: Group,
    algorithms: Sequence[Algorithm],
    costs: CostTable,
    wait_states: float,
    live: bool = False,
) -> tuple[list[Candidate], list[Rejected]]:
    """Return the ways in which `group` may run, and those of `algorithms` that cannot run it.

    Beside the whole group in one: each of its convolutions alone, its pools behind them. `live`:
    only those that run for each answer of a stream anew.
    """
    found: list[Candidate] = []
    rejected: list[Rejected] = []
    for parts in ((group,), alone(group)) if group.pools else ((group,),):
        for algorithm in algorithms:
            choices = [_possible(model, part, algorithm, costs, live) for part in parts]
            if all(choices):
                for same in zip(*choices, strict=False):
                    pairs = [(p.output, c) for p, c in zip(parts, same, strict=True)]
                    found.append(_candidate(model, group, pairs, costs, wait_states))
            elif parts == (group,):
                rejected.append(Rejected(algorithm, _reason(model, group, algorithm)))
    return found, rejected


def _possible(
    model: QModel, group: Group, algorithm: Algorithm, costs: CostTable, live: bool
) -> list[Choice]:
    """Return the choices that the engine can run and whose costs have been measured."""
    steps = [make_step(model, group, choice) for choice in _choices(model, group, algorithm)]
    return [
        step.choice
        for step in steps
        if refusal(model, step) is None
        and costs.knows(work_of_run(model, step))
        and (keeps_pace(model, step) or not live)
    ]


def _reason(model: QModel, group: Group, algorithm: Algorithm) -> str:
    reasons = (
        refusal(model, make_step(model, group, choice))
        for choice in _choices(model, group, algorithm)
    )
    unmeasured = f"run by {algorithm}: what that costs on this core was never measured"
    return next((reason for reason in reasons if reason is not None), unmeasured)


def _choices(model: QModel, group: Group, algorithm: Algorithm) -> Iterator[Choice]:
    """Yield the choices that are tried. The last run of a clip of the model's own length ends with
    its last row, so that the answer is soon there: `early` sees to it."""
    height = model.traced[group.output].shape[0]
    for rows in _ROWS[algorithm]:
        for weights in _WEIGHTS[algorithm]:
            choice = Choice(algorithm, rows, -height % rows, weights)
            yield from _winograd(choice) if algorithm == "winograd" else (choice,)


def _winograd(choice: Choice) -> Iterator[Choice]:
    """Yield the ways to run `choice` with tiles of each size."""
    is_made = choice.weights != "transformed"
    for tile in _TILES:
        sized = replace(choice, tile=tile)
        if is_made:
            yield sized
        for together in _TOGETHER:
            yield replace(sized, together=together, by_batch=is_made)
    if not is_made:
        yield from (replace(choice, apart=apart) for apart in _APART if apart)


def _candidate(
    model: QModel,
    group: Group,
    choices: Sequence[tuple[int, Choice]],
    costs: CostTable,
    wait_states: float,
) -> Candidate:
    """Return what `choices` cost `group`: time by `costs`, memory by its kernels."""
    outputs = {operator.output for operator in members(group)}
    steps = [step for step in make_steps(model, dict(choices)) if step.output in outputs]
    runs = [_run(model, step, costs, wait_states) for step in steps]
    return Candidate(
        tuple(choices),
        sum(run.cost * runs_of(model, step) for run, step in zip(runs, steps, strict=True)),
        tuple(runs),
        sum(_flash(model, step) for step in steps),
        max(_in_use(model, step) for step in steps),
        sum(_staying(model, step) for step in steps),
    )


def _run(model: QModel, step: Step, costs: CostTable, wait_states: float) -> Run:
    cost = costs.cost(work_of_run(model, step), wait_states)
    return Run(step.output, cost, _workspace(model, step))


def _flash(model: QModel, step: Step) -> int:
    if not isinstance(step.part, Group):
        return 0
    return kernel_of(step.choice.algorithm).flash_bytes(model, step.part, step.choice)


def _workspace(model: QModel, step: Step) -> int:
    if not isinstance(step.part, Group):
        return 0
    return kernel_of(step.choice.algorithm).workspace_bytes(model, step.part, step.choice)


def _in_use(model: QModel, step: Step) -> int:
    """Return the bytes of rows and workspace that a run of `step` needs."""
    read = sum(model.traced[place].row_bytes for place in step.inputs) * step.run_window
    made = model.traced[step.output].row_bytes * step.rows
    return read + made + _workspace(model, step)


def _staying(model: QModel, step: Step) -> int:
    """Return the bytes of rows that a run of `step` leaves for the next one."""
    rows = max(0, step.run_window - step.rows * step.stride)
    return rows * sum(model.traced[place].row_bytes for place in step.inputs)
