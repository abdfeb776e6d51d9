"""The result of a bench of boards: one row a board, for people and for machines."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from sernet_cal.errors import ExitCode, SernetError
from sernet_edge.verify.fleet import FleetRow, fleet_exit_code
from sernet_edge.verify.report import Verification, explain_differences, to_json

_RESULTS = {
    ExitCode.AGREED: "agrees",
    ExitCode.DIFFERENT: "DIFFERS",
    ExitCode.USAGE: "bad input",
    ExitCode.NO_LINK: "no link",
    ExitCode.STALE_FIRMWARE: "stale firmware",
    ExitCode.DOES_NOT_FIT: "does not fit",
}


def fleet_to_json(rows: Sequence[FleetRow]) -> dict[str, Any]:
    """Return the JSON object of `verify --json` for several boards.

    `boards` has one object a board: that of a single verification with `port` and `error` null,
    or `board`, `port` and `error`.
    """
    return {
        "exit_code": int(fleet_exit_code(rows)),
        "boards": [_row_to_json(row) for row in rows],
    }


def _row_to_json(row: FleetRow) -> dict[str, Any]:
    head = {"board": row.board or None, "port": row.url, "exit_code": int(row.exit_code)}
    if isinstance(row.outcome, SernetError):
        return {**head, "error": str(row.outcome)}
    return {**head, "error": None, **to_json(row.outcome)}


def print_fleet(rows: Sequence[FleetRow]) -> None:
    """Print the table of boards, then what differs and what went wrong, to stdout."""
    console = Console(markup=False, emoji=False)
    table = Table()
    for name in ("board", "port", "build", "model", "equal", "same class", "ms", "result"):
        table.add_column(name, overflow="fold", no_wrap=name not in ("port", "model"))
    for row in rows:
        table.add_row(row.board or "?", row.url, *_cells(row.outcome), _RESULTS[row.exit_code])
    console.print(table)
    for row in rows:
        name = f"{row.board or '?'} at {row.url}"
        if isinstance(row.outcome, SernetError):
            console.print(f"{name}: {row.outcome}", highlight=False, soft_wrap=True)
        else:
            for line in explain_differences(row.outcome):
                console.print(f"{name}: {line}", highlight=False, soft_wrap=True)


def _cells(outcome: Verification | SernetError) -> tuple[str, ...]:
    if isinstance(outcome, SernetError):
        return ("-",) * 5
    build = outcome.info.build_id[:8] + (" (any)" if outcome.any_build else "")
    times = [report.device_ms for report in outcome.reports if report.device_ms is not None]
    return (
        build,
        outcome.model,
        f"{outcome.byte_exact_clips} of {len(outcome.reports)}",
        f"{100 * outcome.float_agreement:.1f} %",
        f"{sum(times) / len(times):.1f}" if times else "-",
    )
