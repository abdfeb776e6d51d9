"""What plans have in common whose groups make the same numbers of rows a run."""

from collections.abc import Iterable

from sernet_cal.qmodel_types import QModel
from sernet_gen.kernels.choice import Choice
from sernet_gen.layout import Layout, vector_operators
from sernet_gen.planner.combinations import Candidate, Combination, Limits
from sernet_gen.planner.costs import CostTable
from sernet_gen.planner.predict import late_runs
from sernet_gen.planner.work import work_of_run, work_of_vector
from sernet_gen.schedule import make_schedule
from sernet_gen.steps import make_steps


class Pace:
    """The schedule of such plans and the arena beside their workspaces.

    `arena`: bytes that none of them can do without; `late`: what comes after the last feature row
    beside the groups' runs, without the front-end.
    """

    def __init__(
        self,
        model: QModel,
        combination: Combination,
        costs: CostTable,
        wait_states: float,
        live: bool,
    ) -> None:
        """`combination`: any one of this pace; its own costs and workspaces do not matter."""
        steps = make_steps(model, choices_of(combination))
        schedule = make_schedule(model, steps)
        self._layout = Layout(model, schedule, live)
        self.arena, self._beside = self._layout.beside()
        self._late = {step.output: late_runs(model, schedule, step) for step in steps}
        grouped = {run.output for candidate in combination for run in candidate.runs}
        others = (step for step in steps if step.output not in grouped)
        self.late = sum(
            self._late[step.output] * costs.cost(work_of_run(model, step), wait_states)
            for step in others
        ) + sum(
            costs.cost(work_of_vector(model, operator), wait_states)
            for operator in vector_operators(model)
        )

    def arena_with(self, candidate: Candidate) -> int:
        """Return the bytes in use, at most, while `candidate` runs."""
        return max(self._beside[run.output] + run.workspace for run in candidate.runs)

    def late_of(self, candidate: Candidate) -> float:
        """Return what the runs of `candidate` cost that come after the last row."""
        return sum(self._late[run.output] * run.cost for run in candidate.runs)

    def arena_of(self, combination: Combination) -> int:
        """Return the arena of the plan of `combination` in bytes."""
        grouped = choices_of(combination)
        runs = (run for candidate in combination for run in candidate.runs)
        return self._layout.place({r.output: r.workspace for r in runs if r.output in grouped})[1]

    def late_with(self, combination: Combination) -> float:
        """Return the cost after the last row of the plan of `combination`."""
        return self.late + sum(self.late_of(candidate) for candidate in combination)

    def fits(self, combination: Combination, limits: Limits) -> bool:
        """Return whether the plan of `combination` keeps to the limits on arena and lateness."""
        late, arena = self.late_with(combination), self.arena_of(combination)
        return late <= limits.late and arena <= limits.arena


def choices_of(combination: Iterable[Candidate]) -> dict[int, Choice]:
    """Return the choices of all candidates, by the output tensor of what they are for."""
    return dict(pair for candidate in combination for pair in candidate.choices)
