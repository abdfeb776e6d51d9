"""The combinations of one candidate a group whose bounds are within limits, in order.

Costs and flash add up over the groups of a network; the arena and the latency do not (rings share
bytes, runs fall together). These get bounds that are quick to compute for all combinations at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sernet_gen.kernels.choice import Choice

# Combinations that are looked at together; of more, the cheapest are.
_MOST_COMBINATIONS = 50_000
# Combinations that are weighed in one piece of memory.
_MOST_AT_ONCE = 100_000


class Run(NamedTuple):
    """One run of a step: the tensor that it makes, its predicted cost, the bytes it works in."""

    output: int
    cost: float
    workspace: int


@dataclass(frozen=True)
class Candidate:
    """One way to run a group: its predicted `cost` for a clip, its steps' `runs`, and bytes.

    `choices`: by the output tensor of what they are for. `peak`: arena bytes in use while it runs
    (window, workspace, output rows); `kept`: of these, the rows that stay needed between its runs.
    """

    choices: tuple[tuple[int, Choice], ...]
    cost: float
    runs: tuple[Run, ...]
    flash: int
    peak: int
    kept: int

    @property
    def pace(self) -> tuple[tuple[int, int, int], ...]:
        """When it runs: for each choice what it is for, its rows a run, and how many of the first
        run lie above the clip."""
        return tuple((output, choice.rows, choice.early) for output, choice in self.choices)

    @property
    def run_cost(self) -> float:
        """Predicted cost of one run of each step."""
        return sum(run.cost for run in self.runs)

    @property
    def figures(self) -> tuple[float, float, int, int, int]:
        """All that is compared: the less, the better."""
        return self.cost, self.run_cost, self.flash, self.peak - self.kept, self.kept


@dataclass(frozen=True)
class Limits:
    """Of a combination: flash and arena in bytes, cost after the last sample; inf for none."""

    flash: float = np.inf
    arena: float = np.inf
    late: float = np.inf

    def times(self, factor: float) -> "Limits":
        """Return the limits with those on arena and lateness, which are bounded, times `factor`."""
        return Limits(self.flash, self.arena * factor, self.late * factor)


Combination = tuple[Candidate, ...]
Order = Literal["cost", "late", "flash", "arena"]
_COST, _RUN, _FLASH, _PEAK, _KEPT = range(5)


@dataclass(frozen=True)
class Listing:
    """Combinations in their order, as arrays.

    `groups`: the candidates of each; `places`: int64 [combinations, groups], which of them each
    combination has; `sums`: float64 [combinations, 5], their figures together.
    """

    groups: Sequence[Sequence[Candidate]]
    places: npt.NDArray[np.int64]
    sums: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, number: int) -> Combination:
        row = self.places[number]
        return tuple(group[place] for group, place in zip(self.groups, row, strict=True))

    @property
    def cost(self) -> npt.NDArray[np.float64]:
        """Predicted cost of each for a clip."""
        return np.asarray(self.sums[:, _COST])

    @property
    def late(self) -> npt.NDArray[np.float64]:
        """The bound of what each costs after the last row: one run of each group."""
        return np.asarray(self.sums[:, _RUN])

    @property
    def arena(self) -> npt.NDArray[np.float64]:
        """The bound of each one's arena in bytes: of any group, what it has in use and what the
        others keep."""
        return np.asarray(self.sums[:, _PEAK] + self.sums[:, _KEPT])


def in_order(
    groups: Sequence[Sequence[Candidate]], limits: Limits, order: Order
) -> Iterator[Combination]:
    """Yield the combinations of one candidate a group whose bounds are within `limits`, the least
    `order` first."""
    listing = listed(groups, limits, order)
    return (listing[number] for number in range(len(listing)))


def listed(groups: Sequence[Sequence[Candidate]], limits: Limits, order: Order) -> Listing:
    """Return the combinations of one candidate a group whose bounds are within `limits`, the least
    `order` first; of more than 50,000 these."""
    ordered = _possible(groups, limits) if all(groups) else [[]]
    if not all(ordered):
        return Listing(ordered, np.zeros((0, len(ordered)), np.int64), np.zeros((0, 5)))
    figures = [_figures(group) for group in ordered]
    places = np.zeros((1, 0), np.int64)
    sums = np.zeros((1, 5))
    for at, group in enumerate(figures):
        rest = _least_together(figures[at + 1 :])
        parts = [
            _joined_within(places[some], sums[some], group, rest, limits)
            for some in _blocks(len(places), len(group))
        ]
        places, sums = (np.concatenate(part) for part in zip(*parts, strict=True))
        places, sums = _least(places, sums, order)
    return Listing(ordered, places, sums)


def _figures(group: Sequence[Candidate]) -> npt.NDArray[np.float64]:
    return np.array([c.figures for c in group], np.float64).reshape(-1, 5)


def _possible(groups: Sequence[Sequence[Candidate]], limits: Limits) -> list[list[Candidate]]:
    """Return of each group the candidates that are within the limits beside the least of others."""
    figures = [_figures(group) for group in groups]
    found = []
    for at, (group, own) in enumerate(zip(groups, figures, strict=True)):
        others = _least_together(figures[:at] + figures[at + 1 :])
        numbers = _within(np.zeros((1, 5)), own, others, limits)[1]
        found.append([group[number] for number in numbers])
    return found


def _least_together(figures: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the least figures that one candidate of each group can have together, float64 [5]."""
    least = np.zeros((1, 5))
    for group in figures:
        least = _added(least, group.min(axis=0)[None, :])
    return np.asarray(least[0])


def _blocks(rows: int, times: int) -> list[slice]:
    """Return slices of `rows` that stay small when each row is taken `times` times."""
    step = max(1, _MOST_AT_ONCE // max(1, times))
    return [slice(first, first + step) for first in range(0, max(1, rows), step)]


def _least(
    places: npt.NDArray[np.int64], sums: npt.NDArray[np.float64], order: Order
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the least combinations in their order, ties by cost and then by place."""
    if len(sums) > _MOST_COMBINATIONS:
        keys = _key(sums, order)
        some = keys <= np.partition(keys, _MOST_COMBINATIONS)[_MOST_COMBINATIONS]
        places, sums = places[some], sums[some]
    best = np.lexsort((*places.T, sums[:, _COST], _key(sums, order)))[:_MOST_COMBINATIONS]
    return places[best], sums[best]


def _key(sums: npt.NDArray[np.float64], order: Order) -> npt.NDArray[np.float64]:
    if order == "arena":
        return np.asarray(sums[:, _PEAK] + sums[:, _KEPT])
    return np.asarray(sums[:, {"cost": _COST, "late": _RUN, "flash": _FLASH}[order]])


def _joined_within(
    places: npt.NDArray[np.int64],
    sums: npt.NDArray[np.float64],
    group: npt.NDArray[np.float64],
    rest: npt.NDArray[np.float64],
    limits: Limits,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return every row with every candidate of `group` that may be within the limits with `rest`
    beside them: their places, their figures together."""
    rows, numbers = _within(sums, group, rest, limits)
    return np.hstack([places[rows], numbers[:, None]]), _added(sums[rows], group[numbers])


def _added(
    left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the figures of both: all add up but the peaks, of which the largest counts."""
    together = left + right
    together[:, _PEAK] = np.maximum(left[:, _PEAK], right[:, _PEAK])
    return together


def _within(
    sums: npt.NDArray[np.float64],
    group: npt.NDArray[np.float64],
    rest: npt.NDArray[np.float64],
    limits: Limits,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs of rows of `sums` and of `group` that are within the limits with `rest`."""

    def both(figure: int) -> npt.NDArray[np.float64]:
        return np.asarray(sums[:, None, figure] + (group[None, :, figure] + rest[figure]))

    peaks = np.maximum(sums[:, None, _PEAK], np.maximum(group[None, :, _PEAK], rest[_PEAK]))
    within = (
        (both(_FLASH) <= limits.flash)
        & (peaks + both(_KEPT) <= limits.arena)
        & (both(_RUN) <= limits.late)
    )
    rows, numbers = np.nonzero(within)
    return rows, numbers


def unbeaten(group: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates than which no other of the same pace is at least as good in all.

    How late the answer comes depends on the runs that fall together at the end of a clip, which the
    figures do not tell: two short ones may come later than a long one.
    """
    kept: list[Candidate] = []
    for candidate in sorted(group, key=lambda c: (c.figures, str(c.choices))):
        beaten = any(
            other.pace == candidate.pace
            and all(a <= b for a, b in zip(other.figures, candidate.figures, strict=True))
            for other in kept
        )
        if not beaten:
            kept.append(candidate)
    return kept
