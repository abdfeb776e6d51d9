"""`sernet-edge recipe`: every setting of a training, its value and what it means."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sernet_edge.commands.options import json_option
from sernet_edge.train.recipe import BUNDLED, Recipe, load_recipe, override
from sernet_edge.train.settings import explain

set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change one setting, for example schedule.epochs=100; may be repeated.",
)


@click.command()
@click.argument("name", default=BUNDLED[0], metavar="[NAME|FILE.toml]")
@set_option
@json_option
def command(name: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """List every setting of a training recipe: stream (ours), paper, small, or your own file."""
    recipe = override(load_recipe(name), assignments)
    if as_json:
        click.echo(json.dumps({**recipe.to_json(), "digest": recipe.digest()}))
    else:
        _print(recipe)


def _print(recipe: Recipe) -> None:
    table = Table(title=f"{recipe.name}: {recipe.summary}", title_justify="left", show_lines=False)
    table.add_column("setting", no_wrap=True)
    table.add_column("value")
    table.add_column("meaning")
    table.add_column("may be")
    for section, group in recipe.sections().items():
        for item in explain(group):
            table.add_row(f"{section}.{item.name}", _shown(item.value), item.says, item.limits)
        table.add_section()
    console = Console(markup=False, emoji=False)
    wide = console if console.is_terminal else Console(width=120, markup=False, emoji=False)
    wide.print(table)


def _shown(value: Any) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value) if isinstance(value, tuple) else value)
