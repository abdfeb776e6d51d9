"""The figures of a leave-one-speaker-out run, for the card of a model made by the same recipe."""

from pathlib import Path
from typing import Any

import numpy as np

from sernet_cal.errors import InputError
from sernet_edge.protocol.run_folder import Run, read_run
from sernet_edge.train.recipe import Recipe


def loso_figures(path: Path, recipe: Recipe, digest: str) -> dict[str, Any]:
    """Return what a card says of the run in `path`: means over its seeds, fractions of 1.

    `float`, `int8`: ua, wa, f1; `confusion`: the same models' clips [true class][class taken],
    summed over the seeds; `per_seed`: each seed's summary. Raises InputError unless the run is a
    complete one of the protocol loso, with `recipe`, on the corpus with `digest`.
    """
    run = read_run(path)
    _check(run, recipe, digest)
    content = run.content
    seeds = content["per_seed"].values()
    return {
        "corpus": content["corpus"]["name"],
        "folds": len(content["folds"]) // len(content["seeds"]),
        "seeds": content["seeds"],
        **content["mean"],
        "confusion": {
            name: np.sum([found[name]["confusion"] for found in seeds], axis=0).tolist()
            for name in ("float", "int8")
        },
        "per_seed": content["per_seed"],
        "command": content["command"],
    }


def _check(run: Run, recipe: Recipe, digest: str) -> None:
    content = run.content
    if content["protocol"] != "loso":
        raise InputError(
            f"{run.path} is a run of the protocol {content['protocol']}; a card states figures on "
            "speakers that were left out.",
            "Make one:  sernet-edge train --data emodb=DIR --protocol loso --out RUN",
        )
    if not content["complete"] or "mean" not in content:
        raise InputError(
            f"{run.path} is not complete: {len(content['folds'])} of {content['folds_planned']} "
            "folds are done.",
            f"Go on with it:  {content['command']}",
        )
    if content["recipe_digest"] != recipe.digest():
        raise InputError(
            f"{run.path} was made with another recipe; its figures are not this model's.",
            f"It was made by:  {content['command']}",
        )
    if content["corpus"]["digest"] != digest:
        raise InputError(
            f"{run.path} was made with other recordings; its figures are not this model's.",
            f"It was made by:  {content['command']}",
        )
