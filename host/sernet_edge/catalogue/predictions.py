"""What the bundled models are predicted to take on each board: a committed table, since the planner
searches for seconds to minutes.

An entry holds for the inputs that it was computed from; one whose inputs have changed since counts
as missing.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from sernet_cal.errors import DoesNotFitError, InputError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.model.bundled import BUNDLED_NAMES, resolve_model
from sernet_edge.protocol.run_folder import write_atomically
from sernet_gen.board import Board
from sernet_gen.planner.budgets import NO_BUDGETS
from sernet_gen.planner.costs import ESTIMATED_CYCLES, load_costs
from sernet_gen.planner.firmware import plan_firmware
from sernet_gen.planner.runtime import runtime_of

TABLE = "predictions.json"
_FORMAT = 1


@dataclass(frozen=True)
class Fit:
    """A bundled model's firmware on a board, as planned.

    `ram_bytes`: variables and worst stack; `flash_bytes`: the image. `quantity`: what the planner
    counts on this core, estimated cycles or instructions; `share`: these for a second of audio by
    those that the clock has in a second (for instructions: at one a cycle). `latency_ms`: from the
    last sample to the answer, None where cycles are not estimated. `dropped`: goals of board.toml
    that cannot be kept to, in words.
    """

    ram_bytes: int
    flash_bytes: int
    quantity: str
    share: float
    latency_ms: float | None
    dropped: tuple[str, ...] = ()

    @property
    def duty_cycle(self) -> float | None:
        """Predicted share of the core's time; None where cycles are not estimated."""
        return self.share if self.quantity == ESTIMATED_CYCLES else None


# By the name of the model, as far as it was planned; None for one that does not fit the board.
Fits = Mapping[str, Fit | None]


def committed_table() -> Path:
    """Return the path of the table that comes with the package."""
    return Path(str(resources.files("sernet_edge.catalogue") / TABLE))


def read_fits(board: Board, path: Path) -> Fits:
    """Return what the table at `path` holds of `board`, without what was computed for another state
    of the board or the models. Raises InputError for no such table.
    """
    models = _valid_entry(board, _read(path))["models"]
    return {name: _fit(value) for name, value in models.items()}


def update_fits(
    boards: list[Board], path: Path, on_plan: Callable[[str, int, int], None]
) -> tuple[str, ...]:
    """Compute what the table at `path` lacks of `boards`, the default model first; returns the
    names of the boards that lacked something.

    The table is written after each plan, so that an interruption loses one at most; entries of
    other boards are dropped. `on_plan` sees what is done, how far, of how many.
    """
    table = _read(path)
    entries = {board.name: _valid_entry(board, table) for board in boards}
    lacking = [
        (board, model)
        for model in BUNDLED_NAMES
        for board in boards
        if model not in entries[board.name]["models"]
    ]
    for done, (board, model) in enumerate(lacking):
        on_plan("plans", done, len(lacking))
        fit = predict_fit(board, model)
        entries[board.name]["models"][model] = None if fit is None else asdict(fit)
        _write(path, entries)
    on_plan("plans", len(lacking), len(lacking))
    _write(path, entries)
    return tuple(sorted({board.name for board, _ in lacking}))


def _valid_entry(board: Board, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of `board` in `table`, without models where it is not there or outdated."""
    entry: dict[str, Any] = table.get(board.name, {})
    inputs = inputs_of(board)
    return entry if entry.get("inputs") == inputs else {"inputs": inputs, "models": {}}


def predict_fit(board: Board, model: str) -> Fit | None:
    """Plan the bundled `model` for `board`; returns None when it does not fit."""
    network = read_qmodel(resolve_model(Path(model)).int8)
    try:
        planned = plan_firmware(network, board, NO_BUDGETS)
    except DoesNotFitError:
        return None
    quantity = planned.chosen.prediction.quantity
    return Fit(
        planned.ram_bytes,
        planned.flash_bytes,
        quantity,
        round(planned.duty_cycle, 4),
        round(planned.latency_ms, 1) if quantity == ESTIMATED_CYCLES else None,
        planned.dropped,
    )


def inputs_of(board: Board) -> str:
    """Return a hash of what a prediction for `board` depends on, the planner's code aside."""
    memory = None if board.memory is None else asdict(board.memory)
    inputs = {
        "core": board.core,
        "clock_hz": board.clock_hz,
        "flash_wait_states": board.flash_wait_states,
        "memory": memory,
        "latency_budget_ms": board.latency_budget_ms,
        "costs": dict(load_costs(board.core).units),
        "runtime": asdict(runtime_of(board.name)),
        "models": {name: _model_hash(name) for name in BUNDLED_NAMES},
    }
    text = json.dumps(inputs, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _model_hash(name: str) -> str:
    return hashlib.sha256(resolve_model(Path(name)).int8).hexdigest()


def _fit(value: dict[str, Any] | None) -> Fit | None:
    return None if value is None else Fit(**{**value, "dropped": tuple(value["dropped"])})


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"The table of predictions {path} is not readable: {error}.") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise InputError(
            f"{path} is no table of predictions of format {_FORMAT}.",
            "Name another file, or delete this one to have everything computed anew.",
        )
    boards: dict[str, Any] = content["boards"]
    return boards


def _write(path: Path, entries: Mapping[str, Any]) -> None:
    kept = {name: entry for name, entry in sorted(entries.items()) if entry["models"]}
    content = {"format": _FORMAT, "boards": kept}
    write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())
