"""The quantized graph as frozen values: what the interpreter, the planner and the C run.

Tensors are named by their place in `QModel.traced`. "Rows" are time: a row tensor is a picture of
[height, width, channels] whose rows stream; the others are vectors, known after the last row.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sernet_cal.requantize import Int8Array, Int64Array, Multiplier

PoolKind = Literal["average", "max"]


@dataclass(frozen=True)
class Tensor:
    """An observable int8 tensor.

    `name`: short and unique ("conv_1"); `source`: the flatbuffer's name. `shape` without the batch:
    (height, width, channels) for the model's own clip length, or (n,). value = scale * (q - zero).
    `period`: feature rows for each row of this tensor (the product of the strides above it).
    """

    name: str
    source: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    period: int = 1

    @property
    def is_rows(self) -> bool:
        """Whether the tensor streams row by row."""
        return len(self.shape) == 3

    @property
    def width(self) -> int:
        """Pixels of a row, 1 for a vector."""
        return self.shape[1] if self.is_rows else 1

    @property
    def channels(self) -> int:
        """Channels of a pixel, or all values of a vector."""
        return self.shape[-1]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row (of the whole vector)."""
        return self.width * self.channels


@dataclass(frozen=True, eq=False)
class Convolution:
    """CONV_2D, stride 1, SAME. `weights` int8 [out, kernel height, kernel width, in]; the other
    arrays int64 [out]; `low`, `high`: limits of the output from the fused activation."""

    input: int
    output: int
    weights: Int8Array
    bias: Int64Array
    multipliers: Int64Array
    shifts: Int64Array
    low: int
    high: int

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the window."""
        return self.weights.shape[1], self.weights.shape[2]


@dataclass(frozen=True)
class Pool:
    """AVERAGE_POOL_2D or MAX_POOL_2D, SAME; `kernel` and `stride` as (height, width)."""

    kind: PoolKind
    input: int
    output: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    low: int
    high: int


@dataclass(frozen=True)
class Concatenation:
    """CONCATENATION of row tensors along the channels."""

    inputs: tuple[int, ...]
    output: int


@dataclass(frozen=True)
class Mean:
    """MEAN over height and width; `multiplier`: input scale / output scale."""

    input: int
    output: int
    multiplier: Multiplier


@dataclass(frozen=True, eq=False)
class FullyConnected:
    """FULLY_CONNECTED. `weights` int8 [out, in]; the other arrays int64 [out]."""

    input: int
    output: int
    weights: Int8Array
    bias: Int64Array
    multipliers: Int64Array
    shifts: Int64Array
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Softmax:
    """SOFTMAX. `exponentials` int64 [256]: exp(-scale * d) in Q0.31 for the difference d = 0..255
    to the largest logit."""

    input: int
    output: int
    exponentials: npt.NDArray[np.int64]


RowOperator = Convolution | Pool | Concatenation
VectorOperator = FullyConnected | Softmax
Operator = RowOperator | Mean | VectorOperator


@dataclass(frozen=True, eq=False)
class QModel:
    """An int8 network that the engine runs.

    `traced`: every observable tensor; 0 is the input, the others the operators' outputs in order.
    """

    traced: tuple[Tensor, ...]
    operators: tuple[Operator, ...]

    @property
    def input(self) -> Tensor:
        """The feature rows."""
        return self.traced[0]

    @property
    def output(self) -> Tensor:
        """The scores."""
        return self.traced[-1]

    @property
    def classes(self) -> int:
        """Number of scores."""
        return self.output.channels

    def name_of(self, operator: Operator) -> str:
        """Return the name of the tensor that `operator` makes."""
        return self.traced[operator.output].name


def inputs_of(operator: Operator) -> tuple[int, ...]:
    """Return the tensors that `operator` reads."""
    return operator.inputs if isinstance(operator, Concatenation) else (operator.input,)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return (output size, padding before) of TFLite's SAME padding along one axis."""
    output = -(-size // stride)
    total = max(0, (output - 1) * stride + kernel - size)
    return output, total // 2


def streaming_top(kernel: int, stride: int) -> int | None:
    """Return the rows of padding above the picture, or None where they depend on its height."""
    tops = {same_padding(height, kernel, stride)[1] for height in range(1, 2 * (kernel + stride))}
    return tops.pop() if len(tops) == 1 else None


def row_geometry(operator: Convolution | Pool) -> tuple[int, int, int]:
    """Return (kernel height, vertical stride, rows of padding on top) of a window operator."""
    kernel = operator.kernel[0]
    stride = operator.stride[0] if isinstance(operator, Pool) else 1
    top = streaming_top(kernel, stride)
    assert top is not None, "read_qmodel refuses such pools"
    return kernel, stride, top
