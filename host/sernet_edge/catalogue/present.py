"""The catalogue as tables for people."""

from collections.abc import Sequence

from rich.table import Table

from sernet_edge.bench.cycles import why_no_table
from sernet_edge.catalogue.entry import Entry, Proof
from sernet_edge.catalogue.predictions import Fit
from sernet_edge.tables import make_console, make_table, percent
from sernet_gen.board import Emulator

_EMULATORS: dict[Emulator, str] = {"emu": "in unicorn", "qemu": "in QEMU", "proc": "", "none": ""}
_PROOFS: dict[Proof, str] = {
    "silicon": "on silicon",
    "emulated": "emulated",
    "process": "as a process",
    "compiled": "compiled",
}
_KIB = 1024


def print_catalogue(entries: Sequence[Entry], update: str) -> None:
    """Print the boards, then what the bundled models take there, then their names and pages.

    `update`: the command that computes predictions that are missing.
    """
    console = make_console()
    console.print(_boards(entries))
    console.print(_fits(entries))
    for line in (*_legend(entries), *_missing(entries, update)):
        console.print(line, soft_wrap=True)
    console.print()
    width = max(len(entry.board.name) for entry in entries)
    for entry in entries:
        board = entry.board
        console.print(f"{board.name:{width}}  {board.title}: {board.url}", soft_wrap=True)


def _boards(entries: Sequence[Entry]) -> Table:
    table = make_table(("board", "core"), ("MHz", "flash KiB", "RAM KiB"))
    for heading in ("flashed by", "proven"):
        table.add_column(heading, no_wrap=True)
    for entry in entries:
        board, memory = entry.board, entry.board.memory
        table.add_row(
            board.name,
            board.core,
            f"{board.clock_hz / 1e6:g}" if board.clock_hz else "-",
            "-" if memory is None else f"{memory.flash.length // _KIB:,}",
            "-" if memory is None else f"{memory.ram.length // _KIB:,}",
            board.flash_tool if board.flash_tool != "none" else "-",
            f"{_PROOFS[entry.proof]} {_EMULATORS[board.emulator]}".rstrip(),
        )
    return table


def _fits(entries: Sequence[Entry]) -> Table:
    table = make_table(
        ("board", "model"), ("flash bytes", "RAM bytes", "duty cycle %", "answer ms")
    )
    for entry in entries:
        for place, model in enumerate(entry.planned_models):
            name = "" if place else entry.board.name
            table.add_row(name, model, *_cells(entry, model))
    return table


def _cells(entry: Entry, model: str) -> tuple[str, ...]:
    if model not in entry.fits:
        return ("-",) * 4
    fit = entry.fits[model]
    if fit is None:
        return ("does not fit", "", "", "")
    return (f"{fit.flash_bytes:,}", f"{fit.ram_bytes:,}", _duty(fit), _latency(fit))


def _duty(fit: Fit) -> str:
    mark = "" if fit.duty_cycle is not None else " i"
    return f"{percent(fit.share)}{mark}"


def _latency(fit: Fit) -> str:
    return "-" if fit.latency_ms is None else f"{fit.latency_ms:.0f}"


def _legend(entries: Sequence[Entry]) -> list[str]:
    lines = [
        "Predicted by the planner, within the goals of the board's file: network and front-end, "
        "without the serial link. Above 100 %: slower than audio comes. Answer: after the last "
        "sample."
    ]
    cores = sorted(
        {
            entry.board.core
            for entry in entries
            for fit in entry.fits.values()
            if fit is not None and fit.duty_cycle is None
        }
    )
    if cores:
        reasons = "; ".join(f"{core}: {why_no_table(core)}" for core in cores)
        lines.append(
            "i: no cycles but instructions, as a share of the clock at one a cycle, which these "
            f"cores do not keep to: they have no table of cycles ({reasons})."
        )
    if not any(entry.board.silicon for entry in entries):
        lines.append("No board was proven on silicon yet.")
    return lines


def _missing(entries: Sequence[Entry], update: str) -> list[str]:
    names = ", ".join(entry.board.name for entry in entries if not entry.is_whole)
    return [f"-: not predicted yet, on {names}:  {update}"] if names else []
