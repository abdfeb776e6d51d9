"""Tables of sn_direct: convolution of any size as plain sums of products, in strips of rows."""

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import Convolution, QModel, same_padding
from sernet_gen.csyntax import c_array, c_struct
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.scaling import is_plain
from sernet_gen.kernels.weighted import folded_bias

# SN_DIRECT_PIXELS of sn_direct_sums.h (most of them), SN_DIRECT_BLOCK of sn_direct.h.
PIXELS = 3
_BLOCK = 16
_CHANNEL_BYTES = 12
_TABLE_BYTES = 52


def refusal(model: QModel, group: Group, choice: Choice) -> str | None:
    """Return why `group` cannot run as direct sums, or None."""
    if group.pools or group.concatenation is not None:
        return "run as direct sums in one with its pools: that is for a convolution alone"
    if choice.weights != "int8":
        return "run as direct sums with transformed weights: they take int8 weights only"
    return None


def workspace_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes in which the windows of three pixels are laid out."""
    return PIXELS * _BLOCK * block_count(group.convolutions[0])


def flash_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes of the constant tables."""
    operator = group.convolutions[0]
    channels = 2 * _pairs(operator)
    return channels * (_BLOCK * block_count(operator) + _CHANNEL_BYTES) + _TABLE_BYTES


def shapes(model: QModel, group: Group, choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return nothing: one piece of code runs every shape."""
    return ()


def render(model: QModel, group: Group, choice: Choice, workspace: int) -> str:
    """Return the C of the tables: an sn_direct."""
    operator = group.convolutions[0]
    source, made = model.traced[operator.input], model.traced[operator.output]
    place = operator.output
    fields: dict[str, object] = {
        "rows": choice.rows,
        "width": source.width,
        "input_channels": source.channels,
        "output_channels": made.channels,
        "kernel_rows": operator.kernel[0],
        "kernel_columns": operator.kernel[1],
        "columns_left": same_padding(source.width, operator.kernel[1], 1)[1],
        "blocks": block_count(operator),
        "input_zero": source.zero_point,
        "output_zero": made.zero_point,
        "low": operator.low,
        "high": operator.high,
        "is_plain": int(is_plain(model, operator)),
        "workspace": workspace,
        "channels": f"channels_{place}",
        "weights": f"weights_{place}",
    }
    return (
        _channel_table(model, operator)
        + c_array("int8_t", f"weights_{place}", blocked_weights(operator), aligned=4)
        + c_struct("sn_direct", f"operator_{place}", fields)
    )


def blocked_weights(operator: Convolution) -> npt.NDArray[np.int8]:
    """Return the weights as sn_direct wants them, int8 [pairs, blocks, 2, 16]."""
    flat = operator.weights.reshape(len(operator.weights), -1)
    pairs, blocks = _pairs(operator), block_count(operator)
    missing = 2 * pairs - len(flat), blocks * _BLOCK - flat.shape[1]
    padded = np.pad(flat, ((0, missing[0]), (0, missing[1])))
    return np.ascontiguousarray(padded.reshape(pairs, 2, blocks, _BLOCK).transpose(0, 2, 1, 3))


def _channel_table(model: QModel, operator: Convolution) -> str:
    rows = zip(folded_bias(model, operator), operator.multipliers, -operator.shifts, strict=True)
    lines = [f"    {{{bias}, {value}, {right}}},\n" for bias, value, right in rows]
    lines += ["    {0, 0, 0},\n"] * (2 * _pairs(operator) - len(lines))
    head = f"static const sn_direct_channel channels_{operator.output}[] = {{\n"
    return head + "".join(lines) + "};\n"


def _pairs(operator: Convolution) -> int:
    return -(-len(operator.weights) // 2)


def block_count(operator: Convolution) -> int:
    """Return the blocks of 16 values that a window of `operator` fills."""
    return -(-int(operator.weights[0].size) // _BLOCK)
