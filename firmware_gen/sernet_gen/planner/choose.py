"""The planner: for each layer the algorithm, the strip and the place of its weights."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from sernet_cal.errors import DoesNotFitError
from sernet_cal.qmodel_types import QModel
from sernet_gen.groups import fusable_groups
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.plan import Plan, plan_model
from sernet_gen.planner.budgets import Budgets
from sernet_gen.planner.candidates import Rejected, candidates_of
from sernet_gen.planner.costs import CostTable
from sernet_gen.planner.predict import Prediction, predict
from sernet_gen.planner.search import Candidate, Combination, Limits, Order, find_best, in_order

# Plans that are looked at to name the nearest one.
_NEAREST_ATTEMPTS = 60


@dataclass(frozen=True)
class Target:
    """What is planned for: a core's costs, the board's clock and flash, and the firmware beside the
    network. `flash`, `ram`: bytes of the firmware without the groups' tables and the arena;
    `stack`: at worst.
    """

    costs: CostTable
    clock_hz: int
    wait_states: float
    flash: int
    ram: int
    stack: int


@dataclass(frozen=True)
class Chosen:
    """The plan, the choices that make it, what it will take, and what could not be chosen."""

    choices: dict[int, Choice]
    plan: Plan
    prediction: Prediction
    rejected: dict[str, tuple[Rejected, ...]]


def choose(model: QModel, target: Target, budgets: Budgets) -> Chosen:
    """Return the plan of `model` that takes the least time within `budgets`.

    The same arguments give the same plan. Raises DoesNotFitError when there is none; its text names
    the nearest one.
    """
    return _Search(model, target).best(budgets)


class _Search:
    """The candidates of all groups of a model, and the plans made of them."""

    def __init__(self, model: QModel, target: Target) -> None:
        self._model, self._target = model, target
        self._frame = target.costs.cost({"frame": 1}, target.wait_states)
        self._groups = fusable_groups(model)
        self._candidates: list[list[Candidate]] = []
        self._known: dict[tuple[tuple[tuple[int, Choice], ...], ...], tuple[int, float]] = {}
        self._rejected: dict[str, tuple[Rejected, ...]] = {}
        for group in self._groups:
            self._add(group)

    def _add(self, group: Group) -> None:
        target = self._target
        found, rejected = candidates_of(self._model, group, target.costs, target.wait_states)
        self._candidates.append(found)
        self._rejected[self._model.traced[group.output].name] = tuple(rejected)

    def best(self, budgets: Budgets) -> Chosen:
        found = self._find(budgets)
        if found is None:
            raise self._refused(budgets)
        return self._chosen(found)

    def _find(self, budgets: Budgets) -> Combination | None:
        limits = self._limits(budgets)
        return find_best(self._candidates, limits, lambda found: self._fits(found, limits))

    def _limits(self, budgets: Budgets) -> Limits:
        target = self._target
        return Limits(
            _left(budgets.flash, target.flash),
            _left(budgets.ram, target.ram + target.stack),
            _left(_cost_of(budgets.latency_ms, target), self._frame),
        )

    def _fits(self, combination: Combination, limits: Limits) -> bool:
        arena, late = self._judged(combination)
        return arena <= limits.arena and late - self._frame <= limits.late

    def _judged(self, combination: Combination) -> tuple[int, float]:
        """Return the arena in bytes and the cost after the last sample; each is laid out once."""
        key = tuple(chosen.choices for chosen in combination)
        if key not in self._known:
            plan = plan_model(self._model, self._choices(combination))
            late = predict(self._model, plan, self._target.costs, self._target.wait_states).late
            self._known[key] = plan.arena_bytes, late
        return self._known[key]

    def _choices(self, combination: Iterable[Candidate]) -> dict[int, Choice]:
        return dict(pair for chosen in combination for pair in chosen.choices)

    def _chosen(self, combination: Combination) -> Chosen:
        choices = self._choices(combination)
        plan = plan_model(self._model, choices)
        prediction = predict(self._model, plan, self._target.costs, self._target.wait_states)
        return Chosen(choices, plan, prediction, self._rejected)

    def _refused(self, budgets: Budgets) -> DoesNotFitError:
        nearest = self._nearest(budgets)
        return DoesNotFitError(
            f"No plan of this network keeps to all of these: {budgets.words()}.",
            "There is one with any of these changes:  " + "   ".join(nearest)
            if nearest
            else "Moving one of the limits is not enough; move two.",
        )

    def _nearest(self, budgets: Budgets) -> list[str]:
        """Return a line for each limit that, moved alone, gives a plan."""
        lines = []
        if budgets.ram is not None:
            ram = self._least(replace(budgets, ram=None), "arena", self._ram)
            lines += [f"--ram-budget {ram:.0f}"] if ram is not None else []
        if budgets.flash is not None:
            flash = self._least(replace(budgets, flash=None), "flash", self._flash)
            lines += [f"--flash-budget {flash:.0f}"] if flash is not None else []
        if budgets.latency_ms is not None:
            late = self._least(replace(budgets, latency_ms=None), "late", self._latency_ms)
            lines += [f"--latency-budget {math.ceil(late)}"] if late is not None else []
        return lines

    def _least(
        self, budgets: Budgets, order: Order, taken: Callable[[Combination], float]
    ) -> float | None:
        """Return the least of what a plan within `budgets` takes, among those that may be."""
        limits = self._limits(budgets)
        tried = islice(in_order(self._candidates, limits, order), _NEAREST_ATTEMPTS)
        return min((taken(found) for found in tried if self._fits(found, limits)), default=None)

    def _ram(self, combination: Combination) -> float:
        return self._target.ram + self._target.stack + self._judged(combination)[0]

    def _flash(self, combination: Combination) -> float:
        return self._target.flash + sum(chosen.flash for chosen in combination)

    def _latency_ms(self, combination: Combination) -> float:
        return 1000.0 * self._judged(combination)[1] / self._target.clock_hz


def _left(limit: float | None, taken: float) -> float:
    return math.inf if limit is None else limit - taken


def _cost_of(milliseconds: float | None, target: Target) -> float | None:
    return None if milliseconds is None else milliseconds * target.clock_hz / 1000.0
