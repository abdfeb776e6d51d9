"""`sernet-edge boards`: the catalogue, its predictions, and the check of a board's file."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sernet_cal.errors import ExitCode, InputError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.clips import Clips
from sernet_edge.catalogue.check import Step, check_board
from sernet_edge.catalogue.entry import catalogue
from sernet_edge.catalogue.predictions import committed_table, update_fits
from sernet_edge.catalogue.present import print_catalogue
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.model.bundled import BUNDLED_NAMES, resolve_model
from sernet_edge.progress import progress_bars
from sernet_edge.tables import make_console
from sernet_gen.board import board_names, load_board
from sernet_gen.choices import host_choices
from sernet_gen.constants import render_constants

_MARKS = {True: "passed", False: "FAILED", None: "not done"}
_STEP_WIDTH = 17


@click.command()
@click.option(
    "--check",
    "reference",
    metavar="NAME|FILE.toml",
    help="Check one board instead: read its file, compile with every compiler here, measure, and "
    "verify in the emulator.",
)
@model_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="With --check: the first N synthetic clips.",
)
@click.option(
    "--update",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Compute the predictions that the table in FILE lacks, or that are out of date.",
)
@json_option
def command(
    reference: str | None, model: Path | None, limit: int, table: Path | None, as_json: bool
) -> None:
    """List all boards: what they are, what the bundled models take there, how far each was proven.

    --check takes the small bundled model unless --model names another, each layer by the kernel
    that is fastest on this machine: what a plan for the board takes, `sernet-edge plan` tells.
    """
    if reference is not None and table is not None:
        raise InputError("--check and --update exclude each other: one board, or the table of all?")
    if reference is not None:
        _check(reference, model, limit, as_json)
        return
    if model is not None:
        raise InputError("--model belongs to --check: the table is of the bundled models.")
    if table is not None:
        _update(table)
    shown = table or committed_table()
    entries = catalogue(shown)
    if as_json:
        click.echo(json.dumps({"boards": [entry.to_json() for entry in entries]}))
    else:
        print_catalogue(entries, f"sernet-edge boards --update {_short(shown)}")


def _short(path: Path) -> str:
    """Return `path` from here on, where it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _update(table: Path) -> None:
    boards = [load_board(name) for name in board_names()]
    with progress_bars() as show:
        updated = update_fits([board for board in boards if not board.is_host], table, show)
    words = ", ".join(updated) or "nothing was out of date"
    click.echo(f"Predictions in {table}: {words}.", err=True)


def _check(reference: str, model: Path | None, limit: int, as_json: bool) -> None:
    board = load_board(reference)
    bundle = resolve_model(model or Path(BUNDLED_NAMES[-1]))
    constants = render_constants(bundle, host_choices(read_qmodel(bundle.int8)))
    clips = list(Clips(None, limit))
    console = make_console()
    steps = [Step("read the file", True, f"{board.title}: {board.part}, {board.core}")]
    with tempfile.TemporaryDirectory() as folder:
        if not as_json:
            _print(console, steps[0])
        for step in check_board(board, bundle, constants, clips, Path(folder)):
            steps.append(step)
            if not as_json:
                _print(console, step)
    if as_json:
        click.echo(json.dumps({"board": board.name, "steps": [_to_json(step) for step in steps]}))
    _finish(steps)


def _print(console: Console, step: Step) -> None:
    line = f"{step.name:{_STEP_WIDTH}} {_MARKS[step.passed]:8}  {step.detail}"
    console.print(line, soft_wrap=True)


def _to_json(step: Step) -> dict[str, Any]:
    return {"step": step.name, "passed": step.passed, "detail": step.detail}


def _finish(steps: Sequence[Step]) -> None:
    """End with the first error among `steps`, or with 1 where bytes differ."""
    for step in steps:
        if step.error is not None:
            raise step.error
    if any(step.passed is False for step in steps):
        sys.exit(int(ExitCode.DIFFERENT))
