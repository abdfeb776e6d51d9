"""`sernet-edge bench`: instructions, estimated cycles and memory, layer by layer."""

import importlib.util
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError, require_extra
from sernet_edge.audio.clips import Clips, whole_clip
from sernet_edge.bench.board import measured_cycles
from sernet_edge.bench.compare import Comparison, print_comparison
from sernet_edge.bench.fit_run import fit_costs
from sernet_edge.bench.guard import count_table
from sernet_edge.bench.measure import measure_clip
from sernet_edge.bench.picture import bench_picture
from sernet_edge.bench.present import print_bench
from sernet_edge.bench.result import Bench, Memory, read_bench, to_json
from sernet_edge.commands.budget_options import budget_options, wait_states_option, with_wait_states
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.drawing import check_matplotlib
from sernet_edge.emulator.machine import has_model
from sernet_edge.emulator.protocol_emu import emulated_boards, is_emulated
from sernet_edge.firmware import Firmware, check_files, check_model, load_firmware
from sernet_edge.model.bundled import BUNDLED_NAMES, resolve_model
from sernet_edge.progress import Show, progress_bars
from sernet_edge.protocol.run_folder import write_atomically, write_json
from sernet_edge.train.options import make_out_folder
from sernet_gen.board import Board, load_board
from sernet_gen.elf import read_image
from sernet_gen.generate import generate
from sernet_gen.planner.budgets import NO_BUDGETS, Budgets
from sernet_gen.report import MemoryReport, measure

_MOST_COMPARED = 2


@click.command()
@click.option("--board", "board_name", metavar="NAME", help="nano33, mps2-an386, ...")
@model_option
@click.option(
    "--build",
    type=click.Path(path_type=Path),
    help="Measure the firmware in this folder, instead of one that is built for it and forgotten.",
)
@click.option("--port", metavar="URL", help="Read the clock of a real board that runs it, too.")
@click.option("--toolchain", metavar="PATH|gcc|zig", help="The compiler; else the first found.")
@click.option(
    "--compare",
    "compared",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A benchmark that `bench --json` wrote, set beside this one; two of them need no board.",
)
@click.option(
    "--update-table",
    "table",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the instructions by layer, for the test that they do not grow.",
)
@click.option(
    "--fit",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the core's table of costs for the planner instead, from several plans; minutes.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for JSON and a picture.")
@budget_options
@wait_states_option
@json_option
def command(
    board_name: str | None,
    compared: tuple[Path, ...],
    budgets: Budgets,
    as_json: bool,
    **options: Any,
) -> None:
    """Count a clip's instructions in the emulator and estimate cycles, layer by layer.

    Instructions are exact. Cycles are estimated by a written-down table of the core, low, nominal
    and high; the shares are of the nominal ones. A real board at --port must run the firmware of
    --build (else build/NAME).
    """
    if len(compared) > _MOST_COMPARED:
        raise InputError(f"--compare: two benchmarks at most; {len(compared)} given.")
    before = [read_bench(path) for path in compared]
    if len(before) == _MOST_COMPARED:
        if board_name is not None or _is_any(options) or budgets != NO_BUDGETS:
            raise InputError(
                "--compare with two files measures nothing: leave out all the others but --json, "
                "or one of the files."
            )
        _show(before[1], before[0], as_json)
        return
    board = with_wait_states(_measurable(board_name), options["flash_wait_states"])
    if options["fit"] is not None:
        _fit(board, resolve_model(options["model"]), options["fit"], options["toolchain"])
        return
    built = options["build"] or options["port"]
    if built and (options["toolchain"] or budgets != NO_BUDGETS):
        raise InputError(
            "--build and --port exclude --toolchain and the budgets: that firmware is built."
        )
    if options["out"] is not None:
        check_matplotlib()
        make_out_folder(options["out"])
    with progress_bars() as show:
        bench = _measure(
            board, resolve_model(options["model"]), {**options, "budgets": budgets}, show
        )
    _write(bench, options["out"], options["table"])
    _show(bench, before[0] if before else None, as_json)


def _is_any(options: dict[str, Any]) -> bool:
    """Whether any option was given; 0 is a number of wait states."""
    return any(value not in (None, False, ()) for value in options.values())


def _measurable(name: str | None) -> Board:
    if name is None:
        raise InputError("Which board? Name it:  --board nano33")
    board = load_board(name)
    if board.is_host:
        raise InputError(
            f"{name} is a process of this machine: its instructions are not those of a board.",
            "Name a microcontroller:  --board nano33",
        )
    if has_model(board.core):
        if not is_emulated(board):
            raise InputError(
                f"{name} has no emulator that counts; these have one: "
                f"{', '.join(emulated_boards())}."
            )
        if importlib.util.find_spec("unicorn") is None:
            raise require_extra("unicorn", "sim", "emulate a board")
    elif board.emulator != "qemu":
        raise InputError(f"{name} has no emulator that counts: none models its core {board.core}.")
    return board


def _measure(board: Board, bundle: Bundle, options: dict[str, Any], show: Show) -> Bench:
    clip = whole_clip(Clips(None), bundle.model_samples)
    with _firmware(board, bundle, options, show) as (firmware, report):
        cycles = None
        if options["port"] is not None:
            cycles = measured_cycles(options["port"], firmware, board, clip)
        memory = Memory(
            report.ram_bytes, report.stack_bytes or 0, report.clip_bytes, report.flash_bytes
        )
        # The table has instructions only, and counting without the flash is ten times as fast.
        with_flash = options["table"] is None
        bench = measure_clip(
            firmware,
            board,
            bundle,
            clip,
            memory,
            with_flash,
            lambda taken: show("samples, counting", taken, len(clip.samples)),
        )
        return replace(bench, measured_cycles=cycles)


@contextmanager
def _firmware(
    board: Board, bundle: Bundle, options: dict[str, Any], show: Show
) -> Iterator[tuple[Firmware, MemoryReport]]:
    """Yield the firmware of --build, or one that is built and forgotten, and its sizes."""
    build = options["build"]
    if build is None and options["port"] is not None:
        build = Path("build") / board.name
    if build is not None:
        firmware = load_firmware(build, board.name)
        check_files(firmware)
        check_model(firmware, bundle)
        # The compiler's own list of stack frames is gone; the code tells them as well.
        yield firmware, measure(read_image(firmware.image), {}, board)
        return

    def report(done: int, total: int, step: str) -> None:
        show("compile", done, total)

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / board.name
        made = generate(
            bundle, board, place, options["toolchain"], report, budgets=options["budgets"]
        )
        yield load_firmware(place, board.name), made.report


def _fit(board: Board, bundle: Bundle, table: Path, toolchain: str | None) -> None:
    with progress_bars() as show:
        text = fit_costs(board, [bundle, resolve_model(BUNDLED_NAMES[-1])], toolchain, show)
    write_atomically(table, text.encode())
    click.echo(f"The table of costs is {table}.", err=True)


def _write(bench: Bench, out: Path | None, table: Path | None) -> None:
    if out is not None:
        write_json(out / "bench.json", to_json(bench))
        write_atomically(out / "bench.png", bench_picture(bench))
        click.echo(f"JSON and picture lie in {out}.", err=True)
    if table is not None:
        write_json(table, count_table(bench))
        click.echo(f"The table of instructions is {table}.", err=True)


def _show(bench: Bench, before: Bench | None, as_json: bool) -> None:
    if before is None:
        if as_json:
            click.echo(json.dumps(to_json(bench)))
        else:
            print_bench(bench)
        return
    comparison = Comparison(before, bench)
    if as_json:
        click.echo(json.dumps(comparison.to_json()))
    else:
        print_comparison(comparison)
