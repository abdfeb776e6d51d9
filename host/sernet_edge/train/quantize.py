"""From a Keras model to the flatbuffers of a bundle, with report and accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal import calibrate
from sernet_cal.calibrate import TensorRange
from sernet_cal.calibrate_bias import correct_biases
from sernet_cal.convert import convert
from sernet_cal.errors import InputError
from sernet_cal.features import FrontEnd, clip_samples, frame_count
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.corpus import Recording
from sernet_edge.audio.load import read_samples
from sernet_edge.progress import Show
from sernet_edge.train.evaluate import Accuracy, compare
from sernet_edge.train.keras_file import load_keras
from sernet_edge.train.recipe_groups import PLAIN_QUANTIZATION, QuantizationSettings
from sernet_edge.train.settings import write_group

Samples = npt.NDArray[np.int16]
USUAL_CLIPS = 200
# Float graph, int8 graph, biases, report.
_STEPS = 4


@dataclass(frozen=True)
class Network:
    """A trained model and what is needed to feed it; `source` names it in messages."""

    keras: bytes
    source: str
    classes: tuple[str, ...]
    front_end: FrontEnd
    clip_seconds: float


@dataclass(frozen=True)
class Quantized:
    """The flatbuffers, the calibration report, the accuracy if clips were held out, and how."""

    float32: bytes
    int8: bytes
    clips: int
    report: tuple[TensorRange, ...]
    accuracy: Accuracy | None
    settings: QuantizationSettings = PLAIN_QUANTIZATION

    def summary(self) -> dict[str, Any]:
        """Return what the model card says about the quantization."""
        return {
            "kind": "full int8, per-channel weights, post-training",
            "calibration_clips": self.clips,
            **write_group(self.settings),
            "tensors": [line.to_json() for line in self.report],
        }


def quantize(
    network: Network,
    calibration: Sequence[Recording],
    held_out: Sequence[Recording],
    clips: int,
    settings: QuantizationSettings,
    show: Show,
) -> Quantized:
    """Quantize `network` on `clips` of the `calibration` recordings; measure it on `held_out`.

    Raises InputError when there is nothing to calibrate on or a label is unknown, and ModelError
    for a model that cannot be converted or that the engine cannot run.
    """
    chosen = spread(calibration, clips)
    test = [(item.path, _class_of(item, network.classes)) for item in held_out]
    samples = [read_samples(item.path) for item in chosen]
    rows = frame_count(clip_samples(network.clip_seconds))
    show("Converting", 0, _STEPS)
    representative = calibrate.representative_rows(network.front_end, samples, network.clip_seconds)
    model = load_keras(network.keras, network.source)
    float32 = convert(model, rows, None)
    show("Converting", 1, _STEPS)
    int8 = convert(model, rows, representative)
    calibrate.check_input(network.front_end, int8)
    show("Converting", 2, _STEPS)
    if settings.bias_correction:
        int8 = correct_biases(int8, float32, representative)
    show("Converting", 3, _STEPS)
    report = calibrate.calibration_report(float32, read_qmodel(int8), representative)
    show("Converting", _STEPS, _STEPS)
    accuracy = None
    if test:
        accuracy = compare(
            network.front_end,
            network.clip_seconds,
            float32,
            int8,
            [(read_samples(path), label) for path, label in test],
            lambda done: show("Evaluating", done, len(test)),
        )
    return Quantized(float32, int8, len(chosen), report, accuracy, settings)


def spread(recordings: Sequence[Recording], count: int) -> list[Recording]:
    """Return `count` recordings evenly spread over `recordings` (all when there are fewer)."""
    if not recordings:
        raise InputError(
            "No recordings are left to calibrate on.",
            "Hold out fewer speakers, or give more data.",
        )
    check_clip_count(count)
    indices = np.linspace(0, len(recordings) - 1, min(count, len(recordings))).round()
    return [recordings[int(index)] for index in indices]


def check_clip_count(count: int) -> None:
    """Raise InputError for a number of calibration clips below 1."""
    if count < 1:
        raise InputError(f"At least 1 clip is needed to calibrate on; {count} given.")


def _class_of(item: Recording, classes: tuple[str, ...]) -> int:
    if item.label not in classes:
        raise InputError(
            f"The recording {item.name} is labelled {item.label}; the model knows "
            f"{', '.join(classes)}.",
            "Give a corpus with the model's classes, or hold other speakers out.",
        )
    return classes.index(item.label)
