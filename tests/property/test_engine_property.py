"""Random networks: the C under sanitizers, numpy and TFLite give the same bytes everywhere."""

import numpy as np
import pytest
from engine_programs import EnginePrograms, assert_same, run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from random_choices import random_choices, random_direct_choices, random_sernet
from tiny_models import random_network, random_rows

from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Mean
from sernet_cal.reference import run_reference
from sernet_gen.kernels.choice import Group
from sernet_gen.kernels.registry import kernel_of
from sernet_gen.layout import SCRATCH_BYTES
from sernet_gen.plan import plan_model

SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return EnginePrograms(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def portable_programs(tmp_path_factory):
    return EnginePrograms(tmp_path_factory.mktemp("portable"), ("-DSN_PORTABLE", "-U__SSE2__"))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS, counts=st.lists(st.integers(1, 40), min_size=3, max_size=3))
def test_c_equals_numpy_on_random_networks(programs, seed, counts):
    flatbuffer, width = random_network(seed)
    model, program = programs.link(flatbuffer, width)
    for count in counts:
        rows = random_rows(count, count, width)
        assert_same(model, run_program(model, program, rows), run_reference(model, rows))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_runs_of_several_rows_give_the_same_bytes_for_every_row_count(programs, seed):
    flatbuffer, width = random_network(seed)
    model, program = programs.link(
        flatbuffer, width, choices=lambda model: random_direct_choices(model, seed)
    )
    for count in range(1, 24):
        rows = random_rows(count, count, width)
        assert_same(model, run_program(model, program, rows), run_reference(model, rows))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_every_kernel_gives_the_same_bytes_for_every_row_count(programs, seed):
    assert_every_kernel_equals_numpy(programs, seed, (*range(1, 10), 17, 30, 41))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_kernels_without_vector_instructions_give_the_same_bytes(portable_programs, seed):
    assert_every_kernel_equals_numpy(portable_programs, seed, (1, 6, 30))


def assert_every_kernel_equals_numpy(programs, seed, counts):
    flatbuffer, width = random_sernet(seed)
    model, program = programs.link(
        flatbuffer, width, choices=lambda model: random_choices(model, seed)
    )
    made = plan_model(model, random_choices(model, seed)).made
    for count in counts:
        rows = random_rows(count, count, width)
        assert_same(model, run_program(model, program, rows), run_reference(model, rows), made)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=SEEDS, count=st.integers(1, 40))
def test_numpy_equals_tflite_on_random_networks(seed, count):
    flatbuffer, width = random_network(seed)
    model = read_qmodel(flatbuffer, width)
    judge = TfliteModel(flatbuffer, reference=True, observe=True)
    rows = random_rows(seed, count, width)
    judge.run(rows)
    shaped = [np.asarray(value).reshape(-1) for value in judge.observed()]
    ours = [value.reshape(-1) for value in run_reference(model, rows)]
    assert_same(model, ours, shaped)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=SEEDS, rows=st.integers(1, 60))
def test_no_row_is_overwritten_while_it_is_needed(seed, rows):
    # A simulation that knows nothing of moments and masks: it walks the ticks of one clip and
    # keeps, for every byte of the arena, the row that was written there last.
    flatbuffer, width = random_network(seed)
    model = read_qmodel(flatbuffer, width)
    ArenaWalk(model, plan_model(model), rows).run()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=SEEDS, rows=st.integers(1, 60))
def test_no_row_of_a_longer_run_is_overwritten_while_it_is_needed(seed, rows):
    flatbuffer, width = random_network(seed)
    model = read_qmodel(flatbuffer, width)
    ArenaWalk(model, plan_model(model, random_direct_choices(model, seed)), rows).run()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=SEEDS, rows=st.integers(1, 60))
def test_no_row_of_any_kernel_is_overwritten_while_it_is_needed(seed, rows):
    flatbuffer, width = random_sernet(seed)
    model = read_qmodel(flatbuffer, width)
    ArenaWalk(model, plan_model(model, random_choices(model, seed)), rows).run()


class ArenaWalk:
    def __init__(self, model, plan, rows):
        self.model, self.plan, self.rows = model, plan, rows
        self.owner = np.full(plan.arena_bytes, -1, np.int64)
        self.summed = 0

    def height(self, place):
        return -(-self.rows // self.model.traced[place].period)

    def span(self, place, row):
        slots = self.plan.slots[place]
        start = slots[row % len(slots)]
        return slice(start, start + self.model.traced[place].row_bytes)

    def write(self, place, row):
        self.owner[self.span(place, row)] = place * 10_000 + row

    def read(self, place, row):
        assert np.all(self.owner[self.span(place, row)] == place * 10_000 + row)

    def run(self):
        schedule = self.plan.schedule
        start, channels = self.plan.sums, self.model.traced[schedule.mean.output].channels
        sums = slice(start, start + 4 * channels)
        self.owner[sums] = -2
        # Rows that nobody reads may be made after the last tick of the mean.
        for tick in range(self.rows + max(schedule.lags.values()) + 2 * schedule.period):
            if tick < self.rows:
                self.owner[self.plan.scratch : self.plan.scratch + SCRATCH_BYTES] = -4
                self.write(0, tick)
            for step in schedule.steps:
                run, rest = divmod(tick - schedule.lags[step.output], step.run_ticks)
                if not rest and run >= 0:
                    self.run_step(step, run)
        assert self.summed == self.height(schedule.mean.input)
        assert np.all(self.owner[sums] == -2)

    def run_step(self, step, run):
        is_mean = isinstance(step.part, Mean)
        height = self.height(step.part.input if is_mean else step.output)
        first = run * step.rows - step.early
        made = range(max(0, first), min(first + step.rows, height))
        if not made:
            return
        if isinstance(step.part, Group):
            start = self.plan.workspaces[step.output]
            size = kernel_of(step.choice.algorithm).workspace_bytes(
                self.model, step.part, step.choice
            )
            self.owner[start : start + size] = -3
        for row in made:
            if is_mean:
                self.summed += 1
            else:
                self.write(step.output, row)
        for place in step.inputs:
            for row in made:
                start = row * step.stride - step.above
                for at in range(max(0, start), min(start + step.window, self.height(place))):
                    self.read(place, at)
