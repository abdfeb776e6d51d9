"""`sernet-edge model`: a model's card."""

import json
from pathlib import Path

import click

from sernet_edge.commands.options import json_option, model_option
from sernet_edge.model.bundled import resolve_model
from sernet_edge.model.loso import loso_scores
from sernet_edge.model.present import print_card
from sernet_edge.model.sizes import sizes_of


@click.command()
@model_option
@json_option
def command(model: Path | None, as_json: bool) -> None:
    """Print what a model is, how well it does on new speakers, and where its limits are.

    The JSON object is the whole card; loso_* are null where the card has no such figures.
    """
    bundle = resolve_model(model)
    sizes = sizes_of(bundle)
    if as_json:
        scores = loso_scores(bundle.card.get("loso"))
        click.echo(json.dumps({**bundle.card, **scores, "sizes": sizes.to_json()}))
        return
    print_card(bundle, sizes)
