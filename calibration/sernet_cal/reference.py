"""The bit-exact int8 interpreter in numpy: judge of the C, itself judged by TFLite's BUILTIN_REF.

It works on whole tensors, for any number of rows (the network is fully convolutional), so that it
shares nothing with the streaming engine but the arithmetic.
"""

from collections.abc import Mapping
from typing import assert_never

import numpy as np

from sernet_cal import kernels
from sernet_cal.errors import InputError
from sernet_cal.qmodel_types import (
    Concatenation,
    Convolution,
    FullyConnected,
    Mean,
    Operator,
    Pool,
    QModel,
    Softmax,
)
from sernet_cal.requantize import Int8Array


def run_reference(model: QModel, rows: Int8Array) -> list[Int8Array]:
    """Return every tensor of `model.traced` for the feature rows of one clip.

    `rows`: int8 [rows, width], one row at least. The result has int8 [rows, width, channels] for
    row tensors (the input included) and int8 [n] for the others. Raises InputError for other rows.
    """
    check_rows(model, rows)
    tensors = {0: input_tensor(model, rows)}
    for operator in model.operators:
        tensors[operator.output] = run_operator(model, operator, tensors)
    return list(tensors.values())


def input_tensor(model: QModel, rows: Int8Array) -> Int8Array:
    """Return feature rows, int8 [rows, width], as the tensor that the operators read."""
    return rows.reshape(len(rows), model.input.width, model.input.channels)


def check_rows(model: QModel, rows: Int8Array) -> None:
    """Raise InputError unless `rows` are feature rows of `model`: int8 [1 or more, width]."""
    width = model.input.row_bytes
    if rows.dtype != np.int8 or rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        raise InputError(
            f"The network takes int8 rows of {width} values, one at least; "
            f"these are {rows.dtype} {list(rows.shape)}."
        )


def run_operator(model: QModel, operator: Operator, tensors: Mapping[int, Int8Array]) -> Int8Array:
    """Return what `operator` makes of `tensors`, which hold those that it reads by their place."""
    made = model.traced[operator.output]
    if isinstance(operator, Concatenation):
        return np.concatenate([tensors[place] for place in operator.inputs], axis=2)
    source, values = model.traced[operator.input], tensors[operator.input]
    match operator:
        case Convolution():
            return kernels.convolution(operator, values, source.zero_point, made.zero_point)
        case Pool(kind="average"):
            return kernels.average_pool(operator, values)
        case Pool():
            return kernels.max_pool(operator, values)
        case Mean():
            return kernels.mean(operator, values, source.zero_point, made.zero_point)
        case FullyConnected():
            return kernels.fully_connected(operator, values, source.zero_point, made.zero_point)
        case Softmax():
            return kernels.softmax(operator, values)
        case _:
            assert_never(operator)
