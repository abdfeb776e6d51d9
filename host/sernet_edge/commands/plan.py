"""`sernet-edge plan`: how each layer would run on a board, and what that takes."""

import json
import tempfile
from pathlib import Path

import click

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.commands.budget_options import budget_options, wait_states_option, with_wait_states
from sernet_edge.commands.options import json_option, live_option, model_option
from sernet_edge.model.bundled import resolve_model
from sernet_edge.plan_report import plan_json, print_plan
from sernet_edge.protocol.run_folder import write_atomically
from sernet_gen.board import Board, load_board
from sernet_gen.choices import Choices
from sernet_gen.constants import check_front_end
from sernet_gen.generate import generate
from sernet_gen.planner.budgets import NO_BUDGETS, Budgets
from sernet_gen.planner.candidates import WITHOUT_WINOGRAD
from sernet_gen.planner.choose import choose
from sernet_gen.planner.firmware import FirmwarePlan, extras_of, plan_firmware
from sernet_gen.planner.runtime import Runtime, with_runtime
from sernet_gen.report import MemoryReport


@click.command()
@click.option("--board", "board_name", required=True, metavar="NAME", help="nano33, pico, …")
@model_option
@live_option
@budget_options
@wait_states_option
@click.option(
    "--update-runtime",
    "table",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Build the plan, and write what the firmware takes beside the network, for the planner.",
)
@json_option
def command(
    board_name: str,
    model: Path | None,
    live: bool,
    budgets: Budgets,
    flash_wait_states: int | None,
    table: Path | None,
    as_json: bool,
) -> None:
    """Choose for each layer the algorithm, the strip and the place of its weights.

    The plan is the fastest within the budgets, by the core's table of costs; `build` uses the same.
    Nothing is compiled but for --update-runtime.
    """
    board = with_wait_states(load_board(board_name), flash_wait_states)
    if board.is_host:
        raise InputError(
            f"{board_name} is a process of this machine: it has room for everything, and no plan.",
            "Name a microcontroller:  --board nano33",
        )
    bundle = resolve_model(model)
    if live:
        check_front_end(bundle)
    network = read_qmodel(bundle.int8)
    planned = plan_firmware(network, board, budgets, live)
    if table is not None:
        _update_runtime(table, bundle, board, planned)
    if as_json:
        click.echo(json.dumps(plan_json(planned, board, bundle.name, network)))
    else:
        print_plan(planned, board, bundle.name, network)


def _update_runtime(table: Path, bundle: Bundle, board: Board, planned: FirmwarePlan) -> None:
    chosen = planned.chosen
    live = planned.target.live
    report = _measured(bundle, board, chosen.choices, live)
    model = read_qmodel(bundle.int8)
    direct = choose(model, planned.target, NO_BUDGETS, WITHOUT_WINOGRAD)
    plain = _measured(bundle, board, direct.choices, live)
    code = report.flash_bytes - chosen.prediction.flash
    runtime = Runtime(
        code,
        max(0, code - (plain.flash_bytes - direct.prediction.flash)),
        report.ram_bytes - chosen.plan.arena_bytes,
        report.stack_bytes or 0,
    )
    write_atomically(
        table, with_runtime(table, board.name, runtime, extras_of(board, live)).encode()
    )
    click.echo(f"The sizes of {board.name} are in {table}.", err=True)


def _measured(bundle: Bundle, board: Board, choices: Choices, live: bool) -> MemoryReport:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "build"
        return generate(bundle, board, out, choices=choices, live=live).report
