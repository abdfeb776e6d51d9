"""`sernet-edge demo`: the whole chain at once, with nothing but pip behind it."""

import importlib.util
from pathlib import Path

import click

from sernet_cal.errors import require_extra
from sernet_edge.commands import build, verify

BOARD = "nano33"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help=f"Folder; else build/{BOARD}.")
@click.option("--toolchain", metavar="PATH|gcc|zig", help="The compiler; else the first found.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N clips.")
@click.pass_context
def command(ctx: click.Context, out: Path | None, toolchain: str | None, limit: int | None) -> None:
    """Build for nano33, run it in the emulator and verify it."""
    if importlib.util.find_spec("unicorn") is None:
        raise require_extra("unicorn", "sim", "emulate a board")
    folder = out or Path("build") / BOARD
    click.echo(f"1. The bundled model becomes firmware for {BOARD}.\n", err=True)
    ctx.invoke(build.command, board_name=BOARD, out=folder, toolchain=toolchain)
    click.echo("\n2. An emulated board runs that very image and answers over serial.\n", err=True)
    ctx.invoke(verify.command, board_names=(BOARD,), build=folder, emulate=True, limit=limit)
    click.echo(_where(folder))


def _where(folder: Path) -> str:
    lines = (
        ("firmware, to be flashed", folder / "firmware.bin"),
        ("its C sources and Makefile", folder),
        ("what it was made from", folder / "manifest.json"),
    )
    places = "\n".join(f"  {what:<28}{place.as_posix()}" for what, place in lines)
    return (
        f"\nWhere everything lies:\n{places}\n"
        "Next, with a board on the desk:\n"
        f"  sernet-edge flash --board {BOARD}\n"
        f"  sernet-edge verify --board {BOARD} --port /dev/ttyACM0"
    )
