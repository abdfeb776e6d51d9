"""The planner's search against trying everything."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sernet_gen.kernels.choice import Choice
from sernet_gen.planner.combinations import Candidate, Limits, Run, in_order, unbeaten
from sernet_gen.planner.search import find_best


def random_groups(seed):
    random = np.random.default_rng(seed)

    def candidate(group, place):
        kept = int(random.integers(0, 5))
        cost, run, flash = random.integers(1, 20), random.integers(1, 9), random.integers(0, 20)
        choices = ((group, Choice("direct", place + 1)),)
        runs = (Run(group, float(run), place % 3),)
        return Candidate(choices, float(cost), runs, int(flash), kept + 3 + place % 3, kept)

    sizes = random.integers(1, 6, int(random.integers(1, 5)))
    return [[candidate(g, place) for place in range(size)] for g, size in enumerate(sizes)]


def bounds(combination):
    kept = sum(c.kept for c in combination)
    arena = max(c.peak - c.kept for c in combination) + kept
    return sum(c.flash for c in combination), arena, sum(c.run_cost for c in combination)


def cost(combination):
    return sum(c.cost for c in combination)


class Pace:
    """Of a made-up truth: each arena is `more` than its bound, each run comes late `times`."""

    def __init__(self, combination, more=0, times=1):
        self.more, self.times, self.late = more, times, 0.0
        self.kept = sum(c.kept for c in combination)
        self.arena = self.kept + more

    def arena_with(self, candidate):
        return candidate.peak - candidate.kept + self.kept + self.more

    def late_of(self, candidate):
        return self.times * candidate.run_cost

    def fits(self, combination, limits):
        _, arena, late = bounds(combination)
        return arena + self.more <= limits.arena and self.times * late <= limits.late


def true_pace(combination):
    """Return a pace whose truth depends on the rows a run."""
    rows = [rows for candidate in combination for _, rows, _ in candidate.pace]
    return Pace(combination, sum(rows) % 7, 1 + sum(rows) % 3)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    flash=st.integers(0, 60),
    arena=st.integers(0, 30),
    late=st.integers(0, 30),
)
def test_the_cheapest_within_the_limits_is_found(seed, flash, arena, late):
    groups = random_groups(seed)
    limits = Limits(flash, arena, late)
    possible = [
        cost(combination)
        for combination in itertools.product(*groups)
        if bounds(combination)[0] <= flash and true_pace(combination).fits(combination, limits)
    ]
    best = find_best(groups, limits, true_pace)
    assert (best is None) == (not possible)
    if best is not None:
        assert cost(best) == min(possible)


def test_only_what_may_fit_is_laid_out_each_once_the_cheapest_first():
    groups = random_groups(7)
    ranked = [cost(combination) for combination in in_order(groups, Limits(), "cost")]
    assert ranked == sorted(ranked)
    assert len(ranked) > 3
    laid_out = []

    class Seen(Pace):
        def fits(self, combination, limits):
            laid_out.append(cost(combination))
            return len(laid_out) == 3

    found = find_best(groups, Limits(), Seen)
    assert laid_out == ranked[:3]
    assert cost(found) == ranked[2]
    laid_out.clear()
    assert find_best(groups, Limits(late=0.0), Seen) is None
    assert laid_out == []


def test_orders():
    groups = random_groups(11)
    for place, order in enumerate(("flash", "arena", "late")):
        figures = [bounds(combination)[place] for combination in in_order(groups, Limits(), order)]
        assert figures == sorted(figures)


def test_a_candidate_that_is_worse_in_everything_is_left_out():
    good = Candidate(((0, Choice("direct", 1)),), 1.0, (Run(0, 1.0, 3),), 10, 5, 2)
    worse = Candidate(((0, Choice("winograd", 1)),), 1.0, (Run(0, 1.0, 3),), 11, 5, 2)
    other = Candidate(((0, Choice("first_layer", 1)),), 2.0, (Run(0, 1.0, 3),), 9, 5, 2)
    longer = Candidate(((0, Choice("direct", 2)),), 3.0, (Run(0, 2.0, 4),), 12, 6, 2)
    assert unbeaten([worse, other, good, longer]) == [good, other, longer]
    assert list(in_order([[good], []], Limits(), "cost")) == []
