"""Accuracies of both models from their answers, with intervals over speakers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError, require_extra
from sernet_edge.evaluate.answers import Answers

Classes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
Interval = tuple[float, float]

LEVEL = 0.95
RESAMPLES = 1000


@dataclass(frozen=True)
class Scores:
    """Unweighted (mean per-class recall) and weighted accuracy and macro F1, each 0 to 1."""

    ua: float
    wa: float
    f1: float

    def to_json(self) -> dict[str, float]:
        """Return the scores rounded to 4 places."""
        return {"ua": round(self.ua, 4), "wa": round(self.wa, 4), "f1": round(self.f1, 4)}


@dataclass(frozen=True)
class Intervals:
    """The lower and upper end of each score's interval."""

    ua: Interval
    wa: Interval
    f1: Interval

    def to_json(self) -> dict[str, list[float]]:
        """Return the ends rounded to 4 places."""
        parts = (("ua", self.ua), ("wa", self.wa), ("f1", self.f1))
        return {name: [round(end, 4) for end in ends] for name, ends in parts}


@dataclass(frozen=True)
class ClassFigures:
    """One class: `recall` None where no clip belongs to it, `precision` where none was taken so."""

    name: str
    recall: float | None
    precision: float | None
    clips: int

    def to_json(self) -> dict[str, Any]:
        """Return the fields, shares rounded to 4 places."""
        recall, precision = _rounded(self.recall), _rounded(self.precision)
        return {"class": self.name, "recall": recall, "precision": precision, "clips": self.clips}


@dataclass(frozen=True)
class SpeakerFigures:
    """One speaker; `ua` is over the classes that the speaker has."""

    name: str
    ua: float
    wa: float
    clips: int

    def to_json(self) -> dict[str, Any]:
        """Return the fields, shares rounded to 4 places."""
        ua, wa = round(self.ua, 4), round(self.wa, 4)
        return {"speaker": self.name, "ua": ua, "wa": wa, "clips": self.clips}


@dataclass(frozen=True, eq=False)
class ModelFigures:
    """All about one model's answers.

    `intervals`: None where the clips have fewer than two speakers; `per_speaker`: empty where
    speakers are unknown; `confusion`: int64 [true class, class taken].
    """

    scores: Scores
    intervals: Intervals | None
    per_class: tuple[ClassFigures, ...]
    per_speaker: tuple[SpeakerFigures, ...]
    confusion: Counts

    def to_json(self) -> dict[str, Any]:
        """Return the figures, fractions of 1 rounded to 4 places."""
        return {
            **self.scores.to_json(),
            "intervals": self.intervals.to_json() if self.intervals else None,
            "per_class": [item.to_json() for item in self.per_class],
            "per_speaker": [item.to_json() for item in self.per_speaker],
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True, eq=False)
class Summary:
    """Both models side by side; `agreement`: share of clips that both take for the same class."""

    classes: tuple[str, ...]
    clips: int
    float32: ModelFigures
    int8: ModelFigures
    agreement: float
    resamples: int

    def to_json(self) -> dict[str, Any]:
        """Return the figures as the model card and `evaluate --json` name them."""
        return {
            "classes": list(self.classes),
            "clips": self.clips,
            "float": self.float32.to_json(),
            "int8": self.int8.to_json(),
            "int8_agreement": round(self.agreement, 4),
            "bootstrap": {"over": "speakers", "level": LEVEL, "resamples": self.resamples},
        }


def summarise(answers: Answers, resamples: int = RESAMPLES, seed: int = 0) -> Summary:
    """Return all figures of `answers`.

    Intervals are percentile bootstraps over speakers (Efron 1979): as many speakers as there are,
    drawn with replacement, `resamples` times (0: no intervals). Raises InputError for no clips,
    SernetError where scikit-learn is not installed.
    """
    if not len(answers):
        raise InputError("There are no clips to compute accuracies of.")
    return Summary(
        answers.classes,
        len(answers),
        _model_figures(answers, answers.float_predictions, resamples, seed),
        _model_figures(answers, answers.int8_predictions, resamples, seed),
        float(np.mean(answers.float_predictions == answers.int8_predictions)),
        resamples,
    )


def score(expected: Classes, predicted: Classes) -> Scores:
    """Return the scores of `predicted` class indices over the classes that `expected` has.

    Both int64 [n], one at least. Raises SernetError where scikit-learn is not installed.
    """
    metrics = sklearn_metrics()
    labels = np.unique(expected)
    options = {"labels": labels, "average": "macro", "zero_division": 0.0}
    return Scores(
        ua=float(metrics.recall_score(expected, predicted, **options)),
        wa=float(metrics.accuracy_score(expected, predicted)),
        f1=float(metrics.f1_score(expected, predicted, **options)),
    )


def sklearn_metrics() -> Any:
    """Return the module `sklearn.metrics`; raises SernetError where it is not installed."""
    try:
        from sklearn import metrics
    except ImportError as error:
        raise require_extra("scikit-learn", "train", "compute accuracies") from error
    return metrics


def _model_figures(answers: Answers, predicted: Classes, resamples: int, seed: int) -> ModelFigures:
    scores = score(answers.expected, predicted)
    confusion = _confusion(answers.expected, predicted, len(answers.classes))
    places = _clips_of_speakers(answers)
    intervals = None
    if resamples and len(places) > 1:
        counts = [
            _confusion(answers.expected[where], predicted[where], len(answers.classes))
            for where in places.values()
        ]
        intervals = _bootstrap(np.stack(counts), resamples, seed)
    speakers = []
    for name, where in places.items():
        own = score(answers.expected[where], predicted[where])
        speakers.append(SpeakerFigures(name, own.ua, own.wa, len(where)))
    per_class = _per_class(answers.classes, confusion)
    return ModelFigures(scores, intervals, per_class, tuple(speakers), confusion)


def _confusion(expected: Classes, predicted: Classes, classes: int) -> Counts:
    matrix = sklearn_metrics().confusion_matrix(expected, predicted, labels=range(classes))
    counts: Counts = matrix.astype(np.int64)
    return counts


def _per_class(classes: tuple[str, ...], confusion: Counts) -> tuple[ClassFigures, ...]:
    figures = []
    for index, name in enumerate(classes):
        right, clips, taken = confusion[index, index], confusion[index].sum(), confusion[:, index]
        recall = float(right / clips) if clips else None
        precision = float(right / taken.sum()) if taken.any() else None
        figures.append(ClassFigures(name, recall, precision, int(clips)))
    return tuple(figures)


def _clips_of_speakers(answers: Answers) -> dict[str, npt.NDArray[np.intp]]:
    """Return the indices of each speaker's clips; nothing unless every clip has a speaker.

    Shorter names come first, so that numbers are in their order.
    """
    if "" in answers.speakers:
        return {}
    speakers = np.array(answers.speakers)
    names = sorted(set(answers.speakers), key=lambda name: (len(name), name))
    return {name: np.flatnonzero(speakers == name) for name in names}


def _bootstrap(confusions: Counts, resamples: int, seed: int) -> Intervals:
    """Return the intervals from each speaker's confusion matrix, int64 [speakers, k, k]."""
    speakers = len(confusions)
    random = np.random.Generator(np.random.PCG64(seed))
    # How often each speaker is drawn, [resamples, speakers].
    drawn = random.multinomial(speakers, np.full(speakers, 1.0 / speakers), size=resamples)
    pooled = np.tensordot(drawn, confusions, axes=1).astype(np.float64)
    right = np.diagonal(pooled, axis1=1, axis2=2)
    clips, taken = pooled.sum(axis=2), pooled.sum(axis=1)
    present = clips > 0
    # A resample may lack a class: as in `score`, means are over the classes that it has.
    recalls = np.divide(right, clips, out=np.zeros_like(right), where=present)
    f1 = np.divide(2 * right, clips + taken, out=np.zeros_like(right), where=present)
    return Intervals(
        _ends(recalls.sum(axis=1) / present.sum(axis=1)),
        _ends(right.sum(axis=1) / clips.sum(axis=1)),
        _ends(f1.sum(axis=1) / present.sum(axis=1)),
    )


def _ends(values: npt.NDArray[np.float64]) -> Interval:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
