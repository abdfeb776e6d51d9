"""Plans for streams without an end: memory, pace, and what is refused."""

import math
from dataclasses import replace

import pytest
from random_choices import random_choices, random_sernet
from tiny_models import NONE, NetworkWriter, head, random_network, small_sernet

from sernet_cal.errors import ModelError
from sernet_cal.qmodel import read_qmodel
from sernet_gen import live
from sernet_gen.board import load_board
from sernet_gen.choices import host_choices
from sernet_gen.live import answer_ticks, check_endless, cycle, keeps_pace, ring_bytes
from sernet_gen.model_source import render_model, render_shapes
from sernet_gen.plan import plan_model
from sernet_gen.planner.budgets import Budgets
from sernet_gen.planner.firmware import plan_firmware
from sernet_gen.planner.runtime import Runtime, runtime_of


def test_a_plan_for_clips_is_not_changed():
    model = read_qmodel(small_sernet(2), 8)
    plain, again = plan_model(model), plan_model(model, None, live=False)
    assert render_model(model, plain) == render_model(model, again)
    assert "#define SN_LIVE 0\n" in render_shapes(model, plain)
    assert "#define SN_LIVE 1\n" in render_shapes(model, plan_model(model, live=True))


@pytest.mark.parametrize("seed", range(12))
def test_what_a_stream_keeps_shares_no_byte_with_anything(seed):
    flatbuffer, width = random_sernet(seed)
    model = read_qmodel(flatbuffer, width)
    plan = plan_model(model, random_choices(model, seed), live=True)
    ring = range(plan.sums, plan.sums + ring_bytes(model))
    scores = range(plan.slots[-1][0], plan.slots[-1][0] + model.classes)
    kept = {*ring, *scores}
    assert len(kept) == len(ring) + len(scores)
    assert kept.isdisjoint(range(plan.scratch, plan.scratch + 4608))
    assert max(kept) < plan.arena_bytes
    for place, slots in enumerate(plan.slots[:-1]):
        for slot in slots:
            row = range(slot, slot + model.traced[place].row_bytes)
            assert kept.isdisjoint(row), model.traced[place].name
    # The vectors between them are made while the last layer's newest rows are there.
    *_, mean = (place for place, tensor in enumerate(model.traced) if tensor.is_rows)
    newest = {b for s in plan.slots[mean] for b in range(s, s + model.traced[mean].row_bytes)}
    vectors = [at for at, tensor in enumerate(model.traced) if not tensor.is_rows]
    for place in vectors:
        start = plan.slots[place][0]
        assert newest.isdisjoint(range(start, start + model.traced[place].row_bytes))


@pytest.mark.parametrize("seed", range(20))
def test_everything_comes_round_after_a_cycle(seed):
    flatbuffer, width = random_network(seed)
    model = read_qmodel(flatbuffer, width)
    plan = plan_model(model, random_choices(model, seed), live=True)
    ticks = cycle(plan.schedule, plan.slots)
    for step in plan.steps:
        assert ticks % step.run_ticks == 0
        # A run in the cycle's first tick reads and makes nothing above the stream's start.
        run = math.ceil((ticks - plan.schedule.lags[step.output]) / step.run_ticks)
        assert step.first_read(run) >= 0
        assert run * step.rows >= step.early
    for tensor, slots in zip(model.traced, plan.slots, strict=True):
        assert not slots or ticks // tensor.period % len(slots) == 0


def test_rows_that_are_too_wide_for_their_sums_are_refused():
    net = NetworkWriter(3, width=129)
    model = read_qmodel(head(net, net.convolution(net.input, 2, (1, 1), NONE)), 129)
    assert plan_model(model).arena_bytes
    with pytest.raises(
        ModelError, match="its last layer are 129 pixels wide; the sums of"
    ) as error:
        plan_model(model, live=True)
    assert "in 16 bits, which holds 128 pixels." in str(error.value)
    assert "Build it without --live, or pool the width in an earlier layer." in str(error.value)


def test_a_plan_that_comes_round_too_late_is_refused(monkeypatch):
    model = read_qmodel(small_sernet(2), 8)
    plan = plan_model(model, live=True)
    monkeypatch.setattr(live, "LARGEST_CYCLE", 3)
    with pytest.raises(ModelError, match=r"comes round only after \d+ feature rows, and the") as e:
        check_endless(model, plan.schedule, plan.slots)
    assert "Choose other numbers of rows for its layers, or let the planner" in str(e.value)


def test_the_planner_lets_each_answer_come_alone():
    model = read_qmodel(small_sernet(4, rows=60, width=40), 40)
    board = load_board("nano33")
    for live_too in (False, True):
        planned = plan_firmware(model, board, Budgets(), live_too)
        steps = planned.chosen.plan.steps
        assert planned.chosen.plan.live == live_too
        if live_too:
            assert all(keeps_pace(model, step) for step in steps)
            assert steps[-1].rows == 1
    steps = plan_model(model, host_choices(model, live=True), live=True).steps
    assert all(step.run_ticks <= answer_ticks(model) == 8 for step in steps)


@pytest.mark.parametrize(("clock_hz", "keeps_up"), [(64_000_000, True), (18_000_000, False)])
def test_a_goal_within_which_no_plan_keeps_up_is_dropped(clock_hz, keeps_up):
    net = NetworkWriter(1, 60, 40)
    body = net.pool(net.convolution(net.convolution(net.input, 16), 16), "MAX")
    model = read_qmodel(head(net, net.pool(net.convolution(body, 32), "MAX")), 40)
    nano, beside = load_board("nano33"), runtime_of("nano33", ("live", "microphone"))
    ram = replace(nano.memory.ram, budget=beside.ram + beside.stack + 11_000)
    board = replace(nano, clock_hz=clock_hz, memory=replace(nano.memory, ram=ram))
    planned = plan_firmware(model, board, Budgets(), live=True)
    assert planned.duty_cycle < 0.9
    assert (planned.ram_bytes <= ram.budget) == keeps_up
    assert bool(planned.dropped) != keeps_up
    # What was asked for is kept to, late or not; so is the goal, for clips.
    asked = plan_firmware(model, board, Budgets(ram=ram.budget), live=True)
    assert asked.ram_bytes <= ram.budget
    assert (asked.duty_cycle < 0.9) == keeps_up
    ram = replace(ram, budget=ram.budget - beside.ram + runtime_of("nano33").ram)
    clips = plan_firmware(model, replace(board, memory=replace(nano.memory, ram=ram)), Budgets())
    assert clips.ram_bytes <= ram.budget


def test_a_live_firmware_of_a_board_that_was_never_measured(monkeypatch):
    table = {
        "a": {"flash": 100, "winograd": 1, "ram": 10, "stack": 5},
        "a live": {"flash": 130, "winograd": 1, "ram": 14, "stack": 6},
        "b": {"flash": 90, "winograd": 3, "ram": 20, "stack": 4},
        "b live microphone": {"flash": 100, "winograd": 3, "ram": 30, "stack": 4},
        "c": {"flash": 50, "winograd": 0, "ram": 5, "stack": 1},
    }
    monkeypatch.setattr("sernet_gen.planner.runtime._read", lambda path: table)
    assert runtime_of("a", ["live"]) == Runtime(130, 1, 14, 6)
    assert runtime_of("a", ("live", "microphone")) == Runtime(110, 1, 20, 5)
    assert runtime_of("c") == Runtime(50, 0, 5, 1)
    assert runtime_of("c", ["live"]) == Runtime(80, 0, 9, 2)
    assert runtime_of("c", ["more"]) == Runtime(80, 0, 15, 2)
    assert runtime_of("my own") == Runtime(100, 3, 20, 5)
    assert runtime_of("my own", ["live"]) == Runtime(130, 3, 24, 6)


def test_the_mean_slides_over_the_rows_of_the_models_own_clip():
    model = read_qmodel(small_sernet(1, rows=57), 8)
    assert model.traced[live.last_layer(model)].shape == (8, 2, 7)
    assert ring_bytes(model) == 2 * 8 * 7
    arena = plan_model(model, live=True).arena_bytes - plan_model(model).arena_bytes
    assert 0 <= arena <= ring_bytes(model) + 16
