"""`sernet-edge train`: from a corpus to a model bundle."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from sernet_cal.bundle import write_bundle
from sernet_cal.features import Form, Window
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.corpus import Corpus, load_named_corpus
from sernet_edge.commands.options import json_option
from sernet_edge.commands.training_options import calibration_clips_option
from sernet_edge.progress import progress_bars
from sernet_edge.train.card import command_text, training_card
from sernet_edge.train.keras_file import keras_bytes
from sernet_edge.train.options import (
    NetworkOptions,
    Pooling,
    TrainingPlan,
    check_seed,
    make_out_folder,
)
from sernet_edge.train.present import print_accuracy
from sernet_edge.train.quantize import Network, check_clip_count, quantize
from sernet_edge.train.recipe import Recipe, usual_epochs
from sernet_edge.train.split import (
    Split,
    check_clip_seconds,
    check_labels,
    speaker_list,
    split_by_speaker,
)

CHECKPOINT_NAME = "checkpoint.npz"


@dataclass(frozen=True)
class TrainOptions:
    """The command line's choices; `epochs` None means the recipe's number."""

    out: Path
    held_out: tuple[str, ...]
    form: Form
    window: Window
    pooling: Pooling
    clip_seconds: float
    epochs: int | None
    seed: int
    calibration_clips: int
    resume: bool

    def stated(self) -> dict[str, Any]:
        """Return the options that decide the result, as the card's command states them."""
        listed: dict[str, Any] = {"held_out": ",".join(self.held_out)} if self.held_out else {}
        listed |= {"form": self.form, "window": self.window, "pooling": self.pooling}
        listed |= {"clip_seconds": f"{self.clip_seconds:g}", "seed": self.seed}
        if self.epochs is not None:
            listed["epochs"] = self.epochs
        return listed


@click.command()
@click.option("--data", required=True, metavar="NAME=DIR", help="The corpus to train on.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--held-out",
    multiple=True,
    metavar="SPEAKER",
    help="Speaker kept for testing (repeat, or a,b).",
)
@click.option(
    "--form",
    type=click.Choice(["stream", "paper"]),
    default="stream",
    show_default=True,
    help="Front-end: standardised frame by frame, or divided by the kept clip's percentile.",
)
@click.option(
    "--window",
    type=click.Choice(["hann", "hamming"]),
    default="hann",
    show_default=True,
    help="Window of the frames.",
)
@click.option(
    "--pooling",
    type=click.Choice(["average", "max"]),
    default="average",
    show_default=True,
    help="Pooling of the network.",
)
@click.option(
    "--clip-seconds", type=float, default=3.0, show_default=True, help="Length of the clips."
)
@click.option("--epochs", type=int, default=None, help="Left out: 60, or more where clips are few.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of every random choice.")
@calibration_clips_option
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out.")
@json_option
def command(data: str, as_json: bool, held_out: tuple[str, ...], **choices: Any) -> None:
    """Train Light-SERNet on a corpus, quantize it, and write a model bundle."""
    options = TrainOptions(held_out=speaker_list(held_out), **choices)
    check_clip_seconds(options.clip_seconds)
    check_clip_count(options.calibration_clips)
    check_seed(options.seed)
    corpus = load_named_corpus(data)
    check_labels(corpus)
    split = split_by_speaker(corpus, options.held_out)
    plan = _plan(corpus, split, options)
    import_tensorflow("train a model")
    make_out_folder(options.out)
    card = _train(corpus, split, plan, options, as_json)
    if as_json:
        keys = ("name", "classes", "clip_seconds", "training", "accuracy")
        click.echo(json.dumps({key: card[key] for key in keys}))
    else:
        click.echo(f"The model bundle lies in {options.out}.")


def _train(
    corpus: Corpus, split: Split, plan: TrainingPlan, options: TrainOptions, as_json: bool
) -> dict[str, Any]:
    from sernet_edge.train.fit import Checkpointing, train_network

    checkpoint = options.out / CHECKPOINT_NAME
    with progress_bars() as show:
        trained = train_network(
            list(split.training), plan, Checkpointing(checkpoint, resume=options.resume), show
        )
        keras = keras_bytes(trained.model)
        network = Network(keras, "the network", plan.classes, trained.front_end, plan.clip_seconds)
        quantized = quantize(
            network, split.training, split.held_out, options.calibration_clips, show
        )
    name = options.out.resolve().name
    command_line = command_text("train", corpus.name, options.stated(), name)
    card = training_card(name, corpus.name, plan, trained.front_end, split, quantized, command_line)
    write_bundle(options.out, card, quantized.float32, quantized.int8, keras)
    checkpoint.unlink(missing_ok=True)
    if not as_json:
        print_accuracy(quantized.accuracy)
    return card


def _plan(corpus: Corpus, split: Split, options: TrainOptions) -> TrainingPlan:
    epochs = usual_epochs(len(split.training)) if options.epochs is None else options.epochs
    return TrainingPlan(
        classes=corpus.classes,
        form=options.form,
        window=options.window,
        clip_seconds=options.clip_seconds,
        network=NetworkOptions(len(corpus.classes), options.pooling),
        recipe=Recipe(epochs=epochs, seed=options.seed),
    )
