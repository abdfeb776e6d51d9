"""Tables for people, alike in every command."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

_WIDTH = 100  # of the tables where stdout is not a terminal


def make_console() -> Console:
    """Return the console on stdout; names are printed as they are, not read as markup."""
    console = Console(markup=False, emoji=False, highlight=False)
    if console.is_terminal:
        return console
    return Console(width=_WIDTH, markup=False, emoji=False, highlight=False)


def make_table(words: Sequence[str], numbers: Sequence[str]) -> Table:
    """Return a table with columns of `words` and, to their right, of `numbers`."""
    table = Table(box=box.SIMPLE)
    for heading in words:
        table.add_column(heading, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def percent(share: float | None) -> str:
    """Return a fraction of 1 in per cent with one place, "-" for None."""
    return "-" if share is None else f"{100 * share:.1f}"
