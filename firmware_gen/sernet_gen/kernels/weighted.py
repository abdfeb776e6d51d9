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
