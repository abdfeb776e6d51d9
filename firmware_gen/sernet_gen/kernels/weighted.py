"""What the tables of all operators with weights have in common."""

import numpy as np

from sernet_cal.qmodel_types import Convolution, FullyConnected, QModel
from sernet_cal.requantize import Int64Array


def folded_bias(model: QModel, operator: Convolution | FullyConnected) -> Int64Array:
    """Return the biases with -zero_point * (sum of the weights) added, int64 [out]."""
    zero_point = model.traced[operator.input].zero_point
    flat = operator.weights.reshape(len(operator.weights), -1).astype(np.int64)
    folded: Int64Array = operator.bias - zero_point * flat.sum(axis=1)
    return folded


def channel_table(model: QModel, operator: Convolution | FullyConnected) -> str:
    """Return the C of `channels_N`, N the operator's output: an sn_channel for each channel."""
    rows = zip(folded_bias(model, operator), operator.multipliers, operator.shifts, strict=True)
    lines = "".join(f"    {{{bias}, {value}, {shift}}},\n" for bias, value, shift in rows)
    return f"static const sn_channel channels_{operator.output}[] = {{\n{lines}}};\n"
