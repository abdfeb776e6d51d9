"""The conditions of the robustness table: level, noise and length of the clips.

What is done to a clip depends on its samples alone, so that the table is the same in any order and
on any machine.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.special import ndtri

from sernet_cal.errors import require_extra
from sernet_edge.audio.load import to_int16
from sernet_edge.evaluate.answers import Answers, LabelledClip, Step, collect, merge
from sernet_edge.evaluate.metrics import Summary
from sernet_edge.evaluate.models import Models, Samples

Kind = Literal["recorded", "level", "noise", "length"]

LEVELS_DB = (-20.0, -10.0, 0.0, 10.0)
NOISE_SNR_DB = (20.0, 10.0, 5.0)
LENGTHS_S = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)


@dataclass(frozen=True)
class Condition:
    """One row of the table.

    `kind` and `value`: "recorded" (as the board takes the clip, None); "level": gain in dB, with
    the saturation of a converter; "noise": white noise at so many dB of signal-to-noise ratio;
    "length": for a model of so many seconds, longer clips cut to their centre and shorter ones
    centred in silence, or the whole clip (None).
    """

    kind: Kind
    value: float | None = None

    @property
    def title(self) -> str:
        """The condition in words."""
        match self.kind:
            case "recorded":
                return "as recorded"
            case "level":
                return f"level {self.value:+g} dB"
            case "noise":
                return f"white noise, SNR {self.value:g} dB"
            case "length":
                return "whole clip" if self.value is None else f"clip length {self.value:g} s"

    def change(self, samples: Samples) -> Samples:
        """Return `samples`, int16 [n], under this condition; the length is the models' affair."""
        if self.kind == "level" and self.value:
            return with_gain(samples, self.value)
        if self.kind == "noise" and self.value is not None:
            return with_noise(samples, self.value)
        return samples

    def seconds(self, board_seconds: float | None) -> float | None:
        """Return the clip length for `Models.answer`, where `board_seconds` is the board's own."""
        return self.value if self.kind == "length" else board_seconds


RECORDED = Condition("recorded")
ROBUSTNESS = (
    *(Condition("level", gain) for gain in LEVELS_DB),
    *(Condition("noise", snr) for snr in NOISE_SNR_DB),
    *(Condition("length", seconds) for seconds in LENGTHS_S),
    Condition("length"),
)


@dataclass(frozen=True, eq=False)
class ConditionFigures:
    """A row of the table: the condition and both models' figures under it."""

    condition: Condition
    summary: Summary

    def to_json(self) -> dict[str, Any]:
        """Return the row, fractions of 1; `value` in dB or s, null for the whole clip."""
        return {
            "condition": self.condition.kind,
            "value": self.condition.value,
            "float": self.summary.float32.scores.to_json(),
            "int8": self.summary.int8.scores.to_json(),
            "int8_agreement": round(self.summary.agreement, 4),
        }


def with_gain(samples: Samples, gain_db: float) -> Samples:
    """Return `samples`, int16 [n], louder by `gain_db` and saturated."""
    return to_int16(samples * 10.0 ** (gain_db / 20.0))


def with_noise(samples: Samples, snr_db: float) -> Samples:
    """Return `samples`, int16 [n], with white Gaussian noise `snr_db` below their mean power."""
    # Raw words, because only those never change in numpy; a clip always gets the same noise.
    words = np.random.PCG64(zlib.crc32(samples.tobytes())).random_raw(len(samples))
    noise = ndtri(((words >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53)
    signal = samples.astype(np.float64)
    deviation = np.sqrt(np.mean(signal**2) * 10.0 ** (-snr_db / 10.0))
    return to_int16(signal + deviation * noise)


def answer_conditions(
    models: Models,
    classes: tuple[str, ...],
    board_seconds: float | None,
    clips: Iterable[LabelledClip],
    conditions: Sequence[Condition],
    step: Step,
    jobs: int = 1,
) -> list[Answers]:
    """Return the answers of `models` to `clips` (one at least), one for each of `conditions`.

    Every clip is read once. Conditions that come to the same are computed once. `step` is called
    with the number of clips done; `jobs` clips are computed at a time. Raises InputError naming a
    clip that is too short, SernetError where joblib is not installed.
    """
    works = [_work(condition, board_seconds) for condition in conditions]
    different = list(dict.fromkeys(works))

    def answer_all(clip: LabelledClip) -> list[Answers]:
        found = []
        for work in different:
            changed = replace(clip, samples=work.change(clip.samples))
            seconds = work.seconds(board_seconds)
            found.append(collect(models, classes, [changed], seconds, lambda _: None))
        return found

    parts: list[list[Answers]] = []
    for found in _in_threads(answer_all, clips, jobs):
        parts.append(found)
        step(len(parts))
    merged = {work: merge(answers) for work, *answers in zip(different, *parts, strict=True)}
    return [merged[work] for work in works]


def _in_threads(
    function: Callable[[LabelledClip], list[Answers]], clips: Iterable[LabelledClip], jobs: int
) -> Iterator[list[Answers]]:
    """Yield `function`'s results in the order of `clips`, of which few are read ahead."""
    try:
        from joblib import Parallel, delayed
    except ImportError as error:
        raise require_extra("joblib", "train", "evaluate models") from error
    parallel = Parallel(n_jobs=jobs, backend="threading", return_as="generator")
    yield from parallel(delayed(function)(clip) for clip in clips)


def _work(condition: Condition, board_seconds: float | None) -> Condition:
    """Return the condition that is computed for `condition`: RECORDED where it changes nothing."""
    unchanged = condition.kind == "level" and not condition.value
    boards = condition.kind == "length" and condition.value == board_seconds
    return RECORDED if unchanged or boards else condition
