"""Options that decide about the plan of a network: what it may take, how slow the flash is."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

import click

from sernet_gen.board import Board
from sernet_gen.planner.budgets import Budgets

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--flash-budget",
        type=click.IntRange(min=1),
        metavar="BYTES",
        help="Most flash that the firmware may take; else what board.toml says.",
    ),
    click.option(
        "--ram-budget",
        type=click.IntRange(min=1),
        metavar="BYTES",
        help="Most RAM, variables and worst stack, without a kept clip; else the board's.",
    ),
    click.option(
        "--latency-budget",
        type=click.FloatRange(min=0, min_open=True),
        metavar="MS",
        help="Longest time from the last sample to the answer; else the board's.",
    ),
)

wait_states_option = click.option(
    "--flash-wait-states",
    type=click.IntRange(min=0),
    metavar="N",
    help="Cycles that a read of data in flash waits; else the board's. 0: the core alone.",
)


def with_wait_states(board: Board, wait_states: int | None) -> Board:
    """Return `board` with other wait states of its flash, or as it is."""
    return board if wait_states is None else replace(board, flash_wait_states=wait_states)


def budget_options(command: _Command) -> Callable[..., Any]:
    """Give `command` the options above; it gets them as `budgets`."""

    @wraps(command)
    def with_budgets(
        *args: Any,
        flash_budget: int | None,
        ram_budget: int | None,
        latency_budget: float | None,
        **options: Any,
    ) -> Any:
        budgets = Budgets(flash_budget, ram_budget, latency_budget)
        return command(*args, budgets=budgets, **options)

    result: Callable[..., Any] = with_budgets
    for option in reversed(_OPTIONS):
        result = option(result)
    return result
