"""Options that several commands share: one name, one default, one sentence of help."""

from pathlib import Path

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

model_option = click.option(
    "--model",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A bundle; else the bundled one.",
)
