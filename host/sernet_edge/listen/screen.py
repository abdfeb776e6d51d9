"""What a stream looks like: bars in a terminal, or one JSON object a line."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from sernet_edge.listen.follow import Summary, probabilities
from sernet_edge.listen.moments import Moment
from sernet_edge.tables import percent

_BAR = 40
# The meter's left end; what is softer is no speech.
_SOFTEST_DBFS = -80.0


class JsonLines:
    """Prints one object for each new answer."""

    def __init__(self, classes: Sequence[str], write: Callable[[str], None]) -> None:
        self._classes, self._write = classes, write

    def moment(self, moment: Moment, is_new: bool) -> None:
        """Take the newest moment."""
        if is_new:
            self._write(json.dumps(answer_to_json(moment, self._classes)))


def answer_to_json(moment: Moment, classes: Sequence[str]) -> dict[str, Any]:
    """Return the JSON object of an answer."""
    return {
        "answer": moment.answers,
        "seconds": moment.audio_s,
        "sound": moment.sound,
        "class": classes[_best(moment)],
        "probabilities": dict(zip(classes, probabilities(moment.scores), strict=True)),
        "scores": list(moment.scores),
        "level_dbfs": moment.level_dbfs,
        "peak_dbfs": moment.peak_dbfs,
        "lost_samples": moment.lost,
        "duty_cycle": moment.duty_cycle,
    }


def summary_to_json(summary: Summary, no_time: str | None) -> dict[str, Any]:
    """Return the JSON object of the last line; `no_time`: why there is no duty cycle."""
    return {
        "end": True,
        "seconds": summary.audio_s,
        "answers": summary.answers,
        "unseen_answers": summary.unseen,
        "lost_samples": summary.lost,
        "duty_cycle": summary.duty_cycle,
        "duty_cycle_reason": no_time,
        "real_time": summary.real_time,
    }


class Bars:
    """Draws the newest answer into `live`, a bar a class, over a level meter."""

    def __init__(self, live: Live, board: str, classes: Sequence[str], has_time: bool) -> None:
        self._live, self._board, self._classes = live, board, classes
        self._has_time = has_time

    def moment(self, moment: Moment, is_new: bool) -> None:
        """Take the newest moment."""
        self._live.update(draw(moment, self._board, self._classes, self._has_time))


def draw(moment: Moment, board: str, classes: Sequence[str], has_time: bool) -> Table:
    """Return the picture of a moment."""
    table = Table(title=f"{board} hears {moment.sound}", title_justify="left", box=None)
    for justify in ("left", "left", "right"):
        table.add_column(justify=justify, no_wrap=True)
    shares = probabilities(moment.scores) or (0.0,) * len(classes)
    best = _best(moment) if moment.scores else None
    for number, (name, share) in enumerate(zip(classes, shares, strict=True)):
        mark = "> " if number == best else "  "
        table.add_row(f"{mark}{name}", _bar(share), f"{percent(share)} %")
    loud = (moment.level_dbfs - _SOFTEST_DBFS) / -_SOFTEST_DBFS
    table.add_row("  level", _bar(loud), f"{moment.level_dbfs:.0f} dBFS")
    table.add_row("", _words(moment, has_time), "")
    return table


def _words(moment: Moment, has_time: bool) -> str:
    words = [f"{moment.audio_s:.1f} s", f"{moment.answers} answers"]
    if has_time and moment.duty_cycle is not None:
        words.append(f"duty cycle {percent(moment.duty_cycle)} %")
    if moment.lost:
        words.append(f"{moment.lost:,} samples lost")
    return ", ".join(words)


def summary_lines(summary: Summary, no_time: str | None) -> list[str]:
    """Return the last words."""
    words = f"{summary.audio_s:.1f} s of sound, {summary.answers} answers"
    if summary.unseen:
        words += f", {summary.unseen} of which came too close to be shown"
    lines = [words, f"{summary.real_time:.1f} times real time"]
    if summary.lost:
        lines.append(
            f"{summary.lost:,} samples were lost: the board is too slow for this model, or was "
            "not asked often enough."
        )
    if summary.duty_cycle is not None and no_time is None:
        lines.append(f"duty cycle {percent(summary.duty_cycle)} %")
    if no_time:
        lines.append(f"no duty cycle: {no_time}")
    if not summary.answers:
        lines.append("There was no answer: the first comes after as much sound as a clip has.")
    return lines


def _best(moment: Moment) -> int:
    return max(range(len(moment.scores)), key=moment.scores.__getitem__)


def _bar(share: float) -> ProgressBar:
    return ProgressBar(total=1.0, completed=min(1.0, max(0.0, share)), width=_BAR)
