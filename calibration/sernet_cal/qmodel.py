"""Reads a full-int8 .tflite into a QModel, refusing by name what the engine cannot run."""

import math
from collections import Counter
from dataclasses import replace

import tflite

from sernet_cal import features
from sernet_cal.errors import ModelError
from sernet_cal.flatbuffer import RawGraph, RawOperator, RawTensor, read_graph
from sernet_cal.qmodel_operators import TRANSLATORS, Layer
from sernet_cal.qmodel_types import Mean, Operator, QModel, Tensor, inputs_of

__all__ = ["QModel", "read_qmodel"]

_SHORT_NAMES = {
    "CONV_2D": "conv",
    "AVERAGE_POOL_2D": "average_pool",
    "MAX_POOL_2D": "max_pool",
    "CONCATENATION": "concat",
    "MEAN": "mean",
    "FULLY_CONNECTED": "dense",
    "SOFTMAX": "softmax",
}
# What MEAN, FULLY_CONNECTED and SOFTMAX make is a vector, whatever dimensions of 1 it keeps.
_VECTOR_KINDS = ("MEAN", "FULLY_CONNECTED", "SOFTMAX")
_TYPE_NAMES = {
    value: name for name, value in vars(tflite.TensorType).items() if not name.startswith("_")
}
_QUANTIZE = "Quantize it to full int8:  sernet-edge quantize --help"
# Far beyond any clip; keeps the arithmetic on a damaged model's sizes inside 64 bits.
_MAX_SIZE = 1 << 24


def read_qmodel(flatbuffer: bytes, input_width: int = features.COEFFICIENTS) -> QModel:
    """Return the int8 network in the bytes of a .tflite.

    `input_width`: values of a feature row. Raises ModelError, naming the layer and the operator,
    for a graph that the engine cannot run, and for bytes that are not a model.
    """
    graph = read_graph(flatbuffer)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ModelError(
            f"The model has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; "
            "the engine runs one of each."
        )
    _check_kinds(graph)
    reader = _Reader(graph, input_width)
    for raw in graph.operators:
        reader.add(raw)
    return reader.finish()


def _check_kinds(graph: RawGraph) -> None:
    for raw in graph.operators:
        name = _output_name(graph, raw)
        if raw.kind not in TRANSLATORS and raw.kind != "RESHAPE":
            raise ModelError(
                f"Layer {name}: operator {raw.kind} is not supported; the "
                f"engine runs: {', '.join(TRANSLATORS)}."
            )


def _output_name(graph: RawGraph, raw: RawOperator) -> str:
    if len(raw.outputs) != 1 or raw.outputs[0] < 0:
        raise ModelError(
            f"An operator {raw.kind} has {len(raw.outputs)} outputs; the engine runs one."
        )
    return graph.tensors[raw.outputs[0]].name


class _Reader:
    """Walks the operators in order; `places` maps a flatbuffer tensor to its place in `traced`."""

    def __init__(self, graph: RawGraph, input_width: int) -> None:
        raw = graph.tensors[graph.inputs[0]]
        _check_types(graph, raw)
        if len(raw.shape) != 4 or raw.shape[2:] != (input_width, 1):
            raise ModelError(
                f"The model's input {raw.name} has shape {list(raw.shape)}; "
                f"[1, rows, {input_width}, 1] is needed: {input_width} coefficients in a row."
            )
        self._graph = graph
        self._counts: Counter[str] = Counter()
        self._traced = [_observable(raw, "input", vector=False)]
        self._places: dict[int, int] = {graph.inputs[0]: 0}
        self._operators: list[Operator] = []

    def add(self, raw: RawOperator) -> None:
        """Translate `raw` and append it and its output."""
        number = raw.outputs[0]
        computed = [place for n in raw.inputs if (place := self._place(n)) is not None]
        if raw.kind == "RESHAPE":
            self._reshape(raw, computed)
            return
        self._counts[raw.kind] += 1
        name, vector = self._short_name(raw.kind), raw.kind in _VECTOR_KINDS
        made = _observable(self._graph.tensors[number], name, vector)
        if computed and not vector:
            # Only pools have a stride; of any other operator it is refused or left out.
            stride = max(1, int(raw.options.get("StrideH", 1)))
            made = replace(made, period=self._traced[computed[0]].period * stride)
        layer = Layer(
            self._graph, raw, tuple(self._traced), tuple(computed), len(self._traced), made
        )
        if not computed:
            layer.refuse("has no computed input")
        self._operators.append(TRANSLATORS[raw.kind](layer))
        self._places[number] = len(self._traced)
        self._traced.append(made)

    def finish(self) -> QModel:
        """Return the model; raises ModelError where rows never become scores."""
        means = sum(isinstance(operator, Mean) for operator in self._operators)
        if means != 1:
            raise ModelError(
                f"The model has {means} MEAN operators over height and width; "
                "the engine runs exactly one, before the dense layer."
            )
        used = {place for operator in self._operators for place in inputs_of(operator)}
        for place, tensor in enumerate(self._traced[:-1]):
            if place not in used:
                raise ModelError(f"Layer {tensor.source}: no operator uses what it makes.")
        if self._place(self._graph.outputs[0]) != len(self._traced) - 1:
            raise ModelError("The model's output is not what its last operator makes.")
        return QModel(tuple(self._traced), tuple(self._operators))

    def _place(self, number: int) -> int | None:
        place = self._places.get(number)
        if place is None and number >= 0 and not self._graph.tensors[number].data:
            tensor = self._graph.tensors[number]
            raise ModelError(f"The model reads {tensor.name} before any operator makes it.")
        return place

    def _short_name(self, kind: str) -> str:
        total = sum(raw.kind == kind for raw in self._graph.operators)
        short = _SHORT_NAMES[kind]
        return short if total == 1 else f"{short}_{self._counts[kind]}"

    def _reshape(self, raw: RawOperator, computed: list[int]) -> None:
        made = self._graph.tensors[raw.outputs[0]]
        source = self._traced[computed[0]] if computed else None
        if source is None or source.is_rows or math.prod(made.shape) != source.channels:
            raise ModelError(
                f"Layer {made.name}: RESHAPE is supported only around the dense layer, where it "
                "leaves a vector as it is."
            )
        self._places[raw.outputs[0]] = computed[0]


def _check_types(graph: RawGraph, source: RawTensor) -> None:
    for role, tensor in (("input", source), ("output", graph.tensors[graph.outputs[0]])):
        if tensor.dtype == tflite.TensorType.INT8:
            continue
        kind = _TYPE_NAMES.get(tensor.dtype, f"type {tensor.dtype}")
        stored_int8 = any(t.data and t.dtype == tflite.TensorType.INT8 for t in graph.tensors)
        if tensor.dtype == tflite.TensorType.FLOAT32 and stored_int8:
            kind = "FLOAT32 beside int8 weights (a dynamic-range quantized model)"
        raise ModelError(
            f"The model's {role} {tensor.name} is {kind}; the engine runs int8 in and out.",
            _QUANTIZE,
        )


def _observable(raw: RawTensor, name: str, vector: bool) -> Tensor:
    shape = raw.shape
    if raw.dtype != tflite.TensorType.INT8:
        kind = _TYPE_NAMES.get(raw.dtype, f"type {raw.dtype}")
        raise ModelError(
            f"Layer {raw.name}: its output is {kind}; the engine runs int8.", _QUANTIZE
        )
    if not shape or shape[0] != 1:
        raise ModelError(f"Layer {raw.name}: its shape {list(shape)} has a batch other than 1.")
    if min(shape) < 1 or max(shape) > _MAX_SIZE or math.prod(shape) > _MAX_SIZE:
        raise ModelError(f"Layer {raw.name}: its shape {list(shape)} is not usable.")
    if len(raw.scales) != 1 or len(raw.zero_points) != 1 or not 0 < raw.scales[0] < math.inf:
        raise ModelError(
            f"Layer {raw.name}: it has {len(raw.scales)} scales; an int8 tensor has one, positive."
        )
    if not -128 <= raw.zero_points[0] <= 127:
        raise ModelError(f"Layer {raw.name}: its zero point {raw.zero_points[0]} is not an int8.")
    kept = shape[1:] if len(shape) == 4 and not vector else (math.prod(shape),)
    return Tensor(name, raw.name, kept, raw.scales[0], raw.zero_points[0])
