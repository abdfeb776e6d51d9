"""A firmware's plan for people and as JSON: what was chosen, predicted and rejected."""

from typing import Any

from rich.table import Table

from sernet_cal.qmodel_types import QModel
from sernet_edge.tables import make_console, make_table, percent
from sernet_gen.board import Board
from sernet_gen.choices import write_choices
from sernet_gen.kernels.choice import Choice
from sernet_gen.planner.costs import ESTIMATED_CYCLES
from sernet_gen.planner.firmware import FirmwarePlan
from sernet_gen.planner.predict import Prediction, StepPrediction

_MILLION = 1e6
_LEGEND = (
    "rows: made by one run; late: of the cost, what comes after the last sample; workspace and "
    "flash in bytes."
)


def plan_json(planned: FirmwarePlan, board: Board, name: str, model: QModel) -> dict[str, Any]:
    """Return the JSON object of `plan --json`: predictions for a clip of the model's length."""
    prediction = planned.chosen.prediction
    return {
        "board": board.name,
        "core": board.core,
        "costs_of": planned.target.costs.core,
        "model": name,
        "live": planned.target.live,
        "quantity": prediction.quantity,
        "budgets": vars(planned.budgets),
        "dropped": list(planned.dropped),
        "predicted": {
            "network": round(prediction.network),
            "front_end": round(prediction.frame * prediction.rows),
            "arena_bytes": prediction.arena,
            "ram_bytes": planned.ram_bytes,
            "flash_bytes": planned.flash_bytes,
            "duty_cycle": _of_cycles(planned, planned.duty_cycle),
            "latency_ms": _of_cycles(planned, planned.latency_ms),
        },
        "choices": write_choices(model, planned.chosen.choices),
        "layers": [_layer(step) for step in prediction.steps],
        "rejected": {
            layer: {one.algorithm: one.reason for one in rejected}
            for layer, rejected in planned.chosen.rejected.items()
        },
    }


def _of_cycles(planned: FirmwarePlan, value: float) -> float | None:
    """Return a figure of time, None where the core's costs are instructions."""
    is_time = planned.chosen.prediction.quantity == ESTIMATED_CYCLES
    return round(value, 4) if is_time else None


def _layer(step: StepPrediction) -> dict[str, Any]:
    choice = step.choice
    return {
        "name": step.name,
        "algorithm": choice.algorithm if choice else None,
        "rows": choice.rows if choice else None,
        "weights": choice.weights if choice else None,
        "tile": choice.tile if choice and choice.algorithm == "winograd" else None,
        "cost": round(step.cost),
        "latency": round(step.late),
        "workspace_bytes": step.workspace,
        "flash_bytes": step.flash,
    }


def print_plan(planned: FirmwarePlan, board: Board, name: str, model: QModel) -> None:
    """Print the plan, its predictions beside the budgets, and what could not be chosen."""
    prediction = planned.chosen.prediction
    quantity = prediction.quantity.replace("_", " ")
    console = make_console()
    console.print(f"{name} on {board.title}: predictions for one clip, in million {quantity}")
    console.print(_table(prediction))
    console.print(_LEGEND, soft_wrap=True)
    lines = (*_borrowed(planned, board), *_totals(planned), *_goals(planned))
    for line in (*lines, *_rejections(planned)):
        console.print(line, soft_wrap=True)


def _table(prediction: Prediction) -> Table:
    table = make_table(
        ("layer", "algorithm", "weights"),
        ("rows", "cost", "share %", "late", "workspace", "flash"),
    )
    whole = prediction.total
    for step in prediction.steps:
        choice = step.choice
        table.add_row(
            step.name,
            _algorithm(choice) if choice else "",
            choice.weights if choice else "",
            str(choice.rows) if choice else "",
            *(_millions(step.cost), percent(step.cost / whole), _millions(step.late)),
            *(f"{size:,}" if size else "" for size in (step.workspace, step.flash)),
        )
    for title, cost, late in (
        ("schedule", prediction.schedule, 0.0),
        ("front-end", prediction.frame * prediction.rows, prediction.frame),
    ):
        cells = (_millions(cost), percent(cost / whole), _millions(late))
        table.add_row(title, "", "", "", *cells, "", "")
    return table


def _algorithm(choice: Choice) -> str:
    """Return the algorithm for a person, with the size of its tiles where it has any."""
    return f"winograd {choice.tile}" if choice.algorithm == "winograd" else choice.algorithm


def _millions(cost: float) -> str:
    return f"{cost / _MILLION:.2f}"


def _borrowed(planned: FirmwarePlan, board: Board) -> list[str]:
    costs = planned.target.costs
    if costs.core == board.core:
        return []
    return [
        f"Nobody has measured what the kernels cost on a {board.core} yet: all costs are those of "
        f"the {costs.core}. Measure it:  sernet-edge bench --board {board.name} --fit FILE"
    ]


def _totals(planned: FirmwarePlan) -> list[str]:
    prediction, budgets = planned.chosen.prediction, planned.budgets
    lines = [
        f"Network {_millions(prediction.network)} M, with the front-end "
        f"{_millions(prediction.total)} M.",
        f"RAM {planned.ram_bytes:,} bytes{_of(budgets.ram)}, of which the arena "
        f"{prediction.arena:,}; flash about {planned.flash_bytes:,} bytes{_of(budgets.flash)}.",
    ]
    if prediction.quantity == ESTIMATED_CYCLES:
        allowed = "" if budgets.latency_ms is None else f" of {budgets.latency_ms:g} allowed"
        lines.append(
            f"Duty cycle {percent(planned.duty_cycle)} % at {planned.target.clock_hz / 1e6:g} MHz; "
            f"the answer {planned.latency_ms:.0f} ms{allowed} after the last sample."
        )
    return lines


def _of(limit: int | None) -> str:
    return "" if limit is None else f" of {limit:,}"


def _goals(planned: FirmwarePlan) -> list[str]:
    return [f"The board's goal cannot be met, and is left out: {goal}." for goal in planned.dropped]


def _rejections(planned: FirmwarePlan) -> list[str]:
    return [
        f"{layer} cannot {one.reason}."
        for layer, rejected in planned.chosen.rejected.items()
        for one in rejected
    ]
