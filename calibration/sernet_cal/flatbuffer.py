"""Reads a .tflite into plain values, and turns every damaged byte into a ModelError.

The flatbuffer accessors of the package `tflite` trust their offsets; this module is the only one
that touches them. What the values mean for the engine is qmodel.py's business.
"""

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from sernet_cal.errors import ModelError

_IDENTIFIER = b"TFL3"
# What the accessors raise on bytes that are not a model: offsets beyond the end, absurd lengths,
# names that are not UTF-8, option tables of another kind.
_DAMAGE = (
    AttributeError, IndexError, OverflowError, RecursionError, TypeError, ValueError,
    MemoryError, struct.error,
)  # fmt: skip
_OPTION_READERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "CONV_2D": (
        tflite.Conv2DOptions,
        ("Padding", "StrideH", "StrideW", "DilationHFactor", "DilationWFactor",
         "FusedActivationFunction"),
    ),
    "AVERAGE_POOL_2D": (
        tflite.Pool2DOptions,
        ("Padding", "StrideH", "StrideW", "FilterHeight", "FilterWidth", "FusedActivationFunction"),
    ),
    "CONCATENATION": (tflite.ConcatenationOptions, ("Axis", "FusedActivationFunction")),
    "MEAN": (tflite.ReducerOptions, ("KeepDims",)),
    "FULLY_CONNECTED": (
        tflite.FullyConnectedOptions, ("FusedActivationFunction", "WeightsFormat", "KeepNumDims"),
    ),
    "SOFTMAX": (tflite.SoftmaxOptions, ("Beta",)),
}  # fmt: skip
_OPTION_READERS["MAX_POOL_2D"] = _OPTION_READERS["AVERAGE_POOL_2D"]


@dataclass(frozen=True, eq=False)
class RawTensor:
    """One tensor of the graph. `shape` with its batch; `data` the constant bytes, or empty."""

    name: str
    shape: tuple[int, ...]
    dtype: int
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    quantized_axis: int
    data: bytes

    def values(self, dtype: str) -> npt.NDArray[np.generic]:
        """Return the constant as an array of `dtype` ("<i4", "i1"); raises ModelError."""
        expected = int(np.prod(self.shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        if len(self.data) != expected:
            raise ModelError(
                f"The constant {self.name} has {len(self.data)} bytes; its shape "
                f"{list(self.shape)} needs {expected}. The model is damaged."
            )
        return np.frombuffer(self.data, dtype).reshape(self.shape)


@dataclass(frozen=True)
class RawOperator:
    """One operator: `inputs` and `outputs` are tensor numbers (-1: left out)."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, float]


@dataclass(frozen=True)
class RawGraph:
    """The only subgraph of a model."""

    tensors: tuple[RawTensor, ...]
    operators: tuple[RawOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(flatbuffer: bytes) -> RawGraph:
    """Read the graph of a .tflite; raises ModelError when the bytes are not a whole model."""
    if len(flatbuffer) < 8 or flatbuffer[4:8] != _IDENTIFIER:
        raise ModelError(
            f"This is not a TensorFlow Lite model: bytes 4 to 8 are {flatbuffer[4:8]!r}, "
            f"not {_IDENTIFIER!r}.",
            "A model is a .tflite file; make one:  sernet-edge quantize --help",
        )
    try:
        graph = _read(bytearray(flatbuffer))
    except _DAMAGE as error:
        raise ModelError(
            f"The TensorFlow Lite model is damaged or truncated ({len(flatbuffer)} bytes read; "
            f"{type(error).__name__} in its tables).",
            "Copy or make it again:  sernet-edge quantize --help",
        ) from error
    return _check_references(graph)


def with_constants(flatbuffer: bytes, constants: Mapping[int, bytes]) -> bytes:
    """Return the .tflite with other constants, of the same size, by tensor number; nothing moves.

    Raises ModelError where a tensor shares its constant with another one or has no constant of
    that size.
    """
    read_graph(flatbuffer)
    data = bytearray(flatbuffer)
    model = tflite.Model.GetRootAs(data, 0)
    subgraph = model.Subgraphs(0)
    users = Counter(subgraph.Tensors(i).Buffer() for i in range(subgraph.TensorsLength()))
    for number, content in constants.items():
        tensor = subgraph.Tensors(number)
        name = (tensor.Name() or b"").decode("utf-8")
        if users[tensor.Buffer()] > 1:
            raise ModelError(
                f"The constant {name} belongs to several layers; it cannot be changed for one.",
                "Quantize without correcting it:  --no-bias-correction",
            )
        # A view of `data`: what is written there is written into the model.
        place = model.Buffers(tensor.Buffer()).DataAsNumpy()
        if not isinstance(place, np.ndarray) or len(place) != len(content):
            raise ModelError(
                f"The constant {name} has {np.size(place)} bytes; {len(content)} were expected.",
                "Quantize without correcting it:  --no-bias-correction",
            )
        place[:] = np.frombuffer(content, np.uint8)
    return bytes(data)


def _read(data: bytearray) -> RawGraph:
    model = tflite.Model.GetRootAs(data, 0)
    if model.SubgraphsLength() != 1:
        raise ModelError(
            f"The model has {model.SubgraphsLength()} subgraphs; the engine runs exactly one."
        )
    subgraph = model.Subgraphs(0)
    # A table takes at least four bytes in the vector that names it.
    for length in (
        subgraph.TensorsLength(), subgraph.OperatorsLength(), model.BuffersLength(),
        model.OperatorCodesLength(), subgraph.InputsLength(), subgraph.OutputsLength(),
    ):  # fmt: skip
        if length > len(data) // 4:
            raise ValueError("more entries than bytes")
    kinds = [_kind(model.OperatorCodes(i)) for i in range(model.OperatorCodesLength())]
    return RawGraph(
        tuple(_tensor(model, subgraph.Tensors(i)) for i in range(subgraph.TensorsLength())),
        tuple(_operator(subgraph.Operators(i), kinds) for i in range(subgraph.OperatorsLength())),
        _integers(subgraph.InputsAsNumpy()),
        _integers(subgraph.OutputsAsNumpy()),
    )


def _kind(code: Any) -> str:
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if number == tflite.BuiltinOperator.CUSTOM:
        name = code.CustomCode() or b"?"
        return f"CUSTOM {name.decode('utf-8')}"
    try:
        return str(tflite.opcode2name(number))
    except (KeyError, ValueError):
        return f"number {number}"


def _integers(vector: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in vector) if isinstance(vector, np.ndarray) else ()


def _tensor(model: Any, tensor: Any) -> RawTensor:
    quantization = tensor.Quantization()
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis = 0
    if quantization is not None:
        vector = quantization.ScaleAsNumpy()
        scales = tuple(map(float, vector)) if isinstance(vector, np.ndarray) else ()
        zero_points = _integers(quantization.ZeroPointAsNumpy())
        axis = quantization.QuantizedDimension()
    if tensor.Buffer() >= model.BuffersLength():
        raise ValueError("buffer out of range")
    content = model.Buffers(tensor.Buffer()).DataAsNumpy()
    return RawTensor(
        (tensor.Name() or b"").decode("utf-8") or "(unnamed)",
        _integers(tensor.ShapeAsNumpy()),
        tensor.Type(),
        scales,
        zero_points,
        axis,
        content.tobytes() if isinstance(content, np.ndarray) else b"",
    )


def _operator(operator: Any, kinds: list[str]) -> RawOperator:
    kind = kinds[operator.OpcodeIndex()]
    options: dict[str, float] = {}
    if kind in _OPTION_READERS:
        reader_type, fields = _OPTION_READERS[kind]
        table = operator.BuiltinOptions()
        if table is None:
            raise ValueError("operator without options")
        reader = reader_type()
        reader.Init(table.Bytes, table.Pos)
        options = {field: getattr(reader, field)() for field in fields}
    inputs, outputs = operator.InputsAsNumpy(), operator.OutputsAsNumpy()
    return RawOperator(kind, _integers(inputs), _integers(outputs), options)


def _check_references(graph: RawGraph) -> RawGraph:
    limit = len(graph.tensors)
    used = [number for op in graph.operators for number in (*op.inputs, *op.outputs)]
    outside = [n for n in (*graph.inputs, *graph.outputs, *used) if not -1 <= n < limit]
    if outside:
        raise ModelError(
            f"The TensorFlow Lite model is damaged: it names tensor {outside[0]}, "
            f"and there are {limit}."
        )
    return graph
