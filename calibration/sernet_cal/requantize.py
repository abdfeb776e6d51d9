"""The arithmetic between a sum and the next int8 value, as TFLite's reference kernels do it.

Rounding profiles: `DOUBLE` rounds twice (the doubling high multiplication, then the division by a
power of two, halves away from zero); `SINGLE` rounds once, halves up. Convolution and mean follow
DOUBLE, the fully connected layer SINGLE; tests hold each operator to BUILTIN_REF. Each function
is mirrored by the helper of the same name in runtime/engine/sn_requantize.h.
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
Int8Array = npt.NDArray[np.int8]

INT8_MIN, INT8_MAX = -128, 127
INT32_MAX = 2**31 - 1
# Left shifts beyond this one, and right shifts beyond 31, do not occur in a sane model.
MAX_LEFT_SHIFT = 30


class Rounding(Enum):
    """The named rounding profiles."""

    DOUBLE = "double"
    SINGLE = "single"


@dataclass(frozen=True)
class Multiplier:
    """A positive real factor as `value` * 2**(`shift` - 31), `value` in [2**30, 2**31) or 0."""

    value: int
    shift: int


def quantize_multiplier(factor: float) -> Multiplier:
    """Return the nearest Multiplier of `factor` >= 0 (TFLite's QuantizeMultiplier)."""
    mantissa, shift = math.frexp(factor)
    value = math.floor(mantissa * 2**31 + 0.5)
    if value == 2**31:
        value, shift = value // 2, shift + 1
    return Multiplier(0, 0) if shift < -31 else Multiplier(value, shift)


def doubling_high_mul(values: Int64Array, multiplier: Int64Array | int) -> Int64Array:
    """Return round(values * multiplier / 2**31), halves up; int32 ranges in and out."""
    product: Int64Array = values * multiplier
    return (product + (1 << 30)) >> 31


def rounding_shift_right(values: Int64Array, shift: Int64Array | int) -> Int64Array:
    """Return round(values / 2**shift), halves away from zero; `shift` >= 0."""
    half = (np.int64(1) << np.asarray(shift, np.int64)) >> 1
    rounded: Int64Array = (values + half - ((values < 0) & (half > 0))) >> shift
    return rounded


def multiply_double_rounding(
    values: Int64Array, multiplier: Int64Array | int, shift: Int64Array | int
) -> Int64Array:
    """Return values * multiplier * 2**(shift - 31), rounded twice (profile DOUBLE).

    Arguments broadcast. Raises OverflowError where values << max(shift, 0) leaves int32.
    """
    shift = np.asarray(shift, np.int64)
    shifted = values << np.maximum(shift, 0)
    if np.any(shifted > INT32_MAX) or np.any(shifted < -INT32_MAX):
        raise OverflowError("a sum leaves int32 before it is requantized")
    return rounding_shift_right(doubling_high_mul(shifted, multiplier), np.maximum(-shift, 0))


def multiply_single_rounding(
    values: Int64Array, multiplier: Int64Array | int, shift: Int64Array | int
) -> Int64Array:
    """Return values * multiplier * 2**(shift - 31), rounded once, halves up (profile SINGLE)."""
    total = 31 - np.asarray(shift, np.int64)
    product: Int64Array = values * multiplier
    return (product + (np.int64(1) << (total - 1))) >> total


def clamp(values: Int64Array, low: int, high: int) -> Int8Array:
    """Return `values` limited to low..high, as int8."""
    return np.clip(values, low, high).astype(np.int8)
