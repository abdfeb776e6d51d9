"""Accuracy of a model that was just made, on the clips that were held out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sernet_cal.features import FrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_edge.evaluate.answers import LabelledClip, collect
from sernet_edge.evaluate.metrics import Scores, summarise
from sernet_edge.evaluate.models import ModelFiles, Samples, open_models
from sernet_edge.threads import one_thread

Step = Callable[[int], None]


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


def compare(
    front_end: FrontEnd,
    clip_seconds: float,
    float32: bytes,
    int8: bytes,
    clips: Sequence[tuple[Samples, int]],
    step: Step,
) -> Accuracy:
    """Return both models' accuracy on `clips` (samples, class index), one at least.

    The float model sees float features; the int8 model is computed as the board does it, features
    included. `step` is called with the number of clips done.
    """
    outputs = read_qmodel(int8).classes
    files = ModelFiles(float32, int8, front_end, clip_seconds, outputs)
    labelled = (
        LabelledClip(str(number), samples, label, None)
        for number, (samples, label) in enumerate(clips)
    )
    step(0)
    with open_models(files) as models, one_thread("evaluate models"):
        classes = tuple(str(number) for number in range(outputs))
        answers = collect(models, classes, labelled, files.board_seconds, step)
    summary = summarise(answers, resamples=0)
    return Accuracy(summary.clips, summary.float32.scores, summary.int8.scores, summary.agreement)
