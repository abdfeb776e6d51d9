"""`sernet-edge quantize`: from a Keras model to a full-int8 bundle, or of all folds of a run."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from sernet_cal.bundle import write_bundle
from sernet_cal.errors import InputError
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.corpus import load_named_corpus
from sernet_edge.audio.screen import refuse_bad, screen
from sernet_edge.commands.options import json_option, part_option, skip_bad_option
from sernet_edge.commands.training_options import calibration_clips_option
from sernet_edge.drawing import check_matplotlib
from sernet_edge.model.bundled import find_model
from sernet_edge.progress import progress_bars
from sernet_edge.protocol.cross_validation import Place, cross_validate
from sernet_edge.protocol.parallel import check_jobs
from sernet_edge.protocol.present import print_run, write_pictures
from sernet_edge.protocol.requantize import requantized
from sernet_edge.protocol.run_folder import read_run
from sernet_edge.train.card import quantized_card
from sernet_edge.train.options import make_out_folder
from sernet_edge.train.present import print_accuracy, print_report
from sernet_edge.train.quantize import check_clip_count, quantize
from sernet_edge.train.source import read_source
from sernet_edge.train.split import check_clip_seconds, speaker_list, split_by_speaker

# Options that only one way of quantizing takes.
_OF_A_MODEL = ("model", "clip_seconds", "held_out", "report")
_OF_A_RUN = ("jobs", "skip_bad")


@dataclass(frozen=True)
class QuantizeOptions:
    """The command line's choices; None where not given."""

    data: str
    out: Path
    model: Path | None
    run: Path | None
    clip_seconds: float | None
    held_out: tuple[str, ...]
    calibration_clips: int
    bias_correction: bool | None
    report: bool
    jobs: int | None
    part: str
    skip_bad: bool

    @property
    def quantization(self) -> dict[str, Any]:
        """The settings of the group `quantization` that were given."""
        return {} if self.bias_correction is None else {"bias_correction": self.bias_correction}


@click.command()
@click.option(
    "--model", type=click.Path(path_type=Path), help="Bundle or .keras file; else the bundled one."
)
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Instead of a model: the network of each fold of a cross-validation, calibrated on what "
    "the fold trained with and measured on what it tested; writes another run.",
)
@click.option("--data", required=True, metavar="NAME=DIR", help="The corpus to calibrate on.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--clip-seconds", type=float, help="Length of the clips; else as the model's card says."
)
@click.option(
    "--held-out",
    multiple=True,
    metavar="SPEAKER",
    help="Speaker kept for testing (repeat, or a,b); else as the model's card says.",
)
@calibration_clips_option
@click.option(
    "--bias-correction/--no-bias-correction",
    default=None,
    help="Correct each layer's bias until its channels have the float network's means; left out: "
    "as the recipe says that trained the model.",
)
@click.option("--report", is_flag=True, help="Print the range and scale of every tensor.")
@click.option("--jobs", type=int, metavar="N", help="Folds at a time; left out: one a core.")
@part_option
@skip_bad_option
@json_option
def command(as_json: bool, held_out: tuple[str, ...], **choices: Any) -> None:
    """Quantize a trained model to int8, calibrated on training speakers, and measure both."""
    options = QuantizeOptions(held_out=speaker_list(held_out), **choices)
    _check(options)
    if options.run is None:
        _quantize_model(options, as_json)
    else:
        _quantize_run(options, options.run, as_json)


def _check(options: QuantizeOptions) -> None:
    """Raise InputError for choices that cannot be used, or not together."""
    check_clip_count(options.calibration_clips)
    check_jobs(options.jobs, None)
    names = _OF_A_RUN if options.run is None else _OF_A_MODEL
    wrong = [
        f"--{name.replace('_', '-')}"
        for name in names
        if getattr(options, name) not in (None, (), False)
    ]
    if wrong and options.run is None:
        raise InputError(
            f"{' and '.join(wrong)} cannot be given without --run: one model is quantized.",
            "Leave it out, or give the folds of a cross-validation:  --run RUN",
        )
    if wrong:
        raise InputError(
            f"{' and '.join(wrong)} cannot be given with --run, the folds of which decide it.",
            "Leave it out, or quantize one model:  --model MODEL",
        )


def _quantize_model(options: QuantizeOptions, as_json: bool) -> None:
    source = read_source(find_model(options.model))
    network = source.network(options.clip_seconds)
    check_clip_seconds(network.clip_seconds)
    corpus = load_named_corpus(options.data, options.part)
    refuse_bad(corpus)
    split = split_by_speaker(corpus, options.held_out or source.held_out_speakers)
    import_tensorflow("quantize a model")
    settings = replace(source.quantization, **options.quantization)
    clips = options.calibration_clips
    with progress_bars() as show:
        quantized = quantize(network, split.training, split.held_out, clips, settings, show)
    name = options.out.resolve().name
    card = quantized_card(source.card, name, corpus.name, network, split, quantized)
    make_out_folder(options.out)
    write_bundle(options.out, card, quantized.float32, quantized.int8, source.keras)
    if as_json:
        click.echo(json.dumps(_result(card)))
        return
    if options.report:
        print_report(quantized.report)
    print_accuracy(quantized.accuracy)
    click.echo(f"The model bundle lies in {options.out}.")


def _quantize_run(options: QuantizeOptions, folder: Path, as_json: bool) -> None:
    run = read_run(folder)
    corpus = load_named_corpus(options.data, options.part)
    with progress_bars() as show:
        corpus = screen(corpus, options.skip_bad, show)
    stated = {"part": options.part} if options.part != "all" else {}
    name = options.out.resolve().name
    settings = requantized(
        run, corpus, options.quantization, options.calibration_clips, stated, name
    )
    check_matplotlib()
    make_out_folder(options.out)
    made = cross_validate(
        settings, options.out, Place(options.jobs), lambda line: click.echo(line, err=True)
    )
    write_pictures(options.out, made)
    if as_json:
        click.echo(json.dumps(made.content))
        return
    print_run(made)
    click.echo(f"Folds, figures and pictures lie in {options.out}.")


def _result(card: dict[str, Any]) -> dict[str, Any]:
    keys = ("name", "classes", "clip_seconds", "accuracy", "quantization")
    return {key: card[key] for key in keys}
