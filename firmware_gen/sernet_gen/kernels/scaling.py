"""The requantisation of sn_direct and sn_first_layer: which tables may take the short way."""

import numpy as np

from sernet_cal.qmodel_types import Convolution, QModel
from sernet_cal.requantize import INT8_MAX, INT8_MIN, Int64Array

# The rounding terms up to this right shift, -128 * 2**shift, leave room for any product.
LARGEST_PLAIN_SHIFT = 23


def is_plain(model: QModel, operator: Convolution) -> bool:
    """Return whether one rounding term stands for the second rounding and the zero point.

    It rounds halves up where TFLite rounds them away from zero, which differs only for values that
    are clamped to the zero point anyway; so that must be the lowest output, and the lowest int8.
    """
    zero_point = model.traced[operator.output].zero_point
    limits = operator.low, operator.high
    return (
        (zero_point, *limits) == (INT8_MIN, INT8_MIN, INT8_MAX)
        and bool((operator.shifts <= 0).all())
        and bool((operator.shifts >= -LARGEST_PLAIN_SHIFT).all())
    )


def rounding_terms(model: QModel, operator: Convolution) -> tuple[Int64Array, Int64Array]:
    """Return what is added before the right shift, and the shift, int64 [out] each.

    The terms are 0, and the shifts may be negative, where `is_plain` does not hold.
    """
    right = -operator.shifts
    if not is_plain(model, operator):
        return np.zeros_like(right), right
    steps = np.int64(1) << right
    zero_point = model.traced[operator.output].zero_point
    return steps // 2 + zero_point * steps, right
