"""Options that limit what a plan of the network may take, and the plan that follows from them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

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
