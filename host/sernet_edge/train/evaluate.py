"""Accuracy of the float and the int8 model on the same clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal import float_features
from sernet_cal.calibrate import integer_front_end
from sernet_cal.errors import require_extra
from sernet_cal.features import FrontEnd, clip_samples
from sernet_cal.interpreter import TfliteModel

Samples = npt.NDArray[np.int16]
Classes = npt.NDArray[np.int64]
Step = Callable[[int], None]


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
class Accuracy:
    """Both models side by side; `agreement` is the share of clips with equal predictions."""

    clips: int
    float32: Scores
    int8: Scores
    agreement: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields as the model card names them."""
        return {
            "clips": self.clips,
            "float": self.float32.to_json(),
            "int8": self.int8.to_json(),
            "int8_agreement": round(self.agreement, 4),
        }


def score(expected: Classes, predicted: Classes) -> Scores:
    """Return the scores of `predicted` class indices over the classes that `expected` has."""
    try:
        from sklearn.metrics import accuracy_score, f1_score, recall_score
    except ImportError as error:
        raise require_extra("scikit-learn", "train", "compute accuracies") from error
    labels = np.unique(expected)
    options = {"labels": labels, "average": "macro", "zero_division": 0.0}
    return Scores(
        ua=float(recall_score(expected, predicted, **options)),
        wa=float(accuracy_score(expected, predicted)),
        f1=float(f1_score(expected, predicted, **options)),
    )


def compare(
    front_end: FrontEnd,
    clip_seconds: float,
    float32: bytes,
    int8: bytes,
    clips: Sequence[tuple[Samples, int]],
    step: Step,
) -> Accuracy:
    """Return both models' accuracy on `clips` (samples, class index).

    The float model sees float features; the int8 model integer features, in TFLite's reference
    kernels, as the firmware computes it. `step` is called with the number of clips done.
    """
    samples_count = clip_samples(clip_seconds)
    integer = integer_front_end(front_end)
    network, judge = TfliteModel(float32, reference=False), TfliteModel(int8, reference=True)
    found = []
    for index, (samples, _) in enumerate(clips):
        step(index)
        rows = float_features.clip_features(front_end, samples, samples_count)
        found.append(
            (
                int(np.argmax(network.run(rows.astype(np.float32)))),
                int(np.argmax(judge.run(integer.clip_rows(samples, samples_count)))),
            )
        )
    step(len(clips))
    predictions = np.array(found, np.int64)
    expected = np.array([label for _, label in clips], np.int64)
    return Accuracy(
        len(clips),
        score(expected, predictions[:, 0]),
        score(expected, predictions[:, 1]),
        float(np.mean(predictions[:, 0] == predictions[:, 1])),
    )
