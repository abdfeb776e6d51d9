"""Renders the tables of single operators: those that belong to no group."""

from typing import assert_never

from sernet_cal.qmodel_types import (
    Concatenation,
    FullyConnected,
    Mean,
    Pool,
    QModel,
    Softmax,
    VectorOperator,
    same_padding,
)
from sernet_gen.csyntax import c_array, c_struct
from sernet_gen.kernels.weighted import folded_bias

Single = Pool | Concatenation | Mean | VectorOperator


def kernel_names(operator: Single) -> tuple[str, str]:
    """Return the kernel's value of sn_kernel, and its member of the union in sn_operator."""
    match operator:
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


def render_operator(model: QModel, operator: Single, sums: int) -> str:
    """Return the C of an operator's tables, which end with `operator_N`, N its output.

    `sums`: where in the arena the mean keeps its sums.
    """
    match operator:
        case Pool():
            return _pool(model, operator)
        case Concatenation():
            return _concatenation(model, operator)
        case Mean():
            return _mean(model, operator, sums)
        case FullyConnected():
            return _fully_connected(model, operator)
        case Softmax():
            return _softmax(model, operator)
        case _:
            assert_never(operator)


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
    return c_struct("sn_pool", f"operator_{operator.output}", fields)


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
        + c_struct("sn_concatenation", f"operator_{place}", fields)
    )


def _mean(model: QModel, operator: Mean, sums: int) -> str:
    source, made = model.traced[operator.input], model.traced[operator.output]
    fields: dict[str, object] = {
        "width": source.width,
        "channels": source.channels,
        "input_zero": source.zero_point,
        "output_zero": made.zero_point,
        "multiplier": operator.multiplier.value,
        "shift": operator.multiplier.shift,
        "sums": sums,
    }
    return c_struct("sn_mean", f"operator_{operator.output}", fields)


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
        _channel_table(model, operator)
        + c_array("int8_t", f"weights_{place}", operator.weights, aligned=4)
        + c_struct("sn_fully_connected", f"operator_{place}", fields)
    )


def _channel_table(model: QModel, operator: FullyConnected) -> str:
    rows = zip(folded_bias(model, operator), operator.multipliers, operator.shifts, strict=True)
    lines = "".join(f"    {{{bias}, {value}, {shift}}},\n" for bias, value, shift in rows)
    return f"static const sn_channel channels_{operator.output}[] = {{\n{lines}}};\n"


def _softmax(model: QModel, operator: Softmax) -> str:
    place = operator.output
    fields: dict[str, object] = {
        "count": model.traced[place].channels,
        "exponentials": f"exponentials_{place}",
    }
    return c_array("int32_t", f"exponentials_{place}", operator.exponentials) + c_struct(
        "sn_softmax", f"operator_{place}", fields
    )
