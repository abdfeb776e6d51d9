"""`sernet-edge train`: from a corpus to a model bundle, or to the figures of a protocol."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import click

from sernet_cal.bundle import write_bundle
from sernet_cal.errors import InputError
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.corpus import Corpus, load_named_corpus
from sernet_edge.audio.screen import screen, skipped
from sernet_edge.commands.options import json_option, part_option, skip_bad_option
from sernet_edge.commands.recipe_options import recipe_options, take_choice
from sernet_edge.commands.training_options import calibration_clips_option
from sernet_edge.drawing import check_matplotlib
from sernet_edge.progress import progress_bars
from sernet_edge.protocol.cross_validation import Place, cross_validate
from sernet_edge.protocol.fingerprint import corpus_digest
from sernet_edge.protocol.folds import Protocol
from sernet_edge.protocol.loso_figures import loso_figures
from sernet_edge.protocol.parallel import check_jobs
from sernet_edge.protocol.present import print_run, write_pictures
from sernet_edge.protocol.settings import OPTIMISTIC, Settings, check_settings
from sernet_edge.protocol.training import TrainingTask, train_model
from sernet_edge.train.card import command_text, training_card
from sernet_edge.train.options import TrainingPlan, check_seed, make_out_folder
from sernet_edge.train.present import print_accuracy
from sernet_edge.train.quantize import USUAL_CLIPS, check_clip_count
from sernet_edge.train.recipe import Recipe
from sernet_edge.train.split import check_labels, speaker_list, split_by_speaker

CHECKPOINT_NAME = "checkpoint.npz"
_DIVIDING = ("loso", "paper")
# Options that only one way of training takes.
_OF_FOLDS = {"jobs", "cluster", "folds", "group_speakers"}
_OF_A_MODEL = {"held_out", "loso"}


@dataclass(frozen=True)
class TrainOptions:
    """The command line's choices beside the corpus and the recipe; None where not given."""

    protocol: str | None
    out: Path | None
    held_out: tuple[str, ...]
    seed: tuple[int, ...]
    calibration_clips: int
    resume: bool
    loso: Path | None
    jobs: int | None
    cluster: str | None
    folds: int | None
    group_speakers: int | None
    part: str
    skip_bad: bool

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, each once."""
        return tuple(dict.fromkeys(self.seed))

    def stated(self) -> dict[str, Any]:
        """Return the options that decide the result, as a card's command states them."""
        listed: dict[str, Any] = {
            "part": None if self.part == "all" else self.part,
            "skip_bad": self.skip_bad or None,
            "protocol": self.protocol,
            "group_speakers": self.group_speakers,
            "held_out": ",".join(self.held_out) or None,
            "loso": "RUN" if self.loso else None,
        }
        if self.calibration_clips != USUAL_CLIPS:
            listed["calibration_clips"] = self.calibration_clips
        return {name: value for name, value in listed.items() if value is not None}


@click.command()
@click.option("--data", required=True, metavar="NAME=DIR", help="The corpus to train on.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to write; left out with loso and paper: runs/CORPUS-RECIPE-PROTOCOL.",
)
@click.option(
    "--protocol",
    type=click.Choice(["none", "holdout", *_DIVIDING]),
    help="none: one model of all speakers; holdout: without --held-out; loso: leave each speaker "
    "out in turn; paper: shuffled folds, the epoch chosen on the test fold (optimistic).",
)
@click.option(
    "--held-out",
    multiple=True,
    metavar="SPEAKER",
    help="Speaker kept for testing (repeat, or a,b).",
)
@recipe_options
@click.option(
    "--seed",
    type=int,
    multiple=True,
    default=(1,),
    show_default=True,
    help="Of every random choice (repeat with loso and paper).",
)
@calibration_clips_option
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out; folds always do.")
@click.option(
    "--loso",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="State the figures of this run of --protocol loso in the model's card.",
)
@click.option("--jobs", type=int, metavar="N", help="Folds at a time; left out: one a core.")
@click.option(
    "--cluster", metavar="ADDRESS", help="Run the folds on the workers of this Dask scheduler."
)
@click.option("--folds", type=int, metavar="N", help="Only the first N folds of each seed.")
@click.option(
    "--group-speakers",
    type=int,
    metavar="N",
    help="With loso: leave out N groups of speakers in turn, instead of single ones.",
)
@part_option
@skip_bad_option
@json_option
def command(data: str, as_json: bool, held_out: tuple[str, ...], **choices: Any) -> None:
    """Train Light-SERNet on a corpus: a quantized model bundle, or the figures of a protocol."""
    choice = take_choice(choices)
    options = TrainOptions(held_out=speaker_list(held_out), **choices)
    _check(options)
    recipe = choice.load()
    corpus = load_named_corpus(data, options.part)
    check_labels(corpus)
    with progress_bars() as show:
        corpus = screen(corpus, options.skip_bad, show)
    check_labels(corpus)
    if corpus.bad:
        click.echo(skipped(corpus), err=True)
    stated = {**options.stated(), **choice.stated()}
    if options.protocol in _DIVIDING:
        _cross_validate(corpus, recipe, options, stated, as_json)
    else:
        _train_one(corpus, recipe, options, stated, as_json)


def _check(options: TrainOptions) -> None:
    """Raise InputError for choices that cannot be used, or not together."""
    check_clip_count(options.calibration_clips)
    for seed in options.seeds:
        check_seed(seed)
    check_jobs(options.jobs, options.cluster)
    dividing = options.protocol in _DIVIDING
    wrong = [
        f"--{name.replace('_', '-')}"
        for name in sorted(_OF_A_MODEL if dividing else _OF_FOLDS)
        if getattr(options, name) not in (None, ())
    ]
    if wrong and dividing:
        raise InputError(
            f"{' and '.join(wrong)} cannot be given with --protocol {options.protocol}, which "
            "makes no model for use.",
            "Leave it out, or leave --protocol out.",
        )
    if wrong:
        raise InputError(
            f"{' and '.join(wrong)} cannot be given without folds: one model is trained.",
            "Leave it out, or divide the corpus:  --protocol loso",
        )
    if not dividing:
        _check_one_model(options)


def _check_one_model(options: TrainOptions) -> None:
    if len(options.seeds) > 1:
        raise InputError(
            f"One model is trained with one seed; {len(options.seeds)} were given.",
            "Give one, or compare seeds:  --protocol loso",
        )
    if options.protocol == "holdout" and not options.held_out:
        raise InputError(
            "The protocol holdout needs speakers to hold out.", "Name them:  --held-out SPEAKER"
        )
    if options.protocol == "none" and options.held_out:
        raise InputError(
            "The protocol none trains on all speakers, and --held-out was given.",
            "Hold them out:  --protocol holdout",
        )
    if options.out is None:
        raise InputError("A model needs a folder to be written to.", "Name it:  --out MODEL")


def _cross_validate(
    corpus: Corpus, recipe: Recipe, options: TrainOptions, stated: dict[str, Any], as_json: bool
) -> None:
    usual_out = Path("runs") / f"{corpus.name}-{recipe.name}-{options.protocol}"
    out = options.out or usual_out
    settings = Settings(
        corpus=corpus,
        protocol=cast(Protocol, options.protocol),
        recipe=recipe,
        seeds=options.seeds,
        calibration_clips=options.calibration_clips,
        stated=stated,
        out=out.resolve().name,
        group_speakers=options.group_speakers,
        first_folds=options.folds,
    )
    check_settings(settings)
    check_matplotlib()
    make_out_folder(out)
    run = cross_validate(
        settings,
        out,
        Place(options.jobs, options.cluster),
        lambda line: click.echo(line, err=True),
    )
    write_pictures(out, run)
    if as_json:
        click.echo(json.dumps(run.content))
        if settings.optimistic:
            click.echo(OPTIMISTIC, err=True)
    else:
        print_run(run)
        click.echo(f"Folds, figures and pictures lie in {out}.")


def _train_one(
    corpus: Corpus, recipe: Recipe, options: TrainOptions, stated: dict[str, Any], as_json: bool
) -> None:
    assert options.out is not None
    out, seed = options.out, options.seeds[0]
    split = split_by_speaker(corpus, options.held_out)
    loso = loso_figures(options.loso, recipe, corpus_digest(corpus)) if options.loso else None
    import_tensorflow("train a model")
    make_out_folder(out)
    task = TrainingTask(
        training=split.training,
        measured=split.held_out,
        watched=(),
        plan=TrainingPlan(corpus.classes, recipe, seed),
        calibration_clips=options.calibration_clips,
        checkpoint=out / CHECKPOINT_NAME,
        resume=options.resume,
    )
    with progress_bars() as show:
        made = train_model(task, show)
    name = out.resolve().name
    command_line = command_text("train", corpus.name, {**stated, "seed": seed}, name)
    card = training_card(
        name,
        corpus.name,
        task.plan,
        made.front_end,
        made.epoch,
        split,
        made.quantized,
        command_line,
        loso,
    )
    write_bundle(out, card, made.quantized.float32, made.quantized.int8, made.keras)
    if as_json:
        keys = ("name", "classes", "clip_seconds", "training", "accuracy", "loso")
        click.echo(json.dumps({key: card[key] for key in keys}))
    else:
        print_accuracy(made.quantized.accuracy)
        click.echo(f"The model bundle lies in {out}.")
