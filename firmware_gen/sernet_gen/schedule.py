"""When every row of every tensor is made, and how long it is needed.

Row r of a tensor is made at tick r * period + lag (see plan.py). The lags are the latest that do
not delay the result, so that a short path (1x9) runs beside a long one (11x1) instead of
filling memory ahead of it.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from sernet_cal.qmodel_types import (
    Convolution,
    FullyConnected,
    Mean,
    Pool,
    QModel,
    RowOperator,
    Softmax,
    inputs_of,
    row_geometry,
)

Streamed = RowOperator | Mean


@dataclass(frozen=True, eq=False)
class Schedule:
    """`operators`: the row operators in the order in which they run within a tick, the mean last.

    `lags`: for each traced row tensor, the tick at which its row 0 is made (0 for the input).
    """

    model: QModel
    operators: tuple[Streamed, ...]
    lags: dict[int, int]

    @cached_property
    def period(self) -> int:
        """Ticks after which the schedule repeats."""
        return math.lcm(*(self.model.traced[place].period for place in self.lags))

    @property
    def mean(self) -> Mean:
        """The operator that ends the rows."""
        mean = self.operators[-1]
        assert isinstance(mean, Mean)
        return mean

    @cached_property
    def consumers(self) -> dict[int, list[Streamed]]:
        """The operators that read each row tensor."""
        return {
            place: [op for op in self.operators if place in inputs_of(op)] for place in self.lags
        }

    def lag_of(self, operator: Streamed) -> int:
        """Return the tick at which `operator` runs for the first time."""
        return self.lags[operator.input if isinstance(operator, Mean) else operator.output]

    def moment(self, operator: Streamed, row: int) -> int:
        """Return when `operator` makes its row `row`: ticks and the places within them, in one."""
        paced = operator.input if isinstance(operator, Mean) else operator.output
        tick = row * self.model.traced[paced].period + self.lags[paced]
        return tick * self._moments_per_tick + 1 + self.operators.index(operator)

    @property
    def _moments_per_tick(self) -> int:
        return 1 + len(self.operators)

    def birth(self, place: int, row: int) -> int:
        """Return the moment at which a row of a tensor is written."""
        for operator in self.operators:
            if not isinstance(operator, Mean) and operator.output == place:
                return self.moment(operator, row)
        return row * self._moments_per_tick

    def death(self, place: int, row: int) -> int:
        """Return the moment at which a row of a tensor is read for the last time."""
        moments = [self.birth(place, row)]
        for operator in self.consumers[place]:
            window, stride, above = geometry(operator)
            last = (row + above) // stride
            if row <= last * stride - above + window - 1:
                moments.append(self.moment(operator, last))
        return max(moments)

    def capacity(self, place: int) -> int:
        """Return the rows of a tensor that are needed at once."""
        strides = [geometry(operator)[1] for operator in self.consumers[place]]
        rows = range(math.lcm(*strides))
        capacity = 1
        while any(self.death(place, r) >= self.birth(place, r + capacity) for r in rows):
            capacity += 1
        return capacity

    def times(self, place: int, rows: range) -> int:
        """Return the bit mask of the moments of one period at which any of `rows` is in use."""
        length = self.period * self._moments_per_tick
        mask = 0
        for row in rows:
            start, end = self.birth(place, row), self.death(place, row)
            if end - start + 1 >= length:
                return self.always
            for moment in range(start, end + 1):
                mask |= 1 << (moment % length)
        return mask

    def times_of_run(self, operator: Streamed) -> int:
        """Return the bit mask of the moments of one period at which `operator` runs."""
        length = self.period * self._moments_per_tick
        step = self.model.traced[inputs_of(operator)[0]].period * geometry(operator)[1]
        moments = (self.moment(operator, row) for row in range(self.period // step))
        return sum(1 << (moment % length) for moment in moments)

    @property
    def always(self) -> int:
        """The bit mask of all moments while rows stream."""
        return (1 << (self.period * self._moments_per_tick)) - 1

    @property
    def after(self) -> int:
        """The bit mask of the time after the last row, when vectors are computed."""
        return self.always + 1


def geometry(operator: Streamed) -> tuple[int, int, int]:
    """Return (window rows, vertical stride, rows of padding on top) of a row operator."""
    return row_geometry(operator) if isinstance(operator, Convolution | Pool) else (1, 1, 0)


def make_schedule(model: QModel) -> Schedule:
    """Return the schedule of `model`."""
    operators = _run_order(model)
    earliest = {0: 0}
    for operator in operators:
        if not isinstance(operator, Mean):
            earliest[operator.output] = max(
                earliest[place] + _wait(model, operator, place) for place in inputs_of(operator)
            )
    latest = dict(earliest)
    for place in sorted(latest, reverse=True):
        limits = [
            latest[op.output] - _wait(model, op, place)
            for op in operators
            if place in inputs_of(op) and not isinstance(op, Mean)
        ]
        if limits and place != 0:
            latest[place] = min(limits)
    return Schedule(model, operators, latest)


def _wait(model: QModel, operator: Streamed, place: int) -> int:
    """Return the ticks from input row 0 to the last input row of output row 0."""
    window, _, above = geometry(operator)
    return model.traced[place].period * (window - 1 - above)


def _run_order(model: QModel) -> tuple[Streamed, ...]:
    """Return the row operators, each as soon as possible after what it reads, so that rows die
    young."""
    waiting: list[Streamed] = [
        op for op in model.operators if not isinstance(op, FullyConnected | Softmax)
    ]
    made = [0]
    order: list[Streamed] = []
    while waiting:
        ready = [op for op in waiting if all(place in made for place in inputs_of(op))]
        chosen = max(ready, key=lambda op: max(made.index(place) for place in inputs_of(op)))
        waiting.remove(chosen)
        made.append(chosen.output)
        order.append(chosen)
    mean = next(op for op in order if isinstance(op, Mean))
    return (*(op for op in order if op is not mean), mean)
