"""The plain convolution, one output row at a time: runs on anything, and holds the least memory."""

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import Convolution, QModel, same_padding
from sernet_gen.csyntax import c_array, c_struct
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.weighted import channel_table

_CHANNEL_BYTES = 12
_TABLE_BYTES = 40


def refusal(model: QModel, group: Group, choice: Choice) -> str | None:
    """Return why `group` cannot run row by row, or None."""
    if group.pools or group.concatenation is not None:
        return "run row by row as one with its pools: that is for a convolution alone"
    if choice.weights != "int8":
        return "run row by row with transformed weights: it has int8 weights only"
    return None


def workspace_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes in which the windows of two pixels are laid out."""
    return 2 * int(group.convolutions[0].weights[0].size)


def flash_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes of the constant tables."""
    operator = group.convolutions[0]
    return paired_weights(operator).size + _CHANNEL_BYTES * len(operator.bias) + _TABLE_BYTES


def shapes(model: QModel, group: Group, choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return nothing: one piece of code runs every shape."""
    return ()


def render(model: QModel, group: Group, choice: Choice, workspace: int) -> str:
    """Return the C of the tables: an sn_convolution."""
    operator = group.convolutions[0]
    source, made = model.traced[operator.input], model.traced[operator.output]
    place = operator.output
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
        "workspace": workspace,
        "channels": f"channels_{place}",
        "weights": f"weights_{place}",
    }
    return (
        channel_table(model, operator)
        + c_array("int8_t", f"weights_{place}", paired_weights(operator), aligned=4)
        + c_struct("sn_convolution", f"operator_{place}", fields)
    )


def paired_weights(operator: Convolution) -> npt.NDArray[np.int8]:
    """Return the weights as sn_convolution wants them, int8 [pairs, window values, 2]."""
    flat = operator.weights.reshape(len(operator.weights), -1)
    even = np.pad(flat, ((0, len(flat) % 2), (0, 0)))
    return np.ascontiguousarray(even.reshape(-1, 2, flat.shape[1]).transpose(0, 2, 1))
