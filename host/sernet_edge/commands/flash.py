"""`sernet-edge flash`: write a build to a board, and prove that it runs."""

import json
from pathlib import Path
from typing import Any, get_args

import click

from sernet_edge.commands.options import json_option
from sernet_edge.firmware import load_firmware
from sernet_edge.flash.desk import LocalDesk
from sernet_edge.flash.faults import DOUBLE_TAP
from sernet_edge.flash.image import Kind, nothing_to_flash
from sernet_edge.flash.run import Answer, Places, Plan, plan_flash
from sernet_edge.progress import progress_bars
from sernet_gen.board import load_board


@click.command()
@click.option("--board", "board_name", required=True, metavar="NAME", help="nano33, pico, ...")
@click.option("--port", metavar="PORT", help="The board's own USB port; else it is found.")
@click.option(
    "--image",
    "kind",
    type=click.Choice(get_args(Kind)),
    help="nano33: the Arduino sketch, which speaks over USB (the default), or the firmware "
    "without Arduino, which speaks on the pins.",
)
@click.option(
    "--drive",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The drive of a board that takes UF2 files; else it is found.",
)
@click.option("--probe", metavar="ID", help="Unique id of the debug probe, if there are several.")
@click.option(
    "--link-port",
    metavar="URL",
    help="Serial port on which the new firmware speaks: ask there whether it runs.",
)
@click.option("--build", type=click.Path(path_type=Path), help="The build; else build/NAME.")
@click.option("--dry-run", is_flag=True, help="Find the board, say what would be done, and stop.")
@json_option
def command(
    board_name: str,
    port: str | None,
    kind: Kind | None,
    drive: Path | None,
    probe: str | None,
    link_port: str | None,
    build: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write a build to a board, read it back, and prove that it runs.

    Nothing is written before the image agrees with its manifest and the board has said that it
    is the one that the image was built for.
    """
    board = load_board(board_name)
    if board.flash_tool == "none":
        raise nothing_to_flash(board)
    firmware = load_firmware(build or Path("build") / board.name, board.name)
    places = Places(port, drive, probe, link_port)
    plan = plan_flash(LocalDesk(), board, firmware, kind, places)
    if not as_json:
        click.echo(_words(plan))
    answer = None
    if not dry_run:
        with progress_bars() as show:
            answer = plan.write(show)
    if as_json:
        click.echo(json.dumps(_to_json(plan, dry_run, answer)))
    elif dry_run:
        steps = [f"  {number}. {step}" for number, step in enumerate(plan.steps, 1)]
        click.echo("\n".join(["It would", *steps, "Nothing was written."]))
    else:
        click.echo(_result(plan, answer))


def _words(plan: Plan) -> str:
    image = plan.image
    return (
        f"{image.path.as_posix()}: {len(image.content):,} bytes for 0x{image.address:08x}, build "
        f"{image.build.build_id[:8]}, SHA-256 {image.sha256[:16]}...\n"
        f"to {plan.board.title} on {plan.place}"
    )


def _result(plan: Plan, answer: Answer | None) -> str:
    text = f"Written. Not proven that it runs: {plan.unproven}"
    if answer is not None:
        build_id = answer.info.build_id[:8]
        text = f"Written. {answer.info.board} on {answer.port} runs build {build_id}."
    if plan.board.flash_tool == "sam-ba" and plan.image.kind == "firmware":
        text += f"\nIt does not use USB. Before the board is flashed again: {DOUBLE_TAP}"
    return text


def _to_json(plan: Plan, dry_run: bool, answer: Answer | None) -> dict[str, Any]:
    image = plan.image
    return {
        "board": plan.board.name,
        "tool": plan.board.flash_tool,
        "image": image.path.as_posix(),
        "bytes": len(image.content),
        "address": image.address,
        "sha256": image.sha256,
        "build_id": image.build.build_id,
        "place": plan.place,
        "written": not dry_run,
        "answered": None if answer is None else answer.info.build_id,
        "port": None if answer is None else answer.port,
    }
