"""The planner's cost table of a core, fitted to counted benchmarks of plans that differ.

Each layer of each benchmark is one equation: the units of work that its kernel repeats, and what
they took. Non-negative least squares of the relative errors solve them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from sernet_cal.qmodel_types import QModel
from sernet_edge.bench.parts import FRONT_END, NETWORK, SCHEDULE
from sernet_edge.bench.result import Bench, Cost
from sernet_gen.choices import Choices
from sernet_gen.groups import alone, fusable_groups
from sernet_gen.kernels.choice import Choice
from sernet_gen.plan import Plan, refusal
from sernet_gen.planner.costs import FLASH_WORDS
from sernet_gen.planner.predict import runs_of
from sernet_gen.planner.work import work_of_run, work_of_vector
from sernet_gen.steps import make_step

# What the plans that are measured take wherever it can be.
_VARIANTS = (
    Choice("winograd", 2, 0, "int8"),
    Choice("winograd", 4, 0, "int8"),
    Choice("winograd", 4, 0, "halves"),
    Choice("winograd", 4, 0, "thirds"),
    Choice("winograd", 2, 0, "transformed"),
    Choice("winograd", 6, 0, "transformed"),
    Choice("winograd", 2, 0, "int8", tile="4x2"),
    Choice("winograd", 2, 0, "transformed", tile="2x2"),
    Choice("direct", 1),
    Choice("direct", 4),
)


@dataclass(frozen=True)
class Equation:
    """The units of work of one layer for a whole clip, and what they took."""

    layer: str
    work: Mapping[str, float]
    cost: float


@dataclass(frozen=True)
class Fit:
    """The cost of each unit; `worst`: the largest relative error of a layer, and which it is."""

    units: Mapping[str, float]
    worst: float
    worst_layer: str


def fit_choices(model: QModel) -> tuple[Choices, ...]:
    """Return the choices of the plans that a fit measures: every kernel in several shapes."""
    return tuple(_choices(model, variant) for variant in _VARIANTS)


def _choices(model: QModel, variant: Choice) -> Choices:
    """Return choices by `variant` where it can be, by `first_layer` or `direct` elsewhere."""
    found: dict[int, Choice] = {}
    direct = Choice("direct", min(variant.rows, 4))
    for group in fusable_groups(model):
        is_direct = variant.algorithm == "direct"
        whole = [] if is_direct else [variant, Choice("first_layer", min(variant.rows, 4))]
        possible = [way for way in whole if not refusal(model, make_step(model, group, way))]
        if possible:
            found[group.output] = possible[0]
        else:
            found |= {part.output: direct for part in alone(group)}
    return found


def equations(model: QModel, plan: Plan, bench: Bench) -> Iterator[Equation]:
    """Yield what `bench`, of a firmware with `plan`, says of the costs of its units of work.

    `bench` must have been counted without flash wait states.
    """
    measured = {layer.name: layer.cost for layer in bench.layers if layer.group == NETWORK}
    for step in plan.steps:
        name, runs = model.traced[step.output].name, runs_of(model, step)
        work = work_of_run(model, step)
        yield Equation(name, {unit: n * runs for unit, n in work.items()}, _size(measured[name]))
    for operator in plan.vector_operators:
        name = model.name_of(operator)
        yield Equation(name, work_of_vector(model, operator), _size(measured[name]))
    ticks = max(plan.schedule.lags.values()) + bench.subject.frames
    yield Equation(SCHEDULE, {"schedule_step": ticks * len(plan.steps)}, _size(measured[SCHEDULE]))
    yield Equation(FRONT_END, {"frame": bench.subject.frames}, _size(bench.cost(FRONT_END)))


def _size(cost: Cost) -> float:
    return float(cost.weight)


def solve(found: Sequence[Equation]) -> Fit:
    """Return the costs with the least relative errors, 0 or more each, to three figures."""
    units = sorted({unit for equation in found for unit in equation.work} - {FLASH_WORDS})
    used = [equation for equation in found if equation.cost > 0]
    matrix = np.array([[e.work.get(unit, 0.0) / e.cost for unit in units] for e in used])
    solution, _ = nnls(matrix, np.ones(len(used)))
    rounded = {unit: float(f"{value:.4g}") for unit, value in zip(units, solution, strict=True)}
    errors = [
        (abs(sum(rounded.get(u, 0.0) * n for u, n in e.work.items()) / e.cost - 1.0), e.layer)
        for e in used
    ]
    worst, layer = max(errors)
    return Fit(rounded, worst, layer)


def render_costs(core: str, quantity: str, fit: Fit, command: str) -> str:
    """Return the text of a cost table for the planner."""
    lines = [f"{unit} = {value:g}\n" for unit, value in sorted(fit.units.items())]
    return (
        f"# Fitted by:  {command}\n"
        f"# The layer that it misses most, by {100 * fit.worst:.0f} %: {fit.worst_layer}.\n"
        f'core = "{core}"\nquantity = "{quantity}"\n\n[units]\n' + "".join(lines)
    )
