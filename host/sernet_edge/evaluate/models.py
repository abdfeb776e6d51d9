"""Both models of a bundle on clips of any length, the int8 one as the board computes it.

The int8 answer is the integer reference's, features included: by the firmware's C compiled for this
machine (`check` holds it to the numpy reference byte for byte, and it is the fastest by far), or,
where there is no C compiler, by TFLite's reference kernels on the numpy front-end. The bytes are
the same.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sernet_cal import float_features
from sernet_cal.bundle import Bundle
from sernet_cal.errors import ModelError, ToolchainError
from sernet_cal.features import FrontEnd, clip_samples
from sernet_cal.interpreter import TfliteModel
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import QModel
from sernet_gen.choices import host_choices
from sernet_gen.hostlib import ClipShape, host_library
from sernet_gen.toolchain import host_compiler

Samples = npt.NDArray[np.int16]
FloatArray = npt.NDArray[np.float32]
Int8Array = npt.NDArray[np.int8]
Int8Engine = Literal["C", "TFLite"]
# From samples, int16 [n], and the model's clip length in samples to the int8 scores.
_Score = Callable[[Samples, int], Int8Array]


@dataclass(frozen=True)
class ModelFiles:
    """What of a bundle decides its answers; `outputs`: number of classes."""

    float32: bytes
    int8: bytes
    front_end: FrontEnd
    clip_seconds: float
    outputs: int

    @classmethod
    def of(cls, bundle: Bundle) -> "ModelFiles":
        """Return the parts of `bundle`."""
        outputs = len(bundle.classes)
        return cls(bundle.float32, bundle.int8, bundle.front_end, bundle.clip_seconds, outputs)

    @property
    def board_seconds(self) -> float | None:
        """The `seconds` with which `Models.answer` does what the board does.

        The `stream` form takes a clip whole (None); `paper` keeps the model's length of it.
        """
        return self.clip_seconds if self.front_end.keeps_clip else None


class Models:
    """Both models, loaded; made by `open_models`, valid inside its `with`; threads may share it.

    `engine` says who computes the int8 answers.
    """

    def __init__(self, files: ModelFiles, engine: Int8Engine, score: _Score) -> None:
        self.engine = engine
        self._front_end = files.front_end
        self._own_length = clip_samples(files.clip_seconds)
        self._float_model = _PerThread(files.float32, reference=False)
        self._score = score

    def answer(self, samples: Samples, seconds: float | None) -> tuple[FloatArray, Int8Array]:
        """Return the float model's probabilities and the int8 scores, both [classes].

        `samples`: int16 [n] at 16 kHz. `seconds`: the clip length of the model; a longer clip is
        cut to its centre, a shorter one centred in silence. None takes the whole clip, in no less
        than the model's own length. Raises InputError for a clip shorter than one frame.
        """
        length = max(len(samples), self._own_length)
        if seconds is not None:
            length = clip_samples(seconds)
            samples = float_features.centre_crop(samples, length)
        rows = float_features.clip_features(self._front_end, samples, length)
        probabilities = self._float_model.get().probabilities(rows.astype(np.float32))
        return probabilities.astype(np.float32), self._score(samples, length)


class _PerThread:
    """One model, loaded anew in every thread that asks for it: interpreters are not shared."""

    def __init__(self, flatbuffer: bytes, reference: bool) -> None:
        self._flatbuffer, self._reference = flatbuffer, reference
        self._own = threading.local()

    def get(self) -> TfliteModel:
        """Return this thread's model."""
        if not hasattr(self._own, "model"):
            self._own.model = TfliteModel(self._flatbuffer, self._reference)
        model: TfliteModel = self._own.model
        return model


def board_seconds(bundle: Bundle) -> float | None:
    """Return `ModelFiles.board_seconds` of `bundle`."""
    return ModelFiles.of(bundle).board_seconds


@contextmanager
def open_models(files: ModelFiles) -> Iterator[Models]:
    """Load both models and compile the C, once for clips of all lengths.

    Raises ModelError for models that cannot run or have other outputs than `files.outputs`.
    """
    model = read_qmodel(files.int8)
    for kind, found in (("float", _outputs(files.float32)), ("int8", model.classes)):
        if found != files.outputs:
            raise ModelError(
                f"The {kind} model has {found} outputs; its card names {files.outputs} classes.",
                "Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR "
                "--out MODEL",
            )
    if not _has_compiler():
        yield Models(files, "TFLite", _tflite_score(files, model))
        return
    with host_library(model, files.front_end, choices=host_choices(model)) as library:
        yield Models(
            files,
            "C",
            lambda samples, length: library.score(samples, ClipShape(files.front_end, length)),
        )


def _outputs(flatbuffer: bytes) -> int:
    return TfliteModel(flatbuffer, reference=False).classes


def _has_compiler() -> bool:
    try:
        host_compiler()
    except ToolchainError:
        return False
    return True


def _tflite_score(files: ModelFiles, model: QModel) -> _Score:
    front_end = IntegerFrontEnd(files.front_end, model.input.scale, model.input.zero_point)
    judge = _PerThread(files.int8, reference=True)

    def score(samples: Samples, length: int) -> Int8Array:
        return judge.get().run(front_end.clip_rows(samples, length)).astype(np.int8)

    return score
