"""Calibration: the representative set that decides the int8 ranges, and a report of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal.convert import layer_of_scope
from sernet_cal.errors import ModelError
from sernet_cal.features import FrontEnd, clip_samples, frame_count
from sernet_cal.interpreter import TfliteModel
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import QModel
from sernet_cal.qmodel_types import Tensor

Samples = npt.NDArray[np.int16]
FloatRows = npt.NDArray[np.float32]

INPUT_ZERO_POINT = -1
# What the converter calls the ends of the graph.
_UNNAMED = {
    "serving_default_mfcc": "mfcc",
    "StatefulPartitionedCall": "output",
    "StatefulPartitionedCall_1": "output",
}


@dataclass(frozen=True)
class TensorRange:
    """What calibration found for one tensor, and what the int8 scale made of it.

    `tensor` is its name in every report, `layer` the Keras layer. `low` and `high` are the float
    network's extremes over the representative set, `clipped` the share of its values more than
    half a step outside what `scale` and `zero_point` can express.
    """

    tensor: str
    layer: str
    low: float
    high: float
    scale: float
    zero_point: int
    clipped: float

    def to_json(self) -> dict[str, Any]:
        """Return the fields for the model card."""
        return asdict(self)


def input_scale(front_end: FrontEnd) -> float:
    """Return the int8 step of the network's input: +-clip over 255 steps, rounded to float32."""
    return float(np.float32(2.0 * front_end.clip / 255.0))


def integer_front_end(front_end: FrontEnd) -> IntegerFrontEnd:
    """Return the integer front-end with the input quantization that `quantize` always makes."""
    return IntegerFrontEnd(front_end, input_scale(front_end), INPUT_ZERO_POINT)


def representative_rows(
    front_end: FrontEnd, clips: Sequence[Samples], clip_seconds: float
) -> list[FloatRows]:
    """Return the integer features of `clips` as the network's float input, float32 [rows, 40] each.

    Longer clips are cut to their centre: a converter's input has one shape. The first two values
    of the first clip become -clip and +clip, so that the input's int8 range is known beforehand
    and the features may be made with it.
    """
    samples = clip_samples(clip_seconds)
    count = frame_count(samples)
    integer = integer_front_end(front_end)
    scale = input_scale(front_end)
    found = []
    for clip in clips:
        rows = integer.clip_rows(clip, samples)
        start = (len(rows) - count) // 2
        values = (rows[start : start + count].astype(np.float64) - INPUT_ZERO_POINT) * scale
        found.append(np.clip(values, -front_end.clip, front_end.clip).astype(np.float32))
    found[0][0, :2] = -front_end.clip, front_end.clip
    return found


def check_input(front_end: FrontEnd, int8: bytes) -> None:
    """Raise ModelError unless the int8 model's input is quantized as the features were."""
    scale, zero_point = TfliteModel(int8, reference=True).input_quantization
    expected = input_scale(front_end)
    if zero_point != INPUT_ZERO_POINT or abs(scale - expected) > 1e-6 * expected:
        raise ModelError(
            f"The converter chose an input scale of {scale:.9f} and zero point {zero_point}; "
            f"{expected:.9f} and {INPUT_ZERO_POINT} were expected from +-{front_end.clip:g}.",
            "The model rescales its input; give it the front-end's output as it is.",
        )


def calibration_report(
    float32: bytes, model: QModel, representative: Sequence[FloatRows]
) -> tuple[TensorRange, ...]:
    """Return one line per traced tensor of `model`, from running the float model on the set.

    Raises ModelError when the two graphs do not have the same operators.
    """
    network = TfliteModel(float32, reference=False, observe=True)
    tallies = [_Tally(tensor) for tensor in model.traced]
    for rows in representative:
        network.run(rows)
        observed = network.observed()
        check_same_graph(observed, model)
        for tally, values in zip(tallies, observed, strict=True):
            tally.add(values)
    return tuple(tally.result() for tally in tallies)


def check_same_graph(observed: Sequence[npt.NDArray[np.generic]], model: QModel) -> None:
    """Raise ModelError unless the float graph, as `observed`, has as many tensors as `model`."""
    if len(observed) != len(model.traced):
        raise ModelError(
            f"The float model has {len(observed)} tensors, the int8 model {len(model.traced)}: "
            "the converter changed the graph.",
            "Report the model; the calibration report cannot be made for it.",
        )


class _Tally:
    """The extremes and clipped values of one tensor, clip after clip."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._low, self._high = np.inf, -np.inf
        self._clipped = self._seen = 0

    def add(self, values: npt.NDArray[np.generic]) -> None:
        steps = values.astype(np.float64) / self._tensor.scale + self._tensor.zero_point
        self._low = min(self._low, float(values.min()))
        self._high = max(self._high, float(values.max()))
        self._clipped += int(np.count_nonzero((steps < -128.5) | (steps > 127.5)))
        self._seen += values.size

    def result(self) -> TensorRange:
        return TensorRange(
            self._tensor.name,
            _layer_name(self._tensor.source),
            self._low,
            self._high,
            self._tensor.scale,
            self._tensor.zero_point,
            self._clipped / self._seen,
        )


def _layer_name(source: str) -> str:
    """Return the layer's name of a tensor: `a/path_both_relu_1/Relu;b/...` -> `path_both_relu`."""
    parts = source.split(";")[0].split("/")
    if len(parts) > 1:
        return layer_of_scope(parts[-2])
    return _UNNAMED.get(parts[0].split(":")[0], parts[0].split(":")[0])
