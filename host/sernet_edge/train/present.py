"""Accuracy and calibration tables for people."""

from rich import box
from rich.console import Console
from rich.table import Table

from sernet_cal.calibrate import TensorRange
from sernet_edge.train.evaluate import Accuracy

_WIDTH = 100  # of the tables where stdout is not a terminal


def print_accuracy(accuracy: Accuracy | None) -> None:
    """Print float and int8 side by side, in per cent, or that nothing was held out."""
    console = _console()
    if accuracy is None:
        console.print("No speaker was held out, so there is no accuracy to show.")
        return
    table = _table(("model",), ("UA %", "WA %", "F1 %"))
    for name, scores in (("float32", accuracy.float32), ("int8", accuracy.int8)):
        values = (scores.ua, scores.wa, scores.f1)
        table.add_row(name, *(f"{100 * value:.1f}" for value in values))
    console.print(f"{accuracy.clips} clips of speakers that were held out:")
    console.print(table)
    console.print(f"Same prediction, float and int8: {100 * accuracy.agreement:.1f} %")


def print_report(report: tuple[TensorRange, ...]) -> None:
    """Print one line per tensor: its float range, its int8 scale, what is clipped."""
    table = _table(("tensor", "layer"), ("lowest", "highest", "scale", "zero point", "clipped %"))
    for line in report:
        table.add_row(
            line.tensor,
            line.layer,
            f"{line.low:.4f}",
            f"{line.high:.4f}",
            f"{line.scale:.6f}",
            str(line.zero_point),
            f"{100 * line.clipped:.4f}",
        )
    _console().print(table)


def _console() -> Console:
    console = Console(markup=False, emoji=False)
    return console if console.is_terminal else Console(width=_WIDTH, markup=False, emoji=False)


def _table(words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in words:
        table.add_column(heading, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
