"""Bias correction: the int8 graph's channel means become those of the float graph.

Rounding moves the mean of a channel, and the next layers add it up: TFLite's average pooling rounds
halves away from zero, so down wherever a value lies below 0, and weights and ranges do their part.
Layer by layer, in the order of the graph, each convolution's and dense layer's int32 bias takes up
the difference that is left after the layers before it were corrected (empirical bias correction:
Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019). Only
constants of the graph change: it is the converter's in everything else.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sernet_cal import kernels
from sernet_cal.calibrate import FloatRows, check_same_graph
from sernet_cal.errors import ModelError
from sernet_cal.flatbuffer import read_graph, with_constants
from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Convolution, FullyConnected, Operator, QModel, inputs_of
from sernet_cal.reference import input_tensor, run_operator
from sernet_cal.requantize import INT8_MAX, INT8_MIN, Int8Array, Int64Array

Means = npt.NDArray[np.float64]
Weighted = Convolution | FullyConnected

# The sums of one layer are kept for all clips: 123 MB at most for the published network.
MOST_ROWS = 24_000
# A bias moves only the values that no limit holds: three rounds settle the mean.
ROUNDS = 3
# Where hardly any value is free, a round asks for no more than this many times the difference.
_LEAST_SHARE = 1 / 32
_BIAS_LIMIT = 2**31 - 1
_PLAIN = "Quantize without correcting it:  --no-bias-correction"


def correct_biases(int8: bytes, float32: bytes, representative: Sequence[FloatRows]) -> bytes:
    """Return the int8 .tflite with corrected biases; see above.

    `float32`: the same network as a float .tflite. `representative`: the clips to measure on, as
    `calibrate.representative_rows` makes them; of many, some that are evenly spread are taken.
    Raises ModelError where the graphs differ, a bias is left out or shared, or a corrected bias
    leaves the engine's bounds.
    """
    model, biases = read_qmodel(int8), _bias_numbers(int8)
    chosen = _spread(representative)
    wanted = _float_means(float32, model, chosen)
    clips: dict[int, list[Int8Array]] = {0: [_quantized(model, rows) for rows in chosen]}
    constants = {}
    for operator, number in zip(model.operators, biases, strict=True):
        if isinstance(operator, Convolution | FullyConnected):
            try:
                bias, made = _corrected(
                    model, operator, clips[operator.input], wanted[operator.output]
                )
            except OverflowError as error:
                raise ModelError(
                    f"Layer {model.traced[operator.output].source}: with its bias corrected, "
                    f"{error}.",
                    _PLAIN,
                ) from error
            constants[number] = bias.astype("<i4").tobytes()
        else:
            made = _run(model, operator, clips)
        clips[operator.output] = made
        _forget(model, operator, clips)
    corrected = with_constants(int8, constants)
    read_qmodel(corrected)
    return corrected


def _corrected(
    model: QModel, operator: Weighted, inputs: list[Int8Array], wanted: Means
) -> tuple[Int64Array, list[Int8Array]]:
    """Return the bias with which the output's channel means are `wanted`, and the outputs."""
    source, made = model.traced[operator.input], model.traced[operator.output]
    sums = [_sums(operator, item, source.zero_point).astype(np.int32) for item in inputs]
    # What one unit of the bias adds to the output, in its own unit.
    unit = operator.multipliers * 2.0 ** (operator.shifts - 31) * made.scale
    for _ in range(ROUNDS):
        outputs = [_output(operator, item, made.zero_point) for item in sums]
        mean = (_channel_means(outputs) - made.zero_point) * made.scale
        free = [(item > operator.low) & (item < operator.high) for item in outputs]
        change = (wanted - mean) / np.maximum(_channel_means(free), _LEAST_SHARE) / unit
        bias = np.clip(operator.bias + np.rint(change), -_BIAS_LIMIT, _BIAS_LIMIT)
        operator = replace(operator, bias=bias.astype(np.int64))
    return operator.bias, [_output(operator, item, made.zero_point) for item in sums]


def _sums(operator: Weighted, values: Int8Array, input_zero: int) -> Int64Array:
    """Return the sums of products, without bias."""
    if isinstance(operator, Convolution):
        return kernels.convolution_sums(operator, values, input_zero)
    return kernels.fully_connected_sums(operator, values, input_zero)


def _output(operator: Weighted, sums: npt.NDArray[np.int32], output_zero: int) -> Int8Array:
    """Return what `operator` makes of its sums."""
    wide = sums.astype(np.int64)
    if isinstance(operator, Convolution):
        return kernels.convolution_output(operator, wide, output_zero)
    return kernels.fully_connected_output(operator, wide, output_zero)


def _channel_means(items: Sequence[npt.NDArray[np.generic]]) -> Means:
    """Return the means over all but the last axis of `items`, arrays of one shape."""
    means = [item.reshape(-1, item.shape[-1]).mean(axis=0, dtype=np.float64) for item in items]
    return np.asarray(np.mean(means, axis=0), np.float64)


def _float_means(float32: bytes, model: QModel, representative: Sequence[FloatRows]) -> list[Means]:
    """Return the channel means of the float network's tensors, in the order of `model.traced`."""
    network = TfliteModel(float32, reference=False, observe=True)
    found: list[list[Means]] = []
    for rows in representative:
        network.run(rows)
        observed = network.observed()
        check_same_graph(observed, model)
        found.append([_channel_means([values]) for values in observed])
    return [np.asarray(np.mean(means, axis=0)) for means in zip(*found, strict=True)]


def _bias_numbers(int8: bytes) -> list[int]:
    """Return the tensor number of each operator's bias, -1 where it has none.

    Raises ModelError for a convolution or dense layer without one.
    """
    graph, numbers = read_graph(int8), []
    for raw in graph.operators:
        if raw.kind == "RESHAPE":
            continue
        weighted = raw.kind in ("CONV_2D", "FULLY_CONNECTED")
        number = raw.inputs[2] if weighted and len(raw.inputs) > 2 else -1
        if weighted and number < 0:
            raise ModelError(
                f"Layer {graph.tensors[raw.outputs[0]].name}: {raw.kind} has no bias to correct.",
                _PLAIN,
            )
        numbers.append(number)
    return numbers


def _quantized(model: QModel, rows: FloatRows) -> Int8Array:
    steps = np.rint(rows.astype(np.float64) / model.input.scale) + model.input.zero_point
    return input_tensor(model, np.clip(steps, INT8_MIN, INT8_MAX).astype(np.int8))


def _run(model: QModel, operator: Operator, clips: dict[int, list[Int8Array]]) -> list[Int8Array]:
    """Return what `operator` makes of each clip."""
    read = inputs_of(operator)
    columns = zip(*(clips[place] for place in read), strict=True)
    return [
        run_operator(model, operator, dict(zip(read, column, strict=True))) for column in columns
    ]


def _forget(model: QModel, done: Operator, clips: dict[int, list[Int8Array]]) -> None:
    """Drop the tensors that no operator after `done` reads."""
    needed = {place for item in model.operators[done.output :] for place in inputs_of(item)}
    for place in set(clips) - needed:
        del clips[place]


def _spread(representative: Sequence[FloatRows]) -> list[FloatRows]:
    most = max(1, MOST_ROWS // len(representative[0]))
    count = min(most, len(representative))
    indices = np.linspace(0, len(representative) - 1, count).round()
    return [representative[int(index)] for index in indices]
