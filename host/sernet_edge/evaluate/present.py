"""The figures of an evaluation for people."""

from collections.abc import Sequence

from rich.console import Console

from sernet_edge.evaluate.conditions import ConditionFigures
from sernet_edge.evaluate.evaluation import Evaluation
from sernet_edge.evaluate.metrics import Interval, ModelFigures, Summary
from sernet_edge.tables import make_console, make_table, percent

_SIGNS_OF_A_CLASS = 4  # in the heading of a confusion matrix' column
ENGINES = {
    "C": "int8: the firmware's C on this machine, features included: the board's own answers.",
    "TFLite": (
        "int8: TFLite's reference kernels on the integer features: the board's own answers "
        "(no C compiler was found here, which would be faster)."
    ),
}


def print_evaluation(result: Evaluation) -> None:
    """Print the scores, then each class, each speaker, the confusions, and the robustness."""
    console = make_console()
    _print_scores(console, result)
    _print_classes(console, result.all_classes)
    _print_speakers(console, result.all_classes)
    print_confusion(console, result.all_classes.classes, result.all_classes.int8.confusion.tolist())
    if result.robustness:
        _print_robustness(console, result.robustness)
    console.print(ENGINES[result.engine], soft_wrap=True)


def print_confusion(
    console: Console, classes: Sequence[str], confusion: Sequence[Sequence[int]]
) -> None:
    """Print the int8 model's confusion matrix, [true class][class taken], in clips."""
    short = [name[:_SIGNS_OF_A_CLASS] for name in classes]
    console.print("int8: clips of each class, and what they were taken for:", soft_wrap=True)
    table = make_table(("true class",), short)
    for name, counts in zip(classes, confusion, strict=True):
        table.add_row(name, *(str(count) if count else "." for count in counts))
    console.print(table)


def _print_scores(console: Console, result: Evaluation) -> None:
    table = make_table(("model", "told apart"), ("UA %", "WA %", "F1 %"))
    shown = [("all classes", result.all_classes)]
    if result.shared_only is not None:
        shown.append(("shared classes only", result.shared_only))
    for told_apart, summary in shown:
        for name, figures in (("float32", summary.float32), ("int8", summary.int8)):
            table.add_row(name, told_apart, *_with_intervals(figures))
    console.print(table)
    if result.all_classes.int8.intervals is not None:
        console.print("In brackets: 95 % intervals, a bootstrap over speakers.")
    console.print(f"Same prediction, float and int8: {percent(result.all_classes.agreement)} %")


def _with_intervals(figures: ModelFigures) -> list[str]:
    scores, ends = figures.scores, figures.intervals
    return [
        _with_interval(scores.ua, ends.ua if ends else None),
        _with_interval(scores.wa, ends.wa if ends else None),
        _with_interval(scores.f1, ends.f1 if ends else None),
    ]


def _with_interval(value: float, interval: Interval | None) -> str:
    if interval is None:
        return percent(value)
    return f"{percent(value)} [{percent(interval[0])}, {percent(interval[1])}]"


def _print_classes(console: Console, summary: Summary) -> None:
    numbers = ("clips", "recall % float", "int8", "precision % float", "int8")
    table = make_table(("class",), numbers)
    for one, other in zip(summary.float32.per_class, summary.int8.per_class, strict=True):
        recalls, precisions = (one.recall, other.recall), (one.precision, other.precision)
        table.add_row(one.name, str(one.clips), *map(percent, (*recalls, *precisions)))
    console.print(table)


def _print_speakers(console: Console, summary: Summary) -> None:
    if not summary.int8.per_speaker:
        console.print("The corpus names no speakers: no figures for each, and no intervals.")
        return
    table = make_table(("speaker",), ("clips", "UA % float", "int8", "WA % float", "int8"))
    for one, other in zip(summary.float32.per_speaker, summary.int8.per_speaker, strict=True):
        values = (one.ua, other.ua, one.wa, other.wa)
        table.add_row(one.name, str(one.clips), *map(percent, values))
    console.print(table)


def _print_robustness(console: Console, rows: Sequence[ConditionFigures]) -> None:
    numbers = ("UA % float", "int8", "WA % float", "int8", "F1 % float", "int8", "same %")
    console.print("Robustness, all classes:")
    table = make_table(("condition",), numbers)
    for row in rows:
        one, other = row.summary.float32.scores, row.summary.int8.scores
        values = (one.ua, other.ua, one.wa, other.wa, one.f1, other.f1, row.summary.agreement)
        table.add_row(row.condition.title, *map(percent, values))
    console.print(table)
