"""When every row of every tensor is made, and how long it is needed.

Run k of a step is at tick k * run_ticks + lag (see plan.py). The lags are the latest that do not
delay the result, so that a short path (1x9) runs beside a long one (11x1) instead of filling memory
ahead of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import Mean, QModel
from sernet_gen.steps import Number, Step


@dataclass(frozen=True, eq=False)
class Schedule:
    """`steps`: in the order in which they run within a tick, the mean last.

    `lags`: the tick of a step's first run, by its output; 0 for the input.
    """

    model: QModel
    steps: tuple[Step, ...]
    lags: dict[int, int]

    @cached_property
    def period(self) -> int:
        """Ticks after which the schedule repeats."""
        return math.lcm(*(step.run_ticks for step in self.steps))

    @property
    def mean(self) -> Mean:
        """The operator that ends the rows."""
        mean = self.steps[-1].part
        assert isinstance(mean, Mean)
        return mean

    @cached_property
    def rings(self) -> tuple[int, ...]:
        """The row tensors that are made, the input included."""
        return (0, *sorted(step.output for step in self.steps[:-1]))

    def moment(self, step: Step, run: Number) -> Number:
        """Return when `step` has run `run`: ticks and the places within them, in one."""
        tick = run * step.run_ticks + self.lags[step.output]
        return tick * self._moments_per_tick + 1 + self._places[step.output]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {step.output: place for place, step in enumerate(self.steps)}

    @cached_property
    def _readers(self) -> dict[int, tuple[Step, ...]]:
        return {
            place: tuple(step for step in self.steps if place in step.inputs)
            for place in self.rings
        }

    @cached_property
    def _moments_per_tick(self) -> int:
        return 1 + len(self.steps)

    @cached_property
    def _length(self) -> int:
        return self.period * self._moments_per_tick

    def rows_of_period(self, place: int) -> int:
        """Return the rows of a tensor that are made in a period."""
        return self.period // self.model.traced[place].period

    @cached_property
    def _births(self) -> dict[int, npt.NDArray[np.int64]]:
        """Of each ring the moments at which the rows of the first period are written."""
        return {place: self._written(place) for place in self.rings}

    @cached_property
    def _deaths(self) -> dict[int, npt.NDArray[np.int64]]:
        """Of each ring the moments at which the rows of the first period are last read."""
        return {place: self._last_read(place) for place in self.rings}

    def _written(self, place: int) -> npt.NDArray[np.int64]:
        rows = np.arange(self.rows_of_period(place))
        if place == 0:
            return rows * self._moments_per_tick
        step = self.steps[self._places[place]]
        return self.moment(step, step.run_of(rows))

    def _last_read(self, place: int) -> npt.NDArray[np.int64]:
        rows = np.arange(self.rows_of_period(place))
        last = self._births[place]
        for step in self._readers[place]:
            run = step.last_reader(rows)
            read = rows <= step.last_read(run)
            last = np.maximum(last, np.where(read, self.moment(step, run), 0))
        return last

    def capacity(self, place: int) -> int:
        """Return the rows of a tensor that are needed at once."""
        births, deaths = self._births[place], self._deaths[place]
        periods = 1 + int(deaths.max()) // self._length
        later = births + self._length * np.arange(periods + 1)[:, None]
        written = np.searchsorted(later.ravel(), deaths, side="right")
        return int((written - np.arange(len(births))).max())

    def times(self, place: int, rows: range) -> int:
        """Return the bit mask of the moments of one period at which any of `rows`, which are of
        one period, is in use."""
        births, deaths = (of[place][rows].tolist() for of in (self._births, self._deaths))
        mask = 0
        for birth, death in zip(births, deaths, strict=True):
            mask |= self._span(birth, death)
        return mask

    def times_of_runs(self, step: Step) -> int:
        """Return the bit mask of the moments of one period at which `step` runs."""
        moments = (self.moment(step, run) for run in range(self.period // step.run_ticks))
        return sum(1 << (moment % self._length) for moment in moments)

    def _span(self, start: int, end: int) -> int:
        """Return the bit mask of the moments of one period from `start` to `end`, both in it."""
        count = end - start + 1
        if count >= self._length:
            return self.always
        mask = ((1 << count) - 1) << (start % self._length)
        return (mask | mask >> self._length) & self.always

    @cached_property
    def between(self) -> int:
        """The bit mask of the moments before a tick's first step, when its feature row is made."""
        return sum(1 << (tick * self._moments_per_tick) for tick in range(self.period))

    @cached_property
    def always(self) -> int:
        """The bit mask of all moments while rows stream."""
        return (1 << self._length) - 1

    @property
    def after(self) -> int:
        """The bit mask of the time after the last row, when vectors are computed."""
        return self.always + 1


def make_schedule(model: QModel, steps: Sequence[Step]) -> Schedule:
    """Return the schedule of `model`, whose steps in any order are `steps`."""
    ordered = _run_order(steps)
    makers = {step.output: step for step in ordered}
    lags = {0: 0}
    for step in ordered:
        lags[step.output] = max(-_slack(step, place, makers, lags, 0) for place in step.inputs)
    for step in reversed(ordered[:-1]):
        slacks = [
            _slack(reader, step.output, makers, lags, lags[reader.output])
            for reader in ordered
            if step.output in reader.inputs
        ]
        lags[step.output] += min(slacks, default=0)
    return Schedule(model, ordered, lags)


def _slack(
    step: Step, place: int, makers: Mapping[int, Step], lags: Mapping[int, int], lag: int
) -> int:
    """Return by how many ticks input `place` is there before `step`, with `lag`, needs it."""
    maker = makers.get(place)
    if maker is None:
        return lag - step.last_read(0)
    runs = math.lcm(step.run_ticks, maker.run_ticks) // step.run_ticks
    return min(
        run * step.run_ticks
        + lag
        - (maker.run_of(step.last_read(run)) * maker.run_ticks + lags[place])
        for run in range(runs)
    )


def _run_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps, each as soon as possible after what it reads, so that rows die young; the
    mean last."""
    waiting = list(steps)
    made = [0]
    order: list[Step] = []
    while waiting:
        ready = [step for step in waiting if all(place in made for place in step.inputs)]
        chosen = max(ready, key=lambda step: max(made.index(place) for place in step.inputs))
        waiting.remove(chosen)
        made.append(chosen.output)
        order.append(chosen)
    return (
        *(step for step in order if not isinstance(step.part, Mean)),
        *(step for step in order if isinstance(step.part, Mean)),
    )
