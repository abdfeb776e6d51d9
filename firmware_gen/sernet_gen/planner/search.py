"""The fastest combination of candidates that fits.

The bounds of a combination's arena and latency may be far from the truth, which depends above all
on its pace: how many rows each group makes a run. That gives the schedule, so when rings fill and
which runs fall together. Wherever the fastest combination within the bounds has a pace that was not
looked at yet, its schedule is made, and all combinations of that pace get bounds that are all but
the truth. Only what is still within the limits is laid out in the arena.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sernet_gen.planner.combinations import Candidate, Combination, Limits, Listing, listed

# Combinations that are looked at before the bounds are tightened by this share of the limits.
_ATTEMPTS = 600
_TIGHTER_BY = 0.05
_TIGHTENINGS = 12


class Outlook(Protocol):
    """What is known of all combinations of one pace.

    `arena`: bytes that none of them can do without; `late`: what comes after the last row beside
    the groups' runs.
    """

    arena: int
    late: float

    def arena_with(self, candidate: Candidate) -> int:
        """Return the bytes in use, at most, while `candidate` runs."""

    def late_of(self, candidate: Candidate) -> float:
        """Return what the runs of `candidate` cost that come after the last row."""

    def fits(self, combination: Combination, limits: Limits) -> bool:
        """Return whether the plan of `combination` keeps to the limits on arena and lateness."""


def find_best(
    groups: Sequence[Sequence[Candidate]],
    limits: Limits,
    look: Callable[[Combination], Outlook],
) -> Combination | None:
    """Return the cheapest combination within the limits that was found to fit, None for none.

    `look`: gives what is known of the combinations of the same pace.

    Of more combinations than can be listed the cheapest are, which may all be too large: others
    must keep to bounds that are tighter step by step.
    """
    best: Combination | None = None
    laid_out: dict[Combination, bool] = {}

    def fits(combination: Combination) -> bool:
        if combination not in laid_out:
            laid_out[combination] = look(combination).fits(combination, limits)
        return laid_out[combination]

    for step in range(_TIGHTENINGS):
        listing = listed(groups, limits.times(1.0 - step * _TIGHTER_BY), "cost")
        cheaper = listing.cost < (np.inf if best is None else _cost(best))
        best = _first_that_fits(listing, cheaper, limits, look, fits) or best
    return best


def _cost(combination: Combination) -> float:
    return sum(candidate.cost for candidate in combination)


def _first_that_fits(
    listing: Listing,
    wanted: npt.NDArray[np.bool_],
    limits: Limits,
    look: Callable[[Combination], Outlook],
    fits: Callable[[Combination], bool],
) -> Combination | None:
    """Return the first combination that fits, of those that are `wanted`; None is found when none
    does, or not soon enough."""
    arena, late = listing.arena, listing.late
    paces = _paces(listing)
    may_fit = wanted.copy()
    known: set[int] = set()
    for _ in range(_ATTEMPTS):
        may_fit &= (arena <= limits.arena) & (late <= limits.late)
        if not may_fit.any():
            break
        number = int(may_fit.argmax())
        combination, pace = listing[number], int(paces[number])
        if pace not in known:
            known.add(pace)
            same = np.flatnonzero(paces == pace)
            arena[same], late[same] = _foreseen(listing, same, look(combination))
        elif fits(combination):
            return combination
        else:
            may_fit[number] = False
    return None


def _paces(listing: Listing) -> npt.NDArray[np.int64]:
    """Return a number for each combination, the same for those of one pace."""
    paces = np.zeros(len(listing), np.int64)
    for at, group in enumerate(listing.groups):
        known = sorted({candidate.pace for candidate in group})
        own = np.array([known.index(candidate.pace) for candidate in group], np.int64)
        paces = paces * len(known) + own[listing.places[:, at]]
    return paces


def _foreseen(
    listing: Listing, numbers: npt.NDArray[np.int64], outlook: Outlook
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return arena and late cost of the combinations `numbers`, all of the pace of `outlook`."""
    arena = np.full(len(numbers), float(outlook.arena))
    late = np.full(len(numbers), outlook.late)
    for at, group in enumerate(listing.groups):
        places, inverse = np.unique(listing.places[numbers, at], return_inverse=True)
        with_it = np.array([outlook.arena_with(group[place]) for place in places])
        after = np.array([outlook.late_of(group[place]) for place in places])
        arena = np.maximum(arena, with_it[inverse])
        late += after[inverse]
    return arena, late
