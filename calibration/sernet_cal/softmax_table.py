"""The exponential of TFLite's int8 softmax, in fixed point, as a table over the 256 differences.

Formulas: gemmlowp's exp_on_negative_values (a Taylor polynomial around -1/8 on [-1/4, 0), then one
factor exp(-2**k) per set bit) on Q5.26 arguments, as TFLite's reference softmax calls it. Qm.n:
an int32 with m integer and n fraction bits.
"""

import math

import numpy as np

from sernet_cal.requantize import (
    Int64Array,
    doubling_high_mul,
    quantize_multiplier,
    rounding_shift_right,
)

_INTEGER_BITS = 5
_FRACTION_BITS = 31 - _INTEGER_BITS
_Q31_ONE = 2**31 - 1
# exp(-2**k) in Q0.31 for k = -2..4, as gemmlowp spells them.
_STEP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
_EXP_MINUS_EIGHTH = 1895147668
_ONE_THIRD = 715827883


def exponentials(scale: float, beta: float) -> Int64Array:
    """Return exp(-scale * beta * d) for d = 0..255 in Q0.31, int64 [256].

    Differences that TFLite leaves out, because their exponential is too small, are 0.
    """
    factor = min(beta * scale * 2**_FRACTION_BITS, 2**31 - 1.0)
    multiplier = quantize_multiplier(factor)
    if multiplier.shift < 0:
        # A logit scale below 2**-26: outside what TFLite's own preparation accepts.
        raise OverflowError("the softmax's input scale is too small")
    largest = (2**_INTEGER_BITS - 1) * 2**_FRACTION_BITS / 2**multiplier.shift
    differences = np.arange(256, dtype=np.int64)
    used = differences <= math.floor(largest)
    shifted = np.where(used, -differences, 0) << multiplier.shift
    table = exp_on_negative(doubling_high_mul(shifted, multiplier.value))
    return np.where(used, table, 0)


def exp_on_negative(values: Int64Array) -> Int64Array:
    """Return exp(values), Q5.26 <= 0 in, Q0.31 out (gemmlowp's exp_on_negative_values)."""
    quarter = 1 << (_FRACTION_BITS - 2)
    fraction = (values & (quarter - 1)) - quarter
    result = _exp_on_last_quarter(fraction << _INTEGER_BITS)
    remainder = fraction - values
    for step, factor in enumerate(_STEP_FACTORS):
        bit = (remainder >> (_FRACTION_BITS - 2 + step)) & 1
        result = np.where(bit == 1, doubling_high_mul(result, factor), result)
    return np.where(values == 0, _Q31_ONE, result)


def _exp_on_last_quarter(values: Int64Array) -> Int64Array:
    """Return exp(values) for values in [-1/4, 0), Q0.31 in and out."""
    x = values + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3 = doubling_high_mul(x2, x)
    x4 = doubling_high_mul(x2, x2)
    quartic = doubling_high_mul(rounding_shift_right(x4, 2) + x3, _ONE_THIRD)
    tail = rounding_shift_right(quartic + x2, 1)
    return _EXP_MINUS_EIGHTH + doubling_high_mul(x + tail, _EXP_MINUS_EIGHTH)
