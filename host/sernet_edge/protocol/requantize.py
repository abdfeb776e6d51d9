"""The networks of a cross-validation quantized in another way, without training them again."""

from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus
from sernet_edge.protocol.fingerprint import corpus_digest
from sernet_edge.protocol.run_folder import Run
from sernet_edge.protocol.settings import Settings
from sernet_edge.train.recipe import recipe_from_json
from sernet_edge.train.settings import write_group


def requantized(
    run: Run,
    corpus: Corpus,
    quantization: dict[str, Any],
    calibration_clips: int,
    stated: dict[str, Any],
    out: str,
) -> Settings:
    """Return `run` with other settings of the group `quantization`, and its networks as they are.

    What comes out is what the training would have given with these settings. `stated`: the options
    with which run.json states the command; `out`: the name of the new run's folder. Raises
    InputError for a run without folds, of other recordings, or with a recipe that is unknown.
    """
    content = run.content
    if not run.folds:
        raise InputError(
            f"The cross-validation {run.path} has no finished fold.",
            "Run the command again that made it; it goes on with what is missing.",
        )
    if content["corpus"]["digest"] != corpus_digest(corpus):
        raise InputError(
            f"{run.path} was made with other recordings than these of {corpus.name}.",
            f"It was made by:  {content['command']}",
        )
    recipe = recipe_from_json(content["recipe"])
    recipe = recipe.changed({f"quantization.{name}": value for name, value in quantization.items()})
    words: dict[str, Any] = {"run": "RUN", **stated, "calibration_clips": calibration_clips}
    for name, value in write_group(recipe.quantization).items():
        words[name if value else f"no_{name}"] = True
    return Settings(
        corpus=corpus,
        protocol=content["protocol"],
        recipe=recipe,
        seeds=tuple(content["seeds"]),
        calibration_clips=calibration_clips,
        stated=words,
        out=out,
        group_speakers=content["group_speakers"],
        trained=run,
    )
