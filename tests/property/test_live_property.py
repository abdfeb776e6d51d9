"""Streams without an end: the C against the numpy twin, and the twin against the clips' reference,
for random networks and random ways to run them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_programs import LivePrograms, run_made_up, run_stream
from random_choices import random_choices, random_sernet
from tiny_models import random_network, random_rows, small_sernet

from sernet_cal.live import answer_rows, answers_of, last_layer_rows, run_live
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Mean
from sernet_cal.reference import run_reference

SEEDS = st.integers(0, 10**9)
ROWS_OF_A_DAY = 24 * 3600 * 16_000 // 256


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return LivePrograms(tmp_path_factory.mktemp("live"))


def last_layer(model):
    return next(operator.input for operator in model.operators if isinstance(operator, Mean))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=SEEDS, count=st.integers(1, 300))
def test_the_last_layer_is_that_of_a_clip_where_its_end_does_not_reach(seed, count):
    flatbuffer, width = random_network(seed)
    model = read_qmodel(flatbuffer, width)
    rows = random_rows(seed, count + 150, width)
    made = last_layer_rows(model, rows[:count])
    longer = last_layer_rows(model, rows)
    np.testing.assert_array_equal(made, longer[: len(made)])
    whole = run_reference(model, rows)[last_layer(model)]
    np.testing.assert_array_equal(longer, whole[: len(longer)])
    assert len(whole) - len(longer) <= 150 // model.traced[last_layer(model)].period


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_an_answer_is_the_rest_of_the_network_on_a_window_of_rows(seed):
    flatbuffer, width = random_network(seed)
    model = read_qmodel(flatbuffer, width)
    count = answer_rows(model)
    rows = run_reference(model, random_rows(seed, model.input.shape[0], width))[last_layer(model)]
    # A clip of the model's own length has exactly one window of rows.
    clip = run_reference(model, random_rows(seed, model.input.shape[0], width))
    assert len(rows) == count
    np.testing.assert_array_equal(answers_of(model, rows), clip[-1][None])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=SEEDS, count=st.integers(1, 250))
def test_random_networks_answer_as_the_twin(programs, seed, count):
    flatbuffer, width = random_network(seed)
    assert_answers(programs, flatbuffer, width, count)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS, count=st.integers(50, 250))
def test_every_kernel_answers_as_the_twin(programs, seed, count):
    flatbuffer, width = random_sernet(seed)
    assert_answers(programs, flatbuffer, width, count, lambda model: random_choices(model, seed))


def assert_answers(programs, flatbuffer, width, count, choices=None):
    model, program = programs.link_live(flatbuffer, width, choices=choices)
    rows = random_rows(count, count, width)
    expected = run_live(model, rows)
    seen = run_stream(model, program, rows)
    # Runs of several rows give their answers together, when the last one is possible.
    assert len(expected) - 16 <= len(seen) <= len(expected)
    np.testing.assert_array_equal(seen, expected[: len(seen)])


def test_a_day_without_drift(tmp_path):
    fast = LivePrograms(tmp_path, ("-O2",), is_sanitized=False)
    model, program = fast.link_live(small_sernet(1, rows=9, width=2), 2)
    rows, answers = run_made_up(model, program, 5, ROWS_OF_A_DAY, 200)
    assert len(rows) == 200
    # What came before the shown rows is forgotten once the last layer's window has passed.
    expected = run_live(model, rows[-(len(rows) // 8 * 8) :])
    np.testing.assert_array_equal(answers[-10:], expected[-10:])
