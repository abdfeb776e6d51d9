"""What a plan will take: time, latency and memory, step by step."""

from dataclasses import dataclass

from sernet_cal.qmodel_types import Mean, QModel
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.registry import kernel_of
from sernet_gen.plan import Plan
from sernet_gen.planner.costs import CostTable
from sernet_gen.planner.work import work_of_run, work_of_vector
from sernet_gen.schedule import Schedule
from sernet_gen.steps import Step


@dataclass(frozen=True)
class StepPrediction:
    """One step for a clip of the model's own length: costs as the cost table counts them, bytes.

    `late`: of `cost`, what comes after the last feature row. `choice`: None for an operator that
    offers none.
    """

    name: str
    choice: Choice | None
    cost: float
    late: float
    flash: int
    workspace: int


@dataclass(frozen=True)
class Prediction:
    """A whole plan. `frame`: the cost of the front-end for each feature row; `schedule`: what the
    engine spends between the steps. `arena` and `flash` (constants of the network) in bytes.
    """

    quantity: str
    steps: tuple[StepPrediction, ...]
    schedule: float
    frame: float
    rows: int
    arena: int

    @property
    def network(self) -> float:
        """Cost of the network for a clip."""
        return sum(step.cost for step in self.steps) + self.schedule

    @property
    def total(self) -> float:
        """Cost of network and front-end for a clip."""
        return self.network + self.frame * self.rows

    @property
    def late(self) -> float:
        """Cost from the last sample to the answer: the last frame, and what waited for it."""
        return sum(step.late for step in self.steps) + self.frame

    @property
    def flash(self) -> int:
        """Bytes of the groups' constant tables."""
        return sum(step.flash for step in self.steps)


def predict(model: QModel, plan: Plan, costs: CostTable, wait_states: float) -> Prediction:
    """Return what `plan` will take on a core and board of such costs."""
    steps = [_step(model, plan, step, costs, wait_states) for step in plan.steps]
    for operator in plan.vector_operators:
        cost = costs.cost(work_of_vector(model, operator), wait_states)
        steps.append(StepPrediction(model.name_of(operator), None, cost, cost, 0, 0))
    rows = model.input.shape[0]
    ticks = max(plan.schedule.lags.values()) + rows
    schedule = costs.cost({"schedule_step": ticks * len(plan.steps)}, wait_states)
    frame = costs.cost({"frame": 1}, wait_states)
    return Prediction(costs.quantity, tuple(steps), schedule, frame, rows, plan.arena_bytes)


def _step(
    model: QModel, plan: Plan, step: Step, costs: CostTable, wait_states: float
) -> StepPrediction:
    run = costs.cost(work_of_run(model, step), wait_states)
    runs, late = runs_of(model, step), late_runs(model, plan.schedule, step)
    name, group = model.traced[step.output].name, step.part
    if not isinstance(group, Group):
        return StepPrediction(name, None, run * runs, run * late, 0, 0)
    kernel = kernel_of(step.choice.algorithm)
    return StepPrediction(
        name,
        step.choice,
        run * runs,
        run * late,
        kernel.flash_bytes(model, group, step.choice),
        kernel.workspace_bytes(model, group, step.choice),
    )


def runs_of(model: QModel, step: Step) -> int:
    """Return how often `step` runs for a clip of the model's own length."""
    paced = step.part.input if isinstance(step.part, Mean) else step.output
    return -(-(model.traced[paced].shape[0] + step.early) // step.rows)


def late_runs(model: QModel, schedule: Schedule, step: Step) -> int:
    """Return how many of the runs of `step` come after the last row of such a clip."""
    first = schedule.lags[step.output]
    last_row = model.input.shape[0] - 1
    numbers = range(runs_of(model, step))
    return sum(first + number * step.run_ticks >= last_row for number in numbers)
