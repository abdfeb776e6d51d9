"""Renders the network's constant tables: the text of sn_model_data.c."""

from collections.abc import Iterable, Sequence
from typing import assert_never

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import (
    Concatenation,
    Convolution,
    FullyConnected,
    Mean,
    Operator,
    Pool,
    QModel,
    Softmax,
    inputs_of,
    same_padding,
)
from sernet_cal.requantize import Int64Array
from sernet_gen.csyntax import abi_lock, c_array
from sernet_gen.plan import Plan
from sernet_gen.schedule import geometry

# The value of SN_RUNTIME_ABI in sn_status.h that these tables are made for.
RUNTIME_ABI = 1

_HEADER = """\
// The network's tables, generated from the int8 model. Do not edit: generate again.
#include "engine/sn_model.h"
#include "sn_status.h"

"""


def render_model(model: QModel, plan: Plan) -> str:
    """Return sn_model_data.c, which defines `const sn_model sn_generated_model`.

    The same model and plan give the same text. Weights keep the order that sn_model.h states.
    """
    parts = [_HEADER, abi_lock(RUNTIME_ABI), "\n"]
    for place, slots in enumerate(plan.slots):
        parts.append(c_array("uint32_t", f"slots_{place}", slots))
    for operator in model.operators:
        parts.append(f"\n// {model.name_of(operator)}\n")
        parts.append(_operator_tables(model, plan, operator))
    parts += ["\n", _tensor_table(model, plan)]
    parts += ["\n", _operator_table("row_operators", plan, plan.schedule.operators)]
    parts += ["\n", _operator_table("vector_operators", plan, plan.vector_operators)]
    parts += ["\n", _model_struct(model, plan)]
    return "".join(parts)


def _struct(ctype: str, name: str, fields: dict[str, object], static: bool = True) -> str:
    head = f"{'static ' if static else ''}const {ctype} {name} = {{\n"
    return head + "".join(f"    .{key} = {value},\n" for key, value in fields.items()) + "};\n"


def _operator_tables(model: QModel, plan: Plan, operator: Operator) -> str:
    match operator:
        case Convolution():
            return _convolution(model, plan, operator)
        case Pool():
            return _pool(model, operator)
        case Concatenation():
            return _concatenation(model, operator)
        case Mean():
            return _mean(model, plan, operator)
        case FullyConnected():
            return _fully_connected(model, operator)
        case Softmax():
            return _softmax(model, operator)
        case _:
            assert_never(operator)


def folded_bias(model: QModel, operator: Convolution | FullyConnected) -> Int64Array:
    """Return the biases with -zero_point * (sum of the weights) added, int64 [out]."""
    zero_point = model.traced[operator.input].zero_point
    flat = operator.weights.reshape(len(operator.weights), -1).astype(np.int64)
    folded: Int64Array = operator.bias - zero_point * flat.sum(axis=1)
    return folded


def paired_weights(operator: Convolution) -> npt.NDArray[np.int8]:
    """Return the weights as sn_convolution wants them, int8 [pairs, window values, 2]."""
    flat = operator.weights.reshape(len(operator.weights), -1)
    even = np.pad(flat, ((0, len(flat) % 2), (0, 0)))
    return np.ascontiguousarray(even.reshape(-1, 2, flat.shape[1]).transpose(0, 2, 1))


def _channels(model: QModel, operator: Convolution | FullyConnected) -> str:
    rows = zip(folded_bias(model, operator), operator.multipliers, operator.shifts, strict=True)
    lines = "".join(f"    {{{bias}, {value}, {shift}}},\n" for bias, value, shift in rows)
    return f"static const sn_channel channels_{operator.output}[] = {{\n{lines}}};\n"


def _convolution(model: QModel, plan: Plan, operator: Convolution) -> str:
    source, made, place = (
        model.traced[operator.input],
        model.traced[operator.output],
        operator.output,
    )
    fields: dict[str, object] = {
        "width": source.width,
        "input_channels": source.channels,
        "output_channels": made.channels,
        "kernel_rows": operator.kernel[0],
        "kernel_columns": operator.kernel[1],
        "columns_left": same_padding(source.width, operator.kernel[1], 1)[1],
        "input_zero": source.zero_point,
        "output_zero": made.zero_point,
        "low": operator.low,
        "high": operator.high,
        "workspace": plan.workspaces[place],
        "channels": f"channels_{place}",
        "weights": f"weights_{place}",
    }
    return (
        _channels(model, operator)
        + c_array("int8_t", f"weights_{place}", paired_weights(operator), aligned=4)
        + _struct("sn_convolution", f"operator_{place}", fields)
    )


def _pool(model: QModel, operator: Pool) -> str:
    source = model.traced[operator.input]
    width, left = same_padding(source.width, operator.kernel[1], operator.stride[1])
    fields: dict[str, object] = {
        "input_width": source.width,
        "output_width": width,
        "channels": source.channels,
        "kernel_rows": operator.kernel[0],
        "kernel_columns": operator.kernel[1],
        "stride_columns": operator.stride[1],
        "columns_left": left,
        "low": operator.low,
        "high": operator.high,
    }
    return _struct("sn_pool", f"operator_{operator.output}", fields)


def _concatenation(model: QModel, operator: Concatenation) -> str:
    place = operator.output
    channels = [model.traced[source].channels for source in operator.inputs]
    fields: dict[str, object] = {
        "count": len(channels),
        "width": model.traced[place].width,
        "inputs": f"inputs_{place}",
        "channels": f"channels_{place}",
    }
    return (
        c_array("uint32_t", f"inputs_{place}", operator.inputs)
        + c_array("uint32_t", f"channels_{place}", channels)
        + _struct("sn_concatenation", f"operator_{place}", fields)
    )


def _mean(model: QModel, plan: Plan, operator: Mean) -> str:
    source, made = model.traced[operator.input], model.traced[operator.output]
    fields: dict[str, object] = {
        "width": source.width,
        "channels": source.channels,
        "input_zero": source.zero_point,
        "output_zero": made.zero_point,
        "multiplier": operator.multiplier.value,
        "shift": operator.multiplier.shift,
        "sums": plan.sums,
    }
    return _struct("sn_mean", f"operator_{operator.output}", fields)


def _fully_connected(model: QModel, operator: FullyConnected) -> str:
    place = operator.output
    fields: dict[str, object] = {
        "inputs": operator.weights.shape[1],
        "outputs": operator.weights.shape[0],
        "output_zero": model.traced[place].zero_point,
        "low": operator.low,
        "high": operator.high,
        "channels": f"channels_{place}",
        "weights": f"weights_{place}",
    }
    return (
        _channels(model, operator)
        + c_array("int8_t", f"weights_{place}", operator.weights, aligned=4)
        + _struct("sn_fully_connected", f"operator_{place}", fields)
    )


def _softmax(model: QModel, operator: Softmax) -> str:
    place = operator.output
    fields: dict[str, object] = {
        "count": model.traced[place].channels,
        "exponentials": f"exponentials_{place}",
    }
    return c_array("int32_t", f"exponentials_{place}", operator.exponentials) + _struct(
        "sn_softmax", f"operator_{place}", fields
    )


def _tensor_table(model: QModel, plan: Plan) -> str:
    lines = [
        f"    {{{tensor.period}, {tensor.width}, {tensor.channels}, {len(slots)}, "
        f"slots_{place}}},  // {tensor.name}\n"
        for place, (tensor, slots) in enumerate(zip(model.traced, plan.slots, strict=True))
    ]
    return "static const sn_tensor tensors[] = {\n" + "".join(lines) + "};\n"


def _kernel(operator: Operator) -> tuple[str, str]:
    """Return the kernel's enumerator and the member of the union that holds its table."""
    match operator:
        case Convolution():
            return "SN_KERNEL_CONVOLUTION", "convolution"
        case Pool(kind="average"):
            return "SN_KERNEL_AVERAGE_POOL", "pool"
        case Pool():
            return "SN_KERNEL_MAX_POOL", "pool"
        case Concatenation():
            return "SN_KERNEL_CONCATENATION", "concatenation"
        case Mean():
            return "SN_KERNEL_MEAN", "mean"
        case FullyConnected():
            return "SN_KERNEL_FULLY_CONNECTED", "fully_connected"
        case Softmax():
            return "SN_KERNEL_SOFTMAX", "softmax"
        case _:
            assert_never(operator)


def _operator_table(name: str, plan: Plan, operators: Sequence[Operator]) -> str:
    return (
        f"static const sn_operator {name}[] = {{\n"
        + "".join(_operator_entry(plan, operator) for operator in operators)
        + "};\n"
    )


def _operator_entry(plan: Plan, operator: Operator) -> str:
    kernel, member = _kernel(operator)
    lag, (window, stride, above) = 0, (1, 1, 0)
    if not isinstance(operator, FullyConnected | Softmax):
        lag, (window, stride, above) = plan.schedule.lag_of(operator), geometry(operator)
    numbers: Iterable[int] = (inputs_of(operator)[0], operator.output, lag, window, stride, above)
    fields = ", ".join(str(number) for number in numbers)
    return f"    {{{kernel}, {fields},\n     {{.{member} = &operator_{operator.output}}}}},\n"


def _model_struct(model: QModel, plan: Plan) -> str:
    fields: dict[str, object] = {
        "arena_bytes": plan.arena_bytes,
        "max_rows": plan.max_rows,
        "classes": model.classes,
        "tensor_count": len(model.traced),
        "row_operator_count": len(plan.schedule.operators),
        "vector_operator_count": len(plan.vector_operators),
        "tensors": "tensors",
        "row_operators": "row_operators",
        "vector_operators": "vector_operators" if plan.vector_operators else "0",
    }
    return _struct("sn_model", "sn_generated_model", fields, static=False)
