"""The planner's search against trying everything."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sernet_gen.kernels.choice import Choice
from sernet_gen.planner.search import Candidate, Limits, find_best, in_order, unbeaten


def random_groups(seed):
    random = np.random.default_rng(seed)

    def candidate(group, place):
        kept = int(random.integers(0, 5))
        cost, run, flash = random.integers(1, 20), random.integers(1, 9), random.integers(0, 20)
        choices = ((group, Choice("direct", place + 1)),)
        return Candidate(choices, float(cost), float(run), int(flash), kept + 3 + place % 3, kept)

    sizes = random.integers(1, 6, int(random.integers(1, 5)))
    return [[candidate(g, place) for place in range(size)] for g, size in enumerate(sizes)]


def bounds(combination):
    kept = sum(c.kept for c in combination)
    arena = max(c.peak - c.kept for c in combination) + kept
    return sum(c.flash for c in combination), arena, sum(c.run_cost for c in combination)


def cost(combination):
    return sum(c.cost for c in combination)


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
        if all(a <= b for a, b in zip(bounds(combination), (flash, arena, late), strict=True))
    ]
    best = find_best(groups, limits, lambda _: True)
    assert (best is None) == (not possible)
    if best is not None:
        assert cost(best) == min(possible)


def test_what_does_not_fit_as_a_whole_is_passed_over():
    groups = random_groups(7)
    ranked = [cost(combination) for combination in in_order(groups, Limits(), "cost")]
    assert ranked == sorted(ranked)
    assert len(ranked) > 3
    seen = []

    def fits(combination):
        seen.append(cost(combination))
        return len(seen) == 3

    found = find_best(groups, Limits(), fits)
    assert cost(found) == ranked[2]
    assert seen == ranked[:3]
    assert find_best(groups, Limits(), lambda _: False) is None


def test_orders():
    groups = random_groups(11)
    for place, order in enumerate(("flash", "arena", "late")):
        figures = [bounds(combination)[place] for combination in in_order(groups, Limits(), order)]
        assert figures == sorted(figures)


def test_a_candidate_that_is_worse_in_everything_is_left_out():
    good = Candidate(((0, Choice("direct", 1)),), 1.0, 1.0, 10, 5, 2)
    worse = Candidate(((0, Choice("winograd", 1)),), 1.0, 1.0, 11, 5, 2)
    other = Candidate(((0, Choice("first_layer", 1)),), 2.0, 1.0, 9, 5, 2)
    longer = Candidate(((0, Choice("direct", 2)),), 3.0, 2.0, 12, 6, 2)
    assert unbeaten([worse, other, good, longer]) == [good, other, longer]
    assert list(in_order([[good], []], Limits(), "cost")) == []
