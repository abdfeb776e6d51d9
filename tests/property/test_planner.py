"""Plans of random networks within random budgets: they fit, and the answers are right."""

import contextlib
import re

import numpy as np
import pytest
from engine_programs import assert_same
from hypothesis import given, settings
from hypothesis import strategies as st
from random_choices import random_sernet
from tiny_models import random_rows

from sernet_cal.errors import DoesNotFitError
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_gen.groups import fusable_groups
from sernet_gen.hostlib import host_library
from sernet_gen.plan import plan_model
from sernet_gen.planner.budgets import Budgets
from sernet_gen.planner.candidates import ALGORITHMS, candidates_of
from sernet_gen.planner.choose import Target, choose
from sernet_gen.planner.combinations import Limits
from sernet_gen.planner.costs import load_costs
from sernet_gen.planner.pace import Pace, choices_of
from sernet_gen.planner.predict import predict

SEEDS = st.integers(0, 2**32 - 1)
TARGET = Target(load_costs("cortex-m4f"), 64_000_000, 2, 1000, 400, 300, 200)


def planned(seed):
    """Return a random network, random budgets around what a plan without any takes, and its plan
    or the error."""
    random = np.random.default_rng(seed)
    flatbuffer, width = random_sernet(seed)
    model = read_qmodel(flatbuffer, width)
    free = choose(model, TARGET, Budgets())
    factor = random.uniform(0.3, 1.3, 3)
    late = 1000.0 * free.prediction.late / TARGET.clock_hz
    flash = free.flash_bytes
    ram = TARGET.ram + TARGET.stack + free.plan.arena_bytes
    budgets = Budgets(*(int(f * size) for f, size in zip(factor, (flash, ram), strict=False)))
    if random.random() < 0.5:
        budgets = Budgets(budgets.flash, budgets.ram, float(factor[2] * late))
    try:
        return model, width, budgets, choose(model, TARGET, budgets)
    except DoesNotFitError as error:
        return model, width, budgets, error


def assert_keeps(chosen, budgets):
    assert chosen.flash_bytes <= budgets.flash
    assert TARGET.ram + TARGET.stack + chosen.plan.arena_bytes <= budgets.ram
    if budgets.latency_ms is not None:
        assert 1000.0 * chosen.prediction.late / TARGET.clock_hz <= budgets.latency_ms


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_plans_keep_to_their_budgets_or_say_which_one_to_move(seed):
    model, _, budgets, result = planned(seed)
    if not isinstance(result, DoesNotFitError):
        assert_keeps(result, budgets)
        assert result.plan.arena_bytes == plan_model(model, result.choices).arena_bytes
        return
    for name, value in re.findall(r"--(flash|ram|latency)-budget (\d+)", result.hint):
        key = "latency_ms" if name == "latency" else name
        moved = Budgets(**{**vars(budgets), key: int(value)})
        assert_keeps(choose(model, TARGET, moved), moved)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_planned_networks_give_the_reference_bytes(seed):
    model, width, _, result = planned(seed)
    if isinstance(result, DoesNotFitError):
        return
    with host_library(model, flags=("-O1",), choices=result.choices) as library:
        for count in (1, 2, 5, 9, 23):
            rows = random_rows(count, count, width)
            made = result.plan.made
            assert_same(model, library.run_rows(rows), run_reference(model, rows), made)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_a_pace_foresees_the_plans_that_keep_to_it(seed):
    random = np.random.default_rng(seed)
    model = read_qmodel(*random_sernet(seed))
    groups = [
        candidates_of(model, group, ALGORITHMS, TARGET.costs, TARGET.wait_states)[0]
        for group in fusable_groups(model)
    ]
    combination = tuple(group[random.integers(len(group))] for group in groups)
    pace = Pace(model, combination, TARGET.costs, TARGET.wait_states, TARGET.live)
    same = tuple(
        next(c for c in group if c.pace == chosen.pace)
        for group, chosen in zip(groups, combination, strict=True)
    )
    for one in (combination, same):
        plan = plan_model(model, choices_of(one))
        predicted = predict(model, plan, TARGET.costs, TARGET.wait_states)
        late = predicted.late - predicted.frame
        assert pace.arena_of(one) == plan.arena_bytes
        assert pace.late_with(one) == pytest.approx(late)
        foreseen = max(pace.arena, *(pace.arena_with(candidate) for candidate in one))
        assert foreseen <= plan.arena_bytes
        assert pace.fits(one, Limits(arena=plan.arena_bytes, late=late * 1.001))
        assert not pace.fits(one, Limits(arena=plan.arena_bytes - 8))
        assert not pace.fits(one, Limits(late=late * 0.999))


@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_more_memory_never_gives_a_slower_plan(seed):
    model = read_qmodel(*random_sernet(seed))
    free = choose(model, TARGET, Budgets())
    ram = TARGET.ram + TARGET.stack + free.plan.arena_bytes
    found = []
    for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        with contextlib.suppress(DoesNotFitError):
            plan = choose(model, TARGET, Budgets(ram=int(share * ram)))
            found.append(plan.prediction.network)
    assert found == sorted(found, reverse=True)
    assert found[-1] == free.prediction.network


def test_the_error_names_the_limits_and_the_cure():
    flatbuffer, width = random_sernet(3)
    model = read_qmodel(flatbuffer, width)
    with pytest.raises(DoesNotFitError) as caught:
        choose(model, TARGET, Budgets(10, None, None))
    assert caught.value.message == (
        "No plan of this network keeps to all of these: 10 bytes of flash."
    )
    assert re.fullmatch(
        r"There is one with any of these changes:  --flash-budget \d+", caught.value.hint
    )
    with pytest.raises(DoesNotFitError, match="Moving one of the limits is not enough"):
        choose(model, TARGET, Budgets(10, 20, 0.5))


def test_a_plan_is_the_same_every_time():
    flatbuffer, width = random_sernet(5)
    model = read_qmodel(flatbuffer, width)
    first, second = (choose(model, TARGET, Budgets()) for _ in range(2))
    assert first.choices == second.choices
