"""Accuracy and calibration tables for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

from sernet_cal.calibrate import TensorRange
from sernet_edge.train.evaluate import Accuracy


def print_accuracy(accuracy: Accuracy | None) -> None:
    """Print float and int8 side by side, in per cent, or that nothing was held out."""
    if accuracy is None:
        Console().print("No speaker was held out, so there is no accuracy to show.")
        return
    table = Table(title=f"{accuracy.clips} clips of speakers that were held out")
    for heading in ("model", "UA %", "WA %", "F1 %"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for name, scores in (("float32", accuracy.float32), ("int8", accuracy.int8)):
        values = (scores.ua, scores.wa, scores.f1)
        table.add_row(name, *(f"{100 * value:.1f}" for value in values))
    Console().print(table)
    Console().print(f"Same prediction, float and int8: {100 * accuracy.agreement:.1f} %")


def print_report(report: tuple[TensorRange, ...]) -> None:
    """Print one line per tensor: its float range, its int8 scale, what is clipped."""
    table = Table(title="Calibration")
    headings = ("tensor", "layer", "lowest", "highest", "scale", "zero point", "clipped %")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="left" if index < 2 else "right", no_wrap=True)
    for line in report:
        table.add_row(*_cells(line))
    Console().print(table)


def _cells(line: TensorRange) -> list[str]:
    numbers: list[Any] = [f"{line.low:.4f}", f"{line.high:.4f}", f"{line.scale:.6f}"]
    return [line.tensor, line.layer, *numbers, str(line.zero_point), f"{100 * line.clipped:.4f}"]
