"""Accuracy and calibration tables for people."""

from sernet_cal.calibrate import TensorRange
from sernet_edge.tables import make_console, make_table, percent
from sernet_edge.train.evaluate import Accuracy


def print_accuracy(accuracy: Accuracy | None) -> None:
    """Print float and int8 side by side, in per cent, or that nothing was held out."""
    console = make_console()
    if accuracy is None:
        console.print("No speaker was held out, so there is no accuracy to show.")
        return
    table = make_table(("model",), ("UA %", "WA %", "F1 %"))
    for name, scores in (("float32", accuracy.float32), ("int8", accuracy.int8)):
        table.add_row(name, *(percent(value) for value in (scores.ua, scores.wa, scores.f1)))
    console.print(f"{accuracy.clips} clips of speakers that were held out:")
    console.print(table)
    console.print(f"Same prediction, float and int8: {percent(accuracy.agreement)} %")


def print_report(report: tuple[TensorRange, ...]) -> None:
    """Print one line per tensor: its float range, its int8 scale, what is clipped."""
    numbers = ("lowest", "highest", "scale", "zero point", "clipped %")
    table = make_table(("tensor", "layer"), numbers)
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
    make_console().print(table)
