"""The committed table of instructions: what a later change may not make much larger.

Counts are exact and repeatable for the same model, compiler and clip, so they can be tested.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.bench.result import Bench

# A total that grows by more than this share of 1 is not let pass.
TOLERANCE = 0.02
_BOUND_TO = ("board", "model", "model_sha256", "compiler")


def update_command(board: str, path: str) -> str:
    """Return the command that writes the table anew."""
    return f"sernet-edge bench --board {board} --update-table {path}"


def count_table(bench: Bench) -> dict[str, Any]:
    """Return the table of `bench`: what it is bound to, and instructions by layer."""
    subject = vars(bench.subject)
    return {
        **{name: subject[name] for name in _BOUND_TO},
        "instructions": bench.cost().instructions,
        "layers": {layer.name: layer.cost.instructions for layer in bench.layers},
    }


def read_table(path: Path) -> dict[str, Any]:
    """Read a table; raises InputError for a file that is none."""
    try:
        table: Any = json.loads(path.read_text(encoding="utf-8"))
        return {
            **{name: str(table[name]) for name in _BOUND_TO},
            "instructions": int(table["instructions"]),
            "layers": {str(name): int(count) for name, count in table["layers"].items()},
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is no table of instructions: {error!r}.",
            f"Write it:  {update_command('NAME', str(path))}",
        ) from error


def complaint(bench: Bench, table: Mapping[str, Any], path: str) -> str | None:
    """Return why `bench` does not hold to the table from `path`, None where it does."""
    now = count_table(bench)
    update = (
        f"Where that is meant to be, write the table anew:  {update_command(now['board'], path)}"
    )
    for name in _BOUND_TO:
        if now[name] != table[name]:
            return f"{path} is for another {name}: {table[name]} there, {now[name]} here.\n{update}"
    before, after = int(table["instructions"]), int(now["instructions"])
    if after <= before * (1 + TOLERANCE):
        return None
    grown = [
        f"  {name}: {table['layers'].get(name, 0):,} -> {count:,}"
        for name, count in now["layers"].items()
        if count > table["layers"].get(name, 0)
    ]
    return "\n".join(
        [
            f"{now['board']} takes {after:,} instructions for a clip, "
            f"{100 * (after / before - 1):.1f} % more than the {before:,} of {path}; "
            f"{100 * TOLERANCE:.0f} % are let pass.",
            *grown,
            update,
        ]
    )
