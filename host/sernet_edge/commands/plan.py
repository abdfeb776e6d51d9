"""`sernet-edge plan`: how each layer would run on a board, and what that takes."""

import json
from pathlib import Path

import click

from sernet_cal.errors import InputError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.commands.budget_options import budget_options
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.model.bundled import resolve_model
from sernet_edge.plan_report import plan_json, print_plan
from sernet_gen.board import load_board
from sernet_gen.planner.budgets import Budgets
from sernet_gen.planner.firmware import plan_firmware


@click.command()
@click.option("--board", "board_name", required=True, metavar="NAME", help="nano33, pico, …")
@model_option
@budget_options
@json_option
def command(board_name: str, model: Path | None, budgets: Budgets, as_json: bool) -> None:
    """Choose for each layer the algorithm, the strip and the place of its weights.

    The plan is the fastest within the budgets, by the core's table of costs; `build` uses the same.
    Nothing is compiled.
    """
    board = load_board(board_name)
    if board.is_host:
        raise InputError(
            f"{board_name} is a process of this machine: it has room for everything, and no plan.",
            "Name a microcontroller:  --board nano33",
        )
    bundle = resolve_model(model)
    network = read_qmodel(bundle.int8)
    planned = plan_firmware(network, board, budgets)
    if as_json:
        click.echo(json.dumps(plan_json(planned, board, bundle.name, network)))
    else:
        print_plan(planned, board, bundle.name, network)
