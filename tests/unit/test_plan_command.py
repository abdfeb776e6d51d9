"""`sernet-edge plan` and the budgets of `build`."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from tiny_bundle import make_bundle

from sernet_cal.errors import DoesNotFitError, ExitCode, InputError, ModelError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.cli import cli
from sernet_edge.model.bundled import resolve_model
from sernet_edge.plan_report import plan_json, print_plan
from sernet_gen.board import load_board
from sernet_gen.choices import read_choices
from sernet_gen.plan import plan_model
from sernet_gen.planner.budgets import NO_BUDGETS
from sernet_gen.planner.costs import CostTable, load_costs
from sernet_gen.planner.firmware import plan_firmware
from sernet_gen.planner.runtime import Runtime, runtime_of, with_runtime


def run(*arguments):
    return CliRunner().invoke(cli, ["plan", *arguments])


def plan(*arguments):
    result = run("--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_plan_of_nano33_keeps_to_its_budgets():
    found = plan("--board", "nano33")
    memory = load_board("nano33").memory
    predicted = found["predicted"]
    assert predicted["ram_bytes"] <= memory.ram.budget
    assert predicted["flash_bytes"] <= memory.flash.budget
    model = read_qmodel(resolve_model(None).int8)
    choices = read_choices(model, found["choices"])
    assert plan_model(model, choices).arena_bytes == predicted["arena_bytes"]
    whole = sum(layer["cost"] for layer in found["layers"])
    assert whole == pytest.approx(predicted["network"], rel=0.02)


def test_more_memory_gives_the_bundled_model_a_faster_plan():
    ram = (40_000, 44_000)
    small, large = (plan("--board", "nano33", "--ram-budget", f"{size}") for size in ram)
    assert large["predicted"]["network"] < small["predicted"]["network"]
    assert small["predicted"]["ram_bytes"] <= ram[0] < large["predicted"]["ram_bytes"] <= ram[1]


def test_a_live_plan_gives_its_answers_one_by_one():
    found = plan("--board", "nano33", "--live")
    assert found["live"]
    assert found["predicted"]["duty_cycle"] < 0.9
    model = read_qmodel(resolve_model(None).int8)
    choices = read_choices(model, found["choices"])
    made = plan_model(model, choices, live=True)
    assert made.arena_bytes == found["predicted"]["arena_bytes"]
    assert max(step.run_ticks for step in made.steps) <= 32
    assert not plan("--board", "nano33", "--model", "emodb-3s-small")["live"]


def test_a_front_end_that_needs_the_whole_clip_has_no_live_plan(tmp_path):
    make_bundle(tmp_path, form="paper")
    result = run("--board", "nano33", "--model", str(tmp_path), "--live")
    assert isinstance(result.exception, ModelError)
    assert "cannot run live: its `paper` front-end divides" in str(result.exception)


def test_less_memory_takes_more_time():
    fast, small = plan("--board", "nano33"), plan("--board", "nano33", "--ram-budget", "40000")
    assert small["predicted"]["ram_bytes"] <= 40_000 < fast["predicted"]["ram_bytes"]
    assert small["predicted"]["network"] > fast["predicted"]["network"]
    assert small["budgets"]["ram"] == 40_000


def test_the_text_says_what_was_chosen_and_why_not():
    result = run("--board", "nano33")
    assert result.exit_code == 0
    for words in (
        "emodb-3s on Arduino Nano 33 BLE Sense: predictions for one clip, in million estimated",
        "winograd 4x4",
        "rows: made by one run; late: of the cost, what comes after the last sample",
        "of which the arena",
        "Duty cycle",
        "conv_8 cannot run by Winograd: its window is 1x1, not 3x3.",
    ):
        assert words in result.stdout


def test_a_core_without_costs_of_its_own_is_named(capsys):
    board = replace(load_board("nano33"), core="cortex-m23")
    model = read_qmodel(resolve_model("emodb-3s-small").int8)
    planned = plan_firmware(model, board, NO_BUDGETS)
    print_plan(planned, board, "emodb-3s-small", model)
    expected = (
        "Nobody has measured what the kernels cost on a cortex-m23 yet: all costs are those of the "
        "cortex-m4f. Measure it:  sernet-edge bench --board nano33 --fit FILE"
    )
    assert expected in capsys.readouterr().out
    assert plan_json(planned, board, "x", model)["costs_of"] == "cortex-m4f"
    print_plan(planned, load_board("nano33"), "emodb-3s-small", model)
    assert "Nobody has measured" not in capsys.readouterr().out


def test_smaller_tiles_are_chosen_where_they_fit_better():
    found = plan("--board", "nano33", "--ram-budget", "40000")
    tiles = {layer["tile"] for layer in found["layers"]} - {None}
    assert tiles - {"4x4"}


def test_budgets_that_nothing_fits_in_end_with_exit_5_and_the_nearest_plan():
    error = run("--board", "nano33", "--ram-budget", "12000").exception
    assert isinstance(error, DoesNotFitError)
    assert error.exit_code == ExitCode.DOES_NOT_FIT
    assert error.message.startswith("No plan of this network keeps to all of these: ")
    assert "12,000 bytes of RAM" in error.message
    assert error.hint.startswith("There is one with any of these changes:  --ram-budget ")


def test_a_goal_of_the_board_that_cannot_be_kept_is_left_out_and_named():
    result = run("--board", "nano33", "--flash-budget", "524288")
    assert result.exit_code == 0
    assert "The board's goal cannot be met, and is left out: an answer " in result.stdout


def test_a_process_of_this_machine_has_no_plan():
    error = run("--board", "posix").exception
    assert isinstance(error, InputError)
    assert error.message == (
        "posix is a process of this machine: it has room for everything, and no plan."
    )


def test_a_unit_without_a_cost_is_named():
    table = CostTable("cortex-m4f", "estimated_cycles", {"frame": 2.0})
    assert table.cost({"frame": 3, "flash_words": 4}, wait_states=2) == 14
    assert not table.knows({"frame": 1, "steps": 1})
    with pytest.raises(InputError, match="The cost table of cortex-m4f lacks the unit steps"):
        table.cost({"steps": 1})


def test_cost_tables_say_how_they_were_made():
    table = load_costs("cortex-m4f")
    assert table.quantity == "estimated_cycles"
    assert all(cost >= 0 for cost in table.units.values())


def test_a_board_that_was_never_measured_gets_the_largest_sizes(tmp_path):
    measured = runtime_of("nano33")
    unknown = runtime_of("a board of somebody's own")
    assert unknown.flash >= measured.flash
    assert unknown.ram >= measured.ram
    path = tmp_path / "runtime.json"
    path.write_text(with_runtime(path, "b", Runtime(4, 3, 2, 1)))
    text = with_runtime(path, "a", Runtime(1, 2, 3, 4))
    assert list(json.loads(text)) == ["a", "b"]
