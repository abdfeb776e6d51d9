"""The steps of a network: what runs as one, how many rows at a time, and what a run reads.

Run k of a step makes rows [k * rows - early, (k + 1) * rows - early) of its output; those outside
the clip are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import ModelError
from sernet_cal.qmodel_types import (
    Concatenation,
    Convolution,
    Mean,
    Pool,
    QModel,
    RowOperator,
    inputs_of,
    row_geometry,
)
from sernet_gen.groups import group_at, members
from sernet_gen.kernels.choice import Choice, Group

# SN_MAX_WINDOW_ROWS and SN_MAX_RUN_ROWS of sn_model.h: input rows that a run may read, and output
# rows that it may make.
MAX_WINDOW_ROWS = 32
MAX_RUN_ROWS = 16

Part = Group | Pool | Concatenation | Mean


# A row or a run, or many at once.
Number = TypeVar("Number", int, npt.NDArray[np.int64])


@dataclass(frozen=True, eq=False)
class Step:
    """A group, or one operator between groups, with the way it runs.

    `choice`: its algorithm and weights are for groups only. One output row reads `window` input
    rows; those of row r begin at r * `stride` - `above`.
    `ticks_per_row`: feature rows for each row of the output; for the mean, which makes no rows, of
    the input.
    """

    part: Part
    choice: Choice
    window: int
    stride: int
    above: int
    ticks_per_row: int

    @property
    def inputs(self) -> tuple[int, ...]:
        """The tensors that the step reads."""
        return (self.part.input,) if isinstance(self.part, Group) else inputs_of(self.part)

    @property
    def output(self) -> int:
        """The tensor that the step makes."""
        return self.part.output

    @property
    def rows(self) -> int:
        """Output rows of a run."""
        return self.choice.rows

    @property
    def early(self) -> int:
        """Rows of the first run that lie above the clip."""
        return self.choice.early

    @property
    def run_ticks(self) -> int:
        """Ticks from one run to the next."""
        return self.rows * self.ticks_per_row

    @property
    def run_window(self) -> int:
        """Input rows that a run reads."""
        return (self.rows - 1) * self.stride + self.window

    def first_read(self, run: Number) -> Number:
        """Return the first input row that run `run` reads; below 0 above the clip."""
        return (run * self.rows - self.early) * self.stride - self.above

    def last_read(self, run: Number) -> Number:
        """Return the last input row that run `run` reads."""
        return self.first_read(run) + self.run_window - 1

    def run_of(self, row: Number) -> Number:
        """Return the run that makes output row `row`."""
        return (row + self.early) // self.rows

    def last_reader(self, row: Number) -> Number:
        """Return the last run whose window begins at input row `row` or above it: the last that
        reads the row, unless windows skip it and this one has ended."""
        return (row + self.above + self.early * self.stride) // (self.rows * self.stride)


def make_steps(model: QModel, choices: Mapping[int, Choice]) -> tuple[Step, ...]:
    """Return the steps of `model` in its own order.

    `choices` by the output of a group. The other row operators are steps of their own, which take
    as many rows at a time as the step before them makes, where that can be. Raises ModelError for
    a key without a group, and for two groups with an operator in both.
    """
    chosen = {output: group_at(model, output) for output in sorted(choices)}
    inside = _inside(model, chosen)
    makers: dict[int, Step] = {}
    for operator in model.operators:
        if not isinstance(operator, RowOperator | Mean) or operator.output in inside:
            continue
        group = chosen.get(operator.output)
        if group is not None:
            step = make_step(model, group, choices[group.output])
        else:
            part = Group((operator,)) if isinstance(operator, Convolution) else operator
            step = _in_pace(make_step(model, part, Choice()), makers)
        makers[step.output] = step
    return tuple(makers.values())


def _inside(model: QModel, chosen: Mapping[int, Group]) -> set[int]:
    """Return the outputs of the operators inside the groups `chosen`, by their own outputs."""
    inside = set()
    for output, group in chosen.items():
        for operator in members(group):
            if operator.output == output:
                continue
            if operator.output in chosen:
                one, other = (model.traced[place].name for place in (operator.output, output))
                raise ModelError(
                    f"An algorithm was chosen for {one}, and one for {other}, which is made with "
                    "it.",
                    "Choose for one of them.",
                )
            inside.add(operator.output)
    return inside


def make_step(model: QModel, part: Part, choice: Choice) -> Step:
    """Return `part` as a step that runs by `choice`."""
    window, stride, above = _geometry(part)
    paced = part.input if isinstance(part, Mean) else part.output
    return Step(part, choice, window, stride, above, model.traced[paced].period)


def _geometry(part: Part) -> tuple[int, int, int]:
    """Return (window rows, vertical stride, rows of padding on top) of one output row."""
    if isinstance(part, Group):
        paths = list(_paths(part))
        above = max(top for _, _, top in paths)
        below = max(window - 1 - top for window, _, top in paths)
        return above + 1 + below, paths[0][1], above
    return row_geometry(part) if isinstance(part, Pool) else (1, 1, 0)


def _paths(group: Group) -> Iterator[tuple[int, int, int]]:
    """Yield the geometry of each convolution of `group` together with its pool."""
    for place, convolution in enumerate(group.convolutions):
        window, _, above = row_geometry(convolution)
        if group.pools:
            pool_window, stride, pool_above = row_geometry(group.pools[place])
            yield window + pool_window - 1, stride, above + pool_above
        else:
            yield window, 1, above


def _in_pace(step: Step, makers: Mapping[int, Step]) -> Step:
    """Return `step` with runs that take what a run of the step before it makes, at once.

    `early` is the least number with which a run reads nothing of the other step's next run.
    """
    before = max(
        (makers[place] for place in step.inputs if place in makers),
        key=lambda maker: maker.rows,
        default=None,
    )
    if before is None or before.rows % step.stride:
        return step
    rows = before.rows // step.stride
    missing = before.early + step.window - step.stride - step.above
    early = -(-missing // step.stride) % rows
    choice = replace(step.choice, rows=rows, early=early)
    paced = Step(step.part, choice, step.window, step.stride, step.above, step.ticks_per_row)
    return paced if rows <= MAX_RUN_ROWS and paced.run_window <= MAX_WINDOW_ROWS else step
