"""`sernet-edge check`: C, numpy and TFLite, byte for byte, on this machine."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sernet_cal.errors import ExitCode, InputError
from sernet_edge.audio.clips import Clips
from sernet_edge.check import LengthCheck, check_length
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.model.bundled import resolve_model
from sernet_edge.progress import progress_bars

_SHORTEST_S, _LONGEST_S = 0.1, 60.0

MICRO = (
    "The judges disagree: TFLite Micro's kernels differ from TFLite's reference kernels, which "
    "decide, first at"
)
SYNTHETIC = (
    "The synthetic clips hold direct current and tones without noise, where the float chain itself "
    "is rounding noise: the SNR that counts is that of speech (--data DIR)."
)


@click.command()
@click.option("--data", metavar="[NAME=]DIR", help="Folder of recordings; else synthetic clips.")
@model_option
@click.option(
    "--clip-seconds",
    type=float,
    multiple=True,
    help="Run the network for this clip length too; may be repeated. Else the model's own.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N clips.")
@json_option
def command(
    data: str | None,
    model: Path | None,
    clip_seconds: tuple[float, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """Compare C, numpy and TFLite, byte for byte, on this machine."""
    bundle = resolve_model(model)
    clips = Clips(data, limit)
    lengths = clip_seconds or (bundle.clip_seconds,)
    for seconds in lengths:
        if not _SHORTEST_S <= seconds <= _LONGEST_S:
            raise InputError(
                f"--clip-seconds {seconds:g} is not a usable clip length; "
                f"{_SHORTEST_S:g} to {_LONGEST_S:g} seconds are."
            )
    results = []
    with progress_bars() as show:
        for seconds in lengths:
            title = f"clips of {seconds:g} s"

            def report(done: int, title: str = title) -> None:
                show(title, done, len(clips))

            report(0)
            results.append(check_length(bundle, clips, seconds, report))
    if as_json:
        click.echo(json.dumps(summary(bundle.name, results)))
    else:
        _print(bundle.name, results)
        if data is None:
            click.echo(SYNTHETIC)
    if any(result.differing_bytes for result in results):
        sys.exit(int(ExitCode.DIFFERENT))


def summary(model: str, results: list[LengthCheck]) -> dict[str, Any]:
    """Return the JSON object: totals over the lengths (the smallest SNR), and each length."""
    runs = sum(result.clips for result in results)
    ratios = [ratio for result in results if (ratio := result.front_end.snr_db) is not None]
    lengths = [result.to_json() for result in results]
    micro = [length["tflite_micro_differing_bytes"] for length in lengths]
    return {
        "model": model,
        "clips": results[0].clips,
        "tensors": lengths[0]["tensors"],
        "differing_bytes": sum(result.differing_bytes for result in results),
        "float_chain": results[0].float_chain,
        "mfcc_snr_db": min(ratios, default=None),
        "equal_inputs": min(result.front_end.equal_share for result in results),
        "same_prediction": sum(result.quality.same for result in results) / runs,
        "ms_per_clip": 1000 * sum(result.seconds_in_c for result in results) / runs,
        "total_s": sum(result.seconds_in_c for result in results),
        "tflite_micro_differing_bytes": None if None in micro else sum(micro),
        "lengths": lengths,
    }


def _print(model: str, results: list[LengthCheck]) -> None:
    table = Table(title=f"{model}: differing bytes and figures", title_justify="left")
    table.add_column("comparison")
    for result in results:
        table.add_column(f"{result.clip_seconds:g} s", justify="right")
    for label, values in _lines(results):
        table.add_row(label, *values)
    Console(markup=False, emoji=False).print(table)
    for result in results:
        if result.first_difference:
            click.echo(f"First difference, {result.clip_seconds:g} s: {result.first_difference}")
        if result.micro_difference:
            click.echo(f"{MICRO} {result.clip_seconds:g} s: {result.micro_difference}")


def _lines(results: list[LengthCheck]) -> Iterator[tuple[str, list[str]]]:
    yield "clips", [str(r.clips) for r in results]
    yield "tensors compared in each", [str(len(r.model.traced)) for r in results]
    yield "bytes, features: C / numpy", [str(r.features.total) for r in results]
    yield "bytes, every tensor: C / numpy", [str(r.engine.total) for r in results]
    made = results[0].fused_tensors
    yield (
        f"bytes, {made} tensors: C with fused layers / numpy",
        [str(r.fused.total) for r in results],
    )
    yield "bytes, every tensor: numpy / TFLite", [str(r.judge.total) for r in results]
    yield "bytes, scores: numpy / TFLite Micro", [_micro(r) for r in results]
    ratios = [r.front_end.snr_db for r in results]
    yield "MFCC SNR to float, dB", ["exact" if x is None else f"{x:.1f}" for x in ratios]
    yield "inputs equal to float's, %", [f"{100 * r.front_end.equal_share:.2f}" for r in results]
    same = [100 * r.quality.same / r.clips for r in results]
    yield "same prediction as float features, %", [f"{share:.2f}" for share in same]
    times = [1000 * r.seconds_in_c / r.clips for r in results]
    yield "C on this machine, ms a clip", [f"{ms:.1f}" for ms in times]
    yield "C on this machine, s in all", [f"{r.seconds_in_c:.1f}" for r in results]


def _micro(result: LengthCheck) -> str:
    if result.micro is None:
        return "not installed"
    return f"{result.micro.total} ({result.micro_clips} clips)"
