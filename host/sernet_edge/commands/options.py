"""Options that several commands share: one name, one default, one sentence of help."""

from pathlib import Path

import click

from sernet_edge.audio.recording import PARTS

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

model_option = click.option(
    "--model",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A bundle, or emodb-3s-small; else emodb-3s, which comes with the package.",
)

live_option = click.option(
    "--live", is_flag=True, help="A firmware for an endless stream too: `verify --live`."
)

part_option = click.option(
    "--part",
    type=click.Choice(PARTS),
    default="all",
    show_default=True,
    help="The part of a corpus that has parts (IEMOCAP).",
)

skip_bad_option = click.option(
    "--skip-bad", is_flag=True, help="Leave out files that cannot be used, instead of stopping."
)
