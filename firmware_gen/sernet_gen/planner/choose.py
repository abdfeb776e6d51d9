"""The planner: for each layer the algorithm, the strip and the place of its weights."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sernet_cal.errors import DoesNotFitError
from sernet_cal.qmodel_types import QModel
from sernet_gen.groups import fusable_groups
from sernet_gen.kernels.choice import Algorithm, Choice, Group
from sernet_gen.plan import Plan, plan_model
from sernet_gen.planner.budgets import Budgets
from sernet_gen.planner.candidates import ALGORITHMS, WITHOUT_WINOGRAD, Rejected, candidates_of
from sernet_gen.planner.combinations import (
    Candidate,
    Combination,
    Limits,
    Order,
    in_order,
    unbeaten,
)
from sernet_gen.planner.costs import CostTable
from sernet_gen.planner.pace import Pace, choices_of
from sernet_gen.planner.predict import Prediction, predict
from sernet_gen.planner.search import find_best

# Plans that are looked at to name the nearest one.
_NEAREST_ATTEMPTS = 60


@dataclass(frozen=True)
class Target:
    """What is planned for: a core's costs, the board's clock and flash, and the firmware beside the
    network. `flash`, `ram`: bytes of the firmware without the groups' tables and the arena;
    `winograd`: of this flash, code that only plans with Winograd have; `stack`: at worst. `live`:
    the network runs on streams without an end too, and gives its answers one by one.
    """

    costs: CostTable
    clock_hz: int
    wait_states: float
    flash: int
    winograd: int
    ram: int
    stack: int
    live: bool = False


@dataclass(frozen=True)
class Chosen:
    """The plan, the choices that make it, what it will take, and what could not be chosen.

    `flash_bytes`: predicted, of the whole firmware.
    """

    choices: dict[int, Choice]
    plan: Plan
    prediction: Prediction
    flash_bytes: int
    rejected: dict[str, tuple[Rejected, ...]]


def choose(
    model: QModel,
    target: Target,
    budgets: Budgets,
    algorithms: Sequence[Algorithm] = ALGORITHMS,
) -> Chosen:
    """Return the plan of `model` that takes the least time within `budgets`, by `algorithms`.

    Where there is none, another search leaves Winograd out, and its code with it. The same
    arguments give the same plan. Raises DoesNotFitError when there is none; its text names the
    nearest one.
    """
    searches = [_Search(model, target, algorithms)]
    if "winograd" in algorithms:
        searches.append(_Search(model, target, WITHOUT_WINOGRAD))
    for search in searches:
        found = search.best(budgets)
        if found is not None:
            return found
    raise _refused(budgets, [search.nearest(budgets) for search in searches])


def _refused(budgets: Budgets, nearest: Sequence[Mapping[str, int]]) -> DoesNotFitError:
    options = sorted({option for found in nearest for option in found}, reverse=True)
    changes = [
        f"{option} {min(found[option] for found in nearest if option in found)}"
        for option in options
    ]
    return DoesNotFitError(
        f"No plan of this network keeps to all of these: {budgets.words()}.",
        "There is one with any of these changes:  " + "   ".join(changes)
        if changes
        else "Moving one of the limits is not enough; move two.",
    )


class _Search:
    """The candidates of all groups of a model, and the plans made of them."""

    def __init__(self, model: QModel, target: Target, algorithms: Sequence[Algorithm]) -> None:
        self._model, self._target, self._algorithms = model, target, algorithms
        self._code = target.flash - (0 if "winograd" in algorithms else target.winograd)
        self._frame = target.costs.cost({"frame": 1}, target.wait_states)
        self._groups = fusable_groups(model)
        self._candidates: list[list[Candidate]] = []
        self._paces: dict[tuple[tuple[tuple[int, int, int], ...], ...], Pace] = {}
        self._rejected: dict[str, tuple[Rejected, ...]] = {}
        for group in self._groups:
            self._add(group)

    def _add(self, group: Group) -> None:
        target = self._target
        found, rejected = candidates_of(
            self._model, group, self._algorithms, target.costs, target.wait_states, target.live
        )
        self._candidates.append(unbeaten(found))
        self._rejected[self._model.traced[group.output].name] = tuple(rejected)

    def best(self, budgets: Budgets) -> Chosen | None:
        """Return the fastest plan, None where none is found."""
        found = self._find(budgets)
        return None if found is None else self._chosen(found)

    def _find(self, budgets: Budgets) -> Combination | None:
        return find_best(self._candidates, self._limits(budgets), self.pace)

    def _limits(self, budgets: Budgets) -> Limits:
        target = self._target
        return Limits(
            _left(budgets.flash, self._code),
            _left(budgets.ram, target.ram + target.stack),
            _left(_cost_of(budgets.latency_ms, target), self._frame),
        )

    def pace(self, combination: Combination) -> Pace:
        """Return the pace of `combination`; each is worked out once."""
        key = tuple(candidate.pace for candidate in combination)
        if key not in self._paces:
            target = self._target
            self._paces[key] = Pace(
                self._model, combination, target.costs, target.wait_states, target.live
            )
        return self._paces[key]

    def _chosen(self, combination: Combination) -> Chosen:
        choices = choices_of(combination)
        plan = plan_model(self._model, choices, self._target.live)
        prediction = predict(self._model, plan, self._target.costs, self._target.wait_states)
        return Chosen(choices, plan, prediction, self._code + prediction.flash, self._rejected)

    def nearest(self, budgets: Budgets) -> dict[str, int]:
        """Return the options that, changed alone, give a plan, with their values."""
        ways: tuple[tuple[str, str, Order, Callable[[Combination], float]], ...] = (
            ("--ram-budget", "ram", "arena", self._ram),
            ("--flash-budget", "flash", "flash", self._flash),
            ("--latency-budget", "latency_ms", "late", self._latency_ms),
        )
        found = {}
        for option, name, order, taken in ways:
            if getattr(budgets, name) is not None:
                least = self._least(budgets.without(name), order, taken)
                if least is not None:
                    found[option] = math.ceil(least)
        return found

    def _least(
        self, budgets: Budgets, order: Order, taken: Callable[[Combination], float]
    ) -> float | None:
        """Return the least of what a plan within `budgets` takes, among those that may be."""
        limits = self._limits(budgets)
        tried = islice(in_order(self._candidates, limits, order), _NEAREST_ATTEMPTS)
        fitting = (found for found in tried if self.pace(found).fits(found, limits))
        return min(map(taken, fitting), default=None)

    def _ram(self, combination: Combination) -> float:
        return self._target.ram + self._target.stack + self.pace(combination).arena_of(combination)

    def _flash(self, combination: Combination) -> float:
        return self._code + sum(chosen.flash for chosen in combination)

    def _latency_ms(self, combination: Combination) -> float:
        late = self.pace(combination).late_with(combination) + self._frame
        return 1000.0 * late / self._target.clock_hz


def _left(limit: float | None, taken: float) -> float:
    return math.inf if limit is None else limit - taken


def _cost_of(milliseconds: float | None, target: Target) -> float | None:
    return None if milliseconds is None else milliseconds * target.clock_hz / 1000.0
