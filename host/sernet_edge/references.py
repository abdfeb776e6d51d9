"""What the board ought to answer: the integer reference's bytes, the float model's classes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal import float_features
from sernet_cal.bundle import Bundle
from sernet_cal.errors import ModelError
from sernet_cal.interpreter import TfliteModel
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference

Samples = npt.NDArray[np.int16]
Int8Array = npt.NDArray[np.int8]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expectation:
    """Both references' answers for one clip.

    `tensors`: int8, one for each observable tensor, row tensors with the rows first.
    `probabilities`: the float model's on float features, float64 [classes].
    """

    tensors: tuple[Int8Array, ...]
    probabilities: FloatArray


class References:
    """Both references of one model; raises ModelError for a model that cannot run."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.model = read_qmodel(bundle.int8)
        entry = self.model.input
        self._front_end = IntegerFrontEnd(bundle.front_end, entry.scale, entry.zero_point)
        self._float_model = TfliteModel(bundle.float32, reference=False)
        if self._float_model.classes != self.model.classes:
            raise ModelError(
                f"The float model of {bundle.name} has {self._float_model.classes} outputs, its "
                f"int8 model {self.model.classes}: they are not the same network.",
                "Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR "
                "--out MODEL",
            )

    def expect(self, samples: Samples) -> Expectation:
        """Return what is right for `samples`, int16 [n]; raises InputError for too short a clip."""
        length = self._bundle.model_samples
        rows = self._front_end.clip_rows(samples, length)
        exact = float_features.clip_features(self._bundle.front_end, samples, length)
        return Expectation(
            tuple(run_reference(self.model, rows)), self._float_model.probabilities(exact)
        )

    def probabilities(self, scores: Int8Array) -> FloatArray:
        """Return the probabilities that int8 `scores` stand for, float64 [classes]."""
        output = self.model.output
        return (scores.astype(np.float64) - output.zero_point) * output.scale
