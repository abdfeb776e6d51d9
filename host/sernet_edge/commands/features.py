"""`sernet-edge features`: the integer front-end beside the float chain and CMSIS-DSP's."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode
from sernet_cal.interpreter import TfliteModel
from sernet_edge.audio.corpus import Corpus, load_named_corpus
from sernet_edge.audio.load import Samples, read_samples
from sernet_edge.audio.screen import refuse_bad
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.feature_report import (
    Comparison,
    FloatCandidate,
    Int8Array,
    Predict,
    Setting,
    compare,
)
from sernet_edge.feature_settings import (
    candidates,
    find_reference,
    model_setting,
    other_setting,
)
from sernet_edge.model.bundled import resolve_model
from sernet_edge.progress import Show, progress_bars


@click.command()
@click.option("--compare", "do_compare", is_flag=True, help="Print the comparison's table.")
@click.option("--data", required=True, metavar="[NAME=]DIR", help="A folder of recordings.")
@model_option
@json_option
def command(do_compare: bool, data: str, model: Path | None, as_json: bool) -> None:
    """Compare the integer front-end with float and CMSIS-DSP MFCCs.

    Both named forms are held to the float chain (tf.signal where TensorFlow is installed): SNR of
    the coefficients raw and just before the int8 step, equal int8 inputs, and the predictions of
    the model with its own form. Exit code 1: ours misses one of the project's bars.
    """
    if not do_compare:
        raise click.UsageError("There is nothing to do without --compare.")
    bundle, corpus = resolve_model(model), load_named_corpus(data)
    refuse_bad(corpus)
    with progress_bars() as show:
        report = _compare_forms(bundle, corpus, show)
    if as_json:
        click.echo(json.dumps(_to_json(report)))
    else:
        _print_tables(report)
    missed = _missed(report)
    for line in missed:
        click.echo(line, err=True)
    sys.exit(int(ExitCode.DIFFERENT if missed else ExitCode.AGREED))


def _compare_forms(bundle: Bundle, corpus: Corpus, show: Show) -> dict[str, Any]:
    judge = TfliteModel(bundle.int8, reference=True)

    def predict(rows: Int8Array) -> int:
        return int(np.argmax(judge.run(rows)))

    settings: list[tuple[Setting, Predict | None]] = [
        (model_setting(bundle, judge), predict),
        (other_setting(bundle, _clips(corpus, "measuring the corpus", show)), None),
    ]
    reference = find_reference(bundle.front_end.window)
    forms, left_out = {}, ""
    for setting, judged in settings:
        form = setting.front_end.form
        compared, left_out = candidates(setting)
        exact = FloatCandidate(reference.name, setting, reference.raw_mfcc)
        forms[form] = compare(_clips(corpus, f"form {form}", show), exact, compared, judged)
    return {
        "reference": reference.name,
        "data": corpus.name,
        "clips": len(corpus.recordings),
        "model": bundle.name,
        "window": bundle.front_end.window,
        "left_out": left_out,
        "forms": forms,
    }


def _clips(corpus: Corpus, what: str, show: Show) -> Iterator[Samples]:
    total = len(corpus.recordings)
    for done, recording in enumerate(corpus.recordings):
        show(what, done, total)
        yield read_samples(recording.path)
    show(what, total, total)


def _to_json(report: dict[str, Any]) -> dict[str, Any]:
    forms = {
        form: [item.to_json() for item in comparisons]
        for form, comparisons in report["forms"].items()
    }
    return {**report, "forms": forms}


def _missed(report: dict[str, Any]) -> list[str]:
    return [
        f"Our front-end in the form {form}: {phrase}."
        for form, comparisons in report["forms"].items()
        for phrase in comparisons[0].missed_bars()
    ]


def _print_tables(report: dict[str, Any]) -> None:
    console = Console(markup=False, emoji=False)
    console.print(
        f"{report['clips']} clips of {report['data']} against {report['reference']}; "
        f"model {report['model']}, {report['window']} window",
        highlight=False,
    )
    for form, comparisons in report["forms"].items():
        console.print(_table(form, comparisons))
    if report["left_out"]:
        click.echo(f"CMSIS-DSP is left out. {report['left_out']}")


def _table(form: str, comparisons: list[Comparison]) -> Table:
    table = Table(title=f"form {form}", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("front-end", no_wrap=True)
    for heading in ("SNR raw", "before int8", "equal", "worst step", "same class"):
        table.add_column(heading, justify="right", no_wrap=True)
    for item in comparisons:
        table.add_row(
            item.name,
            _decibels(item.raw_snr_db),
            _decibels(item.snr_db),
            f"{item.equal_share:.3%}",
            str(item.worst_step),
            "-" if item.same_prediction is None else f"{item.same_prediction:.2%}",
        )
    return table


def _decibels(value: float | None) -> str:
    return "exact" if value is None else f"{value:.1f} dB"
