"""Turns one flatbuffer operator into the engine's, or says why the engine cannot run it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import tflite

from sernet_cal import requantize
from sernet_cal.errors import ModelError
from sernet_cal.flatbuffer import RawGraph, RawOperator, RawTensor
from sernet_cal.qmodel_types import (
    Concatenation,
    Convolution,
    FullyConnected,
    Mean,
    Operator,
    Pool,
    Softmax,
    Tensor,
    same_padding,
    streaming_top,
)
from sernet_cal.requantize import INT8_MAX, INT8_MIN, Int8Array, Int64Array
from sernet_cal.softmax_table import exponentials

# The engine keeps one pointer for each row of a window (SN_MAX_WINDOW_ROWS in sn_model.h).
MAX_KERNEL_ROWS = 32
# TFLite's softmax sums exponentials of up to 1 with 12 integer bits.
MAX_CLASSES = 2**12 - 1


@dataclass(frozen=True)
class Layer:
    """An operator with what its translation needs.

    `inputs`: places of its computed inputs in `traced`; `output`: the place of its result.
    """

    graph: RawGraph
    raw: RawOperator
    traced: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    output: int
    made: Tensor

    def refuse(self, reason: str) -> NoReturn:
        """Raise the ModelError that names the layer, its operator and `reason`."""
        raise ModelError(f"Layer {self.made.source}: {self.raw.kind} {reason}.")

    def constant(self, position: int) -> RawTensor | None:
        """Return the constant input at `position`, None where it is left out."""
        if position >= len(self.raw.inputs) or self.raw.inputs[position] < 0:
            return None
        return self.graph.tensors[self.raw.inputs[position]]

    @property
    def source(self) -> Tensor:
        """The only computed input."""
        if len(self.inputs) != 1:
            self.refuse(f"has {len(self.inputs)} computed inputs; the engine takes one")
        return self.traced[self.inputs[0]]

    def rows_source(self) -> Tensor:
        """Return the computed input, which must be a row tensor."""
        if not self.source.is_rows:
            self.refuse(f"works on the vector {self.source.name}; the engine takes rows there")
        return self.source


def _activation_limits(layer: Layer) -> tuple[int, int]:
    # TFLite's CalculateActivationRangeQuantized, which divides in float32.
    scale, zero = layer.made.scale, layer.made.zero_point
    activation = int(layer.raw.options["FusedActivationFunction"])
    match activation:
        case tflite.ActivationFunctionType.NONE:
            return INT8_MIN, INT8_MAX
        case tflite.ActivationFunctionType.RELU:
            return max(INT8_MIN, zero), INT8_MAX
        case tflite.ActivationFunctionType.RELU6:
            # More steps than an int8 has are as good as any more.
            steps = min(np.float32(6.0) / np.float32(max(scale, 1e-6)), np.float32(1e6))
            return max(INT8_MIN, zero), min(INT8_MAX, zero + int(np.floor(steps + 0.5)))
    layer.refuse(f"has the fused activation {activation}; the engine runs NONE, RELU and RELU6")


def _weights(layer: Layer, rank: int) -> tuple[RawTensor, Int8Array]:
    raw = layer.constant(1)
    if raw is None or not raw.data:
        layer.refuse("computes its weights; the engine takes constant ones")
    if raw.dtype != tflite.TensorType.INT8:
        layer.refuse("has weights that are not int8; quantize the model to full int8")
    if len(raw.shape) != rank:
        layer.refuse(f"has weights of shape {list(raw.shape)}; {rank} dimensions are needed")
    if len(raw.scales) not in (1, raw.shape[0]):
        layer.refuse(f"has {len(raw.scales)} weight scales for {raw.shape[0]} channels")
    if not all(0 < scale < math.inf for scale in raw.scales):
        layer.refuse("has a weight scale that is not a positive number")
    if any(raw.zero_points):
        layer.refuse("has weights with a zero point; the engine takes symmetric ones")
    return raw, raw.values("i1").astype(np.int8)


def _bias(layer: Layer, count: int) -> Int64Array:
    raw = layer.constant(2)
    if raw is None:
        return np.zeros(count, np.int64)
    if raw.dtype != tflite.TensorType.INT32 or raw.shape != (count,):
        layer.refuse(f"has a bias that is not {count} int32 values")
    return raw.values("<i4").astype(np.int64)


def _scaling(
    layer: Layer, scales: tuple[float, ...], count: int, low: int, high: int
) -> tuple[Int64Array, Int64Array, int, int]:
    factors = [layer.source.scale * scale / layer.made.scale for scale in scales]
    pairs = [requantize.quantize_multiplier(factor) for factor in factors]
    if any(pair.shift > requantize.MAX_LEFT_SHIFT for pair in pairs):
        layer.refuse("has scales that are too far apart")
    values = np.array([pair.value for pair in pairs], np.int64)
    shifts = np.array([pair.shift for pair in pairs], np.int64)
    return np.resize(values, count), np.resize(shifts, count), low, high


def _check_sums(
    layer: Layer, weights: Int8Array, bias: Int64Array, scaling: tuple[Int64Array, ...]
) -> None:
    # With the zero point folded into the bias, every partial sum must stay inside int32 too; half
    # of it is asked for, so that the rounding may add to a sum without leaving it.
    flat = weights.reshape(len(weights), -1).astype(np.int64)
    folded = bias - layer.source.zero_point * flat.sum(axis=1)
    bound = np.maximum(np.abs(folded), np.abs(bias)) + 255 * np.abs(flat).sum(axis=1)
    if np.any(bound >= 2**30 >> np.maximum(scaling[1], 0)):
        layer.refuse("can overflow a 32-bit sum with these weights")


def _convolution(layer: Layer) -> Operator:
    source, options = layer.rows_source(), layer.raw.options
    _check_same(layer)
    if (options["StrideH"], options["StrideW"]) != (1, 1):
        layer.refuse(f"has stride {options['StrideH']}x{options['StrideW']}; the engine runs 1x1")
    if (options["DilationHFactor"], options["DilationWFactor"]) != (1, 1):
        layer.refuse("is dilated; the engine runs dilation 1x1")
    raw, weights = _weights(layer, 4)
    count, height, _, channels = weights.shape
    if channels != source.channels or layer.made.shape != (*source.shape[:2], count):
        layer.refuse(f"has weights {list(weights.shape)} that do not fit {source.name}")
    if height > MAX_KERNEL_ROWS:
        layer.refuse(f"is {height} rows high; the engine runs up to {MAX_KERNEL_ROWS}")
    bias = _bias(layer, count)
    scaling = _scaling(layer, raw.scales, count, *_activation_limits(layer))
    _check_sums(layer, weights, bias, scaling[:2])
    return Convolution(layer.inputs[0], layer.output, weights, bias, *scaling)


def _check_same(layer: Layer) -> None:
    if layer.raw.options["Padding"] != tflite.Padding.SAME:
        layer.refuse("has VALID padding; the engine runs SAME")


def _check_scale(layer: Layer, source: Tensor) -> None:
    if (source.scale, source.zero_point) != (layer.made.scale, layer.made.zero_point):
        layer.refuse(
            f"would have to rescale {source.name} (scale {source.scale:.6g}, zero point "
            f"{source.zero_point}) to scale {layer.made.scale:.6g}, zero point "
            f"{layer.made.zero_point}; the engine takes equal ones"
        )


def _pool(layer: Layer) -> Operator:
    source, options = layer.rows_source(), layer.raw.options
    _check_same(layer)
    _check_scale(layer, source)
    kernel = int(options["FilterHeight"]), int(options["FilterWidth"])
    stride = int(options["StrideH"]), int(options["StrideW"])
    if min(*kernel, *stride) < 1 or max(*kernel, *stride) > MAX_KERNEL_ROWS:
        layer.refuse(f"has a window {kernel} or stride {stride} outside 1..{MAX_KERNEL_ROWS}")
    if streaming_top(kernel[0], stride[0]) is None:
        layer.refuse(
            f"{kernel[0]} rows high with vertical stride {stride[0]} cannot stream: its padding "
            "depends on the length of the clip"
        )
    sizes = zip(source.shape[:2], kernel, stride, strict=True)
    shape = (*(same_padding(*size)[0] for size in sizes), source.channels)
    if layer.made.shape != shape:
        layer.refuse(f"makes {list(layer.made.shape)}, not {list(shape)}")
    kind = "average" if layer.raw.kind == "AVERAGE_POOL_2D" else "max"
    limits = _activation_limits(layer)
    return Pool(kind, layer.inputs[0], layer.output, kernel, stride, *limits)  # type: ignore[arg-type]


def _concatenation(layer: Layer) -> Operator:
    sources = [layer.traced[place] for place in layer.inputs]
    if len(sources) != len(layer.raw.inputs) or not all(source.is_rows for source in sources):
        layer.refuse("joins a constant or a vector; the engine joins computed rows")
    if layer.raw.options["Axis"] not in (3, -1):
        layer.refuse(f"joins along axis {layer.raw.options['Axis']}; the engine joins channels")
    if layer.raw.options["FusedActivationFunction"] != tflite.ActivationFunctionType.NONE:
        layer.refuse("has a fused activation; the engine runs none there")
    for source in sources:
        _check_scale(layer, source)
    shape = (*sources[0].shape[:2], sum(source.channels for source in sources))
    first = (*sources[0].shape[:2], sources[0].period)
    if layer.made.shape != shape or any((*s.shape[:2], s.period) != first for s in sources):
        layer.refuse("joins rows of different sizes")
    if len(sources) > MAX_KERNEL_ROWS:
        layer.refuse(f"joins {len(sources)} tensors; the engine joins up to {MAX_KERNEL_ROWS}")
    return Concatenation(layer.inputs, layer.output)


def _mean(layer: Layer) -> Operator:
    source, axes = layer.rows_source(), layer.constant(1)
    if axes is None or axes.dtype != tflite.TensorType.INT32 or not axes.data:
        layer.refuse("computes its axes; the engine takes the constants 1 and 2")
    if sorted(int(axis) % 4 for axis in axes.values("<i4").ravel()) != [1, 2]:
        layer.refuse("is not over height and width (axes 1 and 2)")
    if layer.made.shape != (source.channels,):
        layer.refuse(f"makes {list(layer.made.shape)} out of {list(source.shape)}")
    multiplier = requantize.quantize_multiplier(source.scale / layer.made.scale)
    if not -30 <= multiplier.shift <= 8:
        layer.refuse("has scales that are too far apart")
    return Mean(layer.inputs[0], layer.output, multiplier)


def _fully_connected(layer: Layer) -> Operator:
    source = layer.source
    if source.is_rows:
        layer.refuse("works on rows; the engine runs it after the MEAN over height and width")
    if layer.raw.options["WeightsFormat"] != 0:
        layer.refuse("has shuffled weights; the engine takes the plain format")
    raw, weights = _weights(layer, 2)
    if (layer.made.channels, source.channels) != weights.shape:
        layer.refuse(f"has weights {list(weights.shape)} that do not fit {source.name}")
    bias = _bias(layer, len(weights))
    scaling = _scaling(layer, raw.scales, len(weights), *_activation_limits(layer))
    _check_sums(layer, weights, bias, scaling[:2])
    return FullyConnected(layer.inputs[0], layer.output, weights, bias, *scaling)


def _softmax(layer: Layer) -> Operator:
    if layer.source.is_rows or layer.made.shape != layer.source.shape:
        layer.refuse("works on rows; the engine runs it after the dense layer")
    if layer.made.channels > MAX_CLASSES:
        layer.refuse(f"has {layer.made.channels} classes; the engine runs up to {MAX_CLASSES}")
    if not 0 < layer.raw.options["Beta"] < math.inf:
        layer.refuse(f"has beta {layer.raw.options['Beta']}; a positive number is needed")
    if (layer.made.scale, layer.made.zero_point) != (1 / 256, INT8_MIN):
        layer.refuse(
            f"has output scale {layer.made.scale:.6g} and zero point {layer.made.zero_point}; "
            "TFLite's int8 softmax has 1/256 and -128"
        )
    try:
        table = exponentials(layer.source.scale, layer.raw.options["Beta"])
    except OverflowError as error:
        raise ModelError(f"Layer {layer.made.source}: SOFTMAX: {error}.") from error
    return Softmax(layer.inputs[0], layer.output, table)


TRANSLATORS: dict[str, Callable[[Layer], Operator]] = {
    "CONV_2D": _convolution,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "CONCATENATION": _concatenation,
    "MEAN": _mean,
    "FULLY_CONNECTED": _fully_connected,
    "SOFTMAX": _softmax,
}
