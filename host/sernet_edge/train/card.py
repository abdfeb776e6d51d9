"""The model card: what a bundle's user must know about where its model comes from."""

import shlex
from typing import Any

from sernet_cal.features import FrontEnd
from sernet_edge.model.loso import loso_scores
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.quantize import Network, Quantized
from sernet_edge.train.settings import write_group
from sernet_edge.train.split import Split

# What is known about the corpora that people train with.
LICENCES = {
    "emodb": "Weights: Apache-2.0. Trained on EMO-DB, published as CC0 (audEERING data card).",
    "ravdess": "Trained on RAVDESS, CC BY-NC-SA 4.0: not for commercial use, not to be bundled.",
}
UNKNOWN_LICENCE = "That of the recordings it was trained on."
LIMITS = {
    "emodb": (
        "German sentences acted by professionals in a studio: expect less on spontaneous speech, "
        "other languages, other microphones and noise. A label says how a sentence sounds to "
        "listeners; it is not a person's inner state. Not for judging people."
    ),
}
UNKNOWN_LIMITS = (
    "Only measured on speakers of its own corpus. A label says how a recording sounds to "
    "listeners; it is not a person's inner state. Not for judging people."
)
INTENDED_USE = (
    "Research and teaching: emotional expression in speech on a microcontroller, one answer for "
    "each short recording of one speaker."
)


def training_card(
    name: str,
    corpus: str,
    plan: TrainingPlan,
    front_end: FrontEnd,
    epochs: int,
    split: Split,
    quantized: Quantized,
    command: str,
    loso: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the card of a model that was just trained; it names no path and no time.

    `loso`: the figures of a leave-one-speaker-out run by the same recipe, see `loso_scores`.
    """
    return {
        "name": name,
        "classes": list(plan.classes),
        "clip_seconds": plan.recipe.front_end.clip_seconds,
        "front_end": front_end.to_json(),
        "network": {"name": "Light-SERNet", **write_group(plan.recipe.network)},
        "training": {
            "corpus": corpus,
            "speakers": split.training_speakers,
            "held_out_speakers": split.held_out_speakers,
            "clips": len(split.training),
            "epochs": epochs,
            "seed": plan.seed,
            "recipe": plan.recipe.to_json(),
        },
        "accuracy": _accuracy(quantized, split),
        **_loso(loso),
        "quantization": quantized.summary(),
        "intended_use": INTENDED_USE,
        "license": LICENCES.get(corpus, UNKNOWN_LICENCE),
        "limits": LIMITS.get(corpus, UNKNOWN_LIMITS),
        "command": command,
    }


def quantized_card(
    trained: dict[str, Any],
    name: str,
    corpus: str,
    network: Network,
    split: Split,
    quantized: Quantized,
) -> dict[str, Any]:
    """Return the card of a model that was quantized anew: the old card brought up to date.

    `trained` keeps what it says about the training, and the command that trained it. Figures of a
    leave-one-speaker-out run are those of one clip length, and are dropped with another.
    """
    options: dict[str, Any] = {"clip_seconds": f"{network.clip_seconds:g}"}
    if split.held_out_speakers:
        options["held_out"] = ",".join(split.held_out_speakers)
    options["calibration_clips"] = quantized.clips
    options["bias_correction" if quantized.settings.bias_correction else "no_bias_correction"] = (
        True
    )
    kept = {key: value for key, value in trained.items() if key not in ("format", "sha256")}
    same_length = trained.get("clip_seconds") == network.clip_seconds
    return {
        **kept,
        **_loso(trained.get("loso") if same_length else None),
        "name": name,
        "clip_seconds": network.clip_seconds,
        "accuracy": _accuracy(quantized, split),
        "quantization": quantized.summary(),
        "command": command_text("quantize", corpus, {"model": "MODEL", **options}, name),
        "trained_by": trained.get("trained_by", trained.get("command")),
    }


def _loso(loso: dict[str, Any] | None) -> dict[str, Any]:
    return {**loso_scores(loso), "loso": loso}


def _accuracy(quantized: Quantized, split: Split) -> dict[str, Any] | None:
    if quantized.accuracy is None:
        return None
    return {"speakers": split.held_out_speakers, **quantized.accuracy.to_json()}


def command_text(subcommand: str, corpus: str, options: dict[str, Any], out: str) -> str:
    """Return the command that made a model, with DIR in place of the corpus' folder.

    Options with a tuple of values are repeated; True stands for an option without value.
    """
    words = ["sernet-edge", subcommand, "--data", f"{corpus}=DIR"]
    for option, values in options.items():
        for value in values if isinstance(values, tuple) else (values,):
            words.append(f"--{option.replace('_', '-')}")
            words += [] if value is True else [str(value)]
    return shlex.join([*words, "--out", out])
