"""Pictures of an evaluation: confusion matrices and robustness curves, as PNG files.

The same figures give the same bytes with the same version of matplotlib.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sernet_edge.drawing import new_figure, png
from sernet_edge.evaluate.conditions import ConditionFigures, Kind
from sernet_edge.evaluate.metrics import ModelFigures, Scores, Summary

_AXES: dict[Kind, str] = {
    "level": "level, dB",
    "noise": "white noise, SNR in dB",
    "length": "clip length, s",
}


def confusion_picture(summary: Summary, title: str) -> bytes:
    """Return the confusion matrices of both models side by side, as a PNG.

    Rows are the true classes; the colour is the share of the row, the number counts clips.
    """
    figure = new_figure(1.2 * len(summary.classes) + 2.4, 0.6 * len(summary.classes) + 2.4)
    figure.suptitle(title)
    pairs = (("float32", summary.float32), ("int8", summary.int8))
    for axes, (name, figures) in zip(figure.subplots(1, 2, sharey=True), pairs, strict=True):
        _draw_confusion(axes, name, figures, summary.classes)
    return png(figure)


def robustness_picture(rows: Sequence[ConditionFigures], recorded: Summary, title: str) -> bytes:
    """Return the UA under every condition, one panel each for level, noise and length, as a PNG.

    The dotted line is the int8 model's UA on the clips as recorded.
    """
    figure = new_figure(12.0, 4.0)
    figure.suptitle(title)
    for axes, kind in zip(figure.subplots(1, 3, sharey=True), _AXES, strict=True):
        chosen = [row for row in rows if row.condition.kind == kind]
        _draw_curves(axes, chosen, 100 * recorded.int8.scores.ua)
        axes.set_xlabel(_AXES[kind])
        axes.label_outer()
    figure.axes[0].set_ylabel("UA, %")
    figure.axes[0].legend()
    return png(figure)


def _draw_confusion(axes: Any, name: str, figures: ModelFigures, classes: Sequence[str]) -> None:
    counts = figures.confusion
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(counts / totals, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_title(
        f"{name}: UA {100 * figures.scores.ua:.1f} %, WA {100 * figures.scores.wa:.1f} %"
    )
    places = range(len(classes))
    axes.set_xticks(places, classes, rotation=45, ha="right")
    axes.set_yticks(places, classes)
    axes.set_xlabel("taken for")
    axes.set_ylabel("true class")
    axes.label_outer()
    for row, column in np.ndindex(counts.shape):
        dark = counts[row, column] > 0.6 * totals[row, 0]
        colour = "white" if dark else "black"
        text = str(counts[row, column])
        axes.text(column, row, text, ha="center", va="center", color=colour)


def _draw_curves(axes: Any, rows: Sequence[ConditionFigures], recorded: float) -> None:
    values = [row.condition.value for row in rows]
    places = range(len(values))
    for name, marker, pick in (("float32", "o", _float_scores), ("int8", "x", _int8_scores)):
        axes.plot(places, [100 * pick(row).ua for row in rows], marker=marker, label=name)
    axes.axhline(recorded, linestyle=":", color="grey")
    axes.set_xticks(places, ["whole" if value is None else f"{value:g}" for value in values])
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)


def _float_scores(row: ConditionFigures) -> Scores:
    return row.summary.float32.scores


def _int8_scores(row: ConditionFigures) -> Scores:
    return row.summary.int8.scores
