"""`sernet-edge quantize`: from a Keras model to a full-int8 bundle, for any clip length."""

import json
from pathlib import Path
from typing import Any

import click

from sernet_cal.bundle import write_bundle
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.corpus import load_named_corpus
from sernet_edge.audio.screen import refuse_bad
from sernet_edge.commands.options import json_option
from sernet_edge.commands.training_options import calibration_clips_option
from sernet_edge.model.bundled import find_model
from sernet_edge.progress import progress_bars
from sernet_edge.train.card import quantized_card
from sernet_edge.train.options import make_out_folder
from sernet_edge.train.present import print_accuracy, print_report
from sernet_edge.train.quantize import check_clip_count, quantize
from sernet_edge.train.source import read_source
from sernet_edge.train.split import check_clip_seconds, speaker_list, split_by_speaker


@click.command()
@click.option(
    "--model", type=click.Path(path_type=Path), help="Bundle or .keras file; else the bundled one."
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
@click.option("--report", is_flag=True, help="Print the range and scale of every tensor.")
@json_option
def command(
    model: Path | None,
    data: str,
    out: Path,
    clip_seconds: float | None,
    held_out: tuple[str, ...],
    calibration_clips: int,
    report: bool,
    as_json: bool,
) -> None:
    """Quantize a trained model to int8, calibrated on training speakers, and measure both."""
    source = read_source(find_model(model))
    network = source.network(clip_seconds)
    check_clip_seconds(network.clip_seconds)
    check_clip_count(calibration_clips)
    corpus = load_named_corpus(data)
    refuse_bad(corpus)
    split = split_by_speaker(corpus, speaker_list(held_out) or source.held_out_speakers)
    import_tensorflow("quantize a model")
    with progress_bars() as show:
        quantized = quantize(network, split.training, split.held_out, calibration_clips, show)
    name = out.resolve().name
    card = quantized_card(source.card, name, corpus.name, network, split, quantized)
    make_out_folder(out)
    write_bundle(out, card, quantized.float32, quantized.int8, source.keras)
    if as_json:
        click.echo(json.dumps(_result(card)))
        return
    if report:
        print_report(quantized.report)
    print_accuracy(quantized.accuracy)
    click.echo(f"The model bundle lies in {out}.")


def _result(card: dict[str, Any]) -> dict[str, Any]:
    keys = ("name", "classes", "clip_seconds", "accuracy", "quantization")
    return {key: card[key] for key in keys}
