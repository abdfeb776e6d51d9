"""`sernet-edge build`: from a quantized model to a compiled firmware."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError
from sernet_edge.commands.budget_options import budget_options
from sernet_edge.commands.options import json_option, live_option, model_option
from sernet_edge.model.bundled import resolve_model
from sernet_edge.progress import progress_bars
from sernet_gen.board import Board, load_board
from sernet_gen.generate import Build, generate, generate_tflm
from sernet_gen.planner.budgets import Budgets


@click.command()
@click.option("--board", "board_name", required=True, metavar="NAME", help="nano33, mps2-an386, …")
@model_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder; else build/NAME.")
@click.option("--toolchain", metavar="PATH|gcc|zig", help="The compiler; else the first found.")
@click.option(
    "--engine",
    type=click.Choice(["streaming", "tflm"]),
    default="streaming",
    show_default=True,
    help="Our firmware, or C source for TensorFlow Lite Micro.",
)
@live_option
@budget_options
@json_option
def command(
    board_name: str,
    model: Path | None,
    out: Path | None,
    toolchain: str | None,
    engine: str,
    live: bool,
    budgets: Budgets,
    as_json: bool,
) -> None:
    """Generate, compile and measure the firmware of a board.

    Each layer runs as `sernet-edge plan` says.
    """
    board = load_board(board_name)
    bundle = resolve_model(model)
    if engine == "tflm":
        if live:
            raise InputError(
                "--live is for our engine: TensorFlow Lite Micro runs whole clips only.",
                f"Leave one out:  sernet-edge build --board {board.name} --live",
            )
        _emit_tflm(bundle, board, out or Path("build") / f"{board.name}-tflm", as_json)
        return
    with progress_bars() as show:

        def report(done: int, total: int, step: str) -> None:
            show("compile", done, total)

        folder = out or Path("build") / board.name
        build = generate(
            bundle,
            board,
            folder,
            toolchain,
            report,
            budgets=budgets,
            with_sketch=True,
            live=live,
        )
    if as_json:
        click.echo(json.dumps(_result(build)))
    else:
        _print(build, board)


def _result(build: Build) -> dict[str, Any]:
    manifest = build.manifest
    return {
        "board": manifest["board"],
        "build_id": manifest["build_id"],
        "model": manifest["model"],
        "live": manifest["live"],
        **build.report.to_json(),
        "compiler": manifest["compiler"],
        "out": build.folder.as_posix(),
        "image": (build.folder / manifest["image"]).as_posix(),
        "sketch": manifest.get("arduino"),
        "sketch_note": build.sketch_note or None,
    }


def _print(build: Build, board: Board) -> None:
    table = Table(title=f"{board.title}: {build.manifest['model']}", title_justify="left")
    table.add_column("memory")
    for column in ("used", "board has", "margin"):
        table.add_column(column, justify="right")
    for row in build.report.rows:
        limit = "" if row.limit is None else f"{row.limit:,}"
        margin = "" if row.margin is None else f"{row.margin:,}"
        table.add_row(row.name, f"{row.used:,}", limit, margin)
    if build.report.clip_bytes:
        table.add_row("of which the kept clip", f"{build.report.clip_bytes:,}", "", "")
    console = Console(markup=False, emoji=False)
    console.print(table)
    console.print(f"build {build.manifest['build_id'][:8]} by {build.manifest['compiler']}")
    click.echo(f"The firmware lies in {build.folder.as_posix()}.")
    _print_sketch(build)


def _print_sketch(build: Build) -> None:
    sketch = build.manifest.get("arduino")
    if sketch is not None:
        click.echo(
            f"The Arduino sketch {sketch['build_id'][:8]} and its library lie in "
            f"{(build.folder / sketch['sketch']).parent.as_posix()}."
        )
        compiled = sketch["compiled"]
        if compiled is not None:
            click.echo(
                f"{compiled['compiler']} made {compiled['image']}: with the core, "
                f"{compiled['flash_bytes']:,} bytes of flash and {compiled['ram_bytes']:,} of RAM."
            )
    if build.sketch_note:
        click.echo(build.sketch_note)


def _emit_tflm(bundle: Bundle, board: Board, out: Path, as_json: bool) -> None:
    result = generate_tflm(bundle, board, out)
    if as_json:
        click.echo(json.dumps(result))
        return
    click.echo(
        f"TensorFlow Lite Micro needs an arena of {result['arena_bytes']:,} bytes "
        f"({result['arena_bytes'] / 1024:.1f} KiB, {result['arena']}) "
        f"and {result['model_bytes']:,} bytes of flash for the model."
    )
    click.echo(f"Header and source lie in {out.as_posix()}.")
