"""One function per operator: whole int8 tensors in and out, exactly as TFLite's reference kernels.

Sums run through float64 matrix products, which are exact here: every partial sum is an integer
below 2**53 (255 * 127 * the number of weights, and read_qmodel bounds the sums by 2**30).
"""

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError
from sernet_cal.qmodel_types import (
    Convolution,
    FullyConnected,
    Mean,
    Pool,
    Softmax,
    row_geometry,
    same_padding,
)
from sernet_cal.requantize import (
    INT8_MAX,
    INT8_MIN,
    Int8Array,
    Int64Array,
    Multiplier,
    clamp,
    doubling_high_mul,
    multiply_double_rounding,
    multiply_single_rounding,
    rounding_shift_right,
)

# The accumulator of a mean is an int32 in TFLite and in the C.
MEAN_SUM_LIMIT = 2**31 - 1
_ACCUMULATION_BITS = 12


def convolution(
    operator: Convolution, values: Int8Array, input_zero: int, output_zero: int
) -> Int8Array:
    """Return CONV_2D of int8 [rows, width, in] as int8 [rows, width, out]."""
    sums = convolution_sums(operator, values, input_zero)
    return convolution_output(operator, sums, output_zero)


def convolution_sums(operator: Convolution, values: Int8Array, input_zero: int) -> Int64Array:
    """Return the sums of products, without bias, int64 [rows, width, out]."""
    (height, width), (rows, columns, _) = operator.kernel, values.shape
    above, left = row_geometry(operator)[2], same_padding(columns, width, 1)[1]
    centred = values.astype(np.float64) - input_zero
    margins = ((above, height - 1 - above), (left, width - 1 - left), (0, 0))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(centred, margins), (height, width), axis=(0, 1)
    )
    weights = operator.weights.astype(np.float64).transpose(3, 1, 2, 0)
    patches = windows.reshape(rows * columns, -1)
    sums = (patches @ weights.reshape(-1, weights.shape[-1])).astype(np.int64)
    return sums.reshape(rows, columns, -1)


def convolution_output(operator: Convolution, sums: Int64Array, output_zero: int) -> Int8Array:
    """Return what CONV_2D makes of its `sums` [..., out], as int8 (profile DOUBLE)."""
    scaled = multiply_double_rounding(sums + operator.bias, operator.multipliers, operator.shifts)
    return clamp(scaled + output_zero, operator.low, operator.high)


def _pool_windows(
    operator: Pool, values: npt.NDArray[np.int64], outside: int
) -> npt.NDArray[np.int64]:
    """Return the windows of `values` [rows, width, channels] on `outside`, as
    [out rows, out width, channels, kernel height, kernel width]."""
    margins, steps = [], []
    for size, kernel, stride in zip(values.shape, operator.kernel, operator.stride, strict=False):
        count, before = same_padding(size, kernel, stride)
        after = max(0, (count - 1) * stride + kernel - size - before)
        margins.append((before, after))
        steps.append((count, stride))
    padded = np.pad(values, (*margins, (0, 0)), constant_values=outside)
    view = np.lib.stride_tricks.sliding_window_view(padded, operator.kernel, axis=(0, 1))
    (count_y, stride_y), (count_x, stride_x) = steps
    windows: npt.NDArray[np.int64] = view[::stride_y, ::stride_x][:count_y, :count_x]
    return windows


def average_pool(operator: Pool, values: Int8Array) -> Int8Array:
    """Return AVERAGE_POOL_2D over the pixels inside the picture, halves away from zero."""
    sums = _pool_windows(operator, values.astype(np.int64), 0).sum(axis=(3, 4))
    counts = _pool_windows(operator, np.ones_like(values, np.int64), 0).sum(axis=(3, 4))
    return clamp(divide_rounding(sums, counts), operator.low, operator.high)


def divide_rounding(values: Int64Array, count: Int64Array | int) -> Int64Array:
    """Return values / count, halves away from zero; `count` > 0."""
    quotient: Int64Array = np.sign(values) * ((np.abs(values) + np.asarray(count) // 2) // count)
    return quotient


def max_pool(operator: Pool, values: Int8Array) -> Int8Array:
    """Return MAX_POOL_2D over the pixels inside the picture."""
    windows = _pool_windows(operator, values.astype(np.int64), INT8_MIN)
    return clamp(windows.max(axis=(3, 4)), operator.low, operator.high)


def mean(operator: Mean, values: Int8Array, input_zero: int, output_zero: int) -> Int8Array:
    """Return MEAN over rows and width of int8 [rows, width, channels] as int8 [channels].

    The division by the number of pixels is folded into the multiplier, as TFLite's
    QuantizedMeanOrSum does it. Raises InputError for a clip so long that the int32 sum could
    overflow.
    """
    pixels = values.shape[0] * values.shape[1]
    if pixels * 255 > MEAN_SUM_LIMIT:
        raise InputError(
            f"The clip is too long: the mean of {pixels} pixels can leave its 32-bit sum."
        )
    sums = (values.astype(np.int64) - input_zero).sum(axis=(0, 1))
    factor = mean_multiplier(operator.multiplier, pixels)
    scaled = multiply_double_rounding(sums, factor.value, factor.shift)
    return clamp(scaled + output_zero, INT8_MIN, INT8_MAX)


def mean_multiplier(multiplier: Multiplier, pixels: int) -> Multiplier:
    """Return `multiplier` / `pixels`, cut towards zero to the bits that TFLite keeps."""
    shift = min(pixels.bit_length() - 1, 32, 31 + multiplier.shift)
    return Multiplier((multiplier.value << shift) // pixels, multiplier.shift - shift)


def fully_connected(
    operator: FullyConnected, values: Int8Array, input_zero: int, output_zero: int
) -> Int8Array:
    """Return FULLY_CONNECTED of int8 [in] as int8 [out]."""
    sums = fully_connected_sums(operator, values, input_zero)
    return fully_connected_output(operator, sums, output_zero)


def fully_connected_sums(
    operator: FullyConnected, values: Int8Array, input_zero: int
) -> Int64Array:
    """Return the sums of products, without bias, int64 [out]."""
    centred = values.astype(np.int64) - input_zero
    sums: Int64Array = operator.weights.astype(np.int64) @ centred
    return sums


def fully_connected_output(
    operator: FullyConnected, sums: Int64Array, output_zero: int
) -> Int8Array:
    """Return what FULLY_CONNECTED makes of its `sums` [..., out], as int8 (profile SINGLE)."""
    scaled = multiply_single_rounding(sums + operator.bias, operator.multipliers, operator.shifts)
    return clamp(scaled + output_zero, operator.low, operator.high)


def softmax(operator: Softmax, values: Int8Array) -> Int8Array:
    """Return SOFTMAX of int8 [n] as int8 [n] with scale 1/256 and zero point -128."""
    wide = values.astype(np.int64)
    powers = operator.exponentials[wide.max() - wide]
    total = int(rounding_shift_right(powers, _ACCUMULATION_BITS).sum())
    headroom = 32 - total.bit_length()
    reciprocal = _reciprocal((total << headroom) - 2**31)
    # 31 fraction bits, less the 8 that an int8 keeps, and the digits above one of the sum.
    shift = 31 - 8 + _ACCUMULATION_BITS - headroom
    scaled = rounding_shift_right(doubling_high_mul(powers, reciprocal), shift)
    return clamp(scaled + INT8_MIN, INT8_MIN, INT8_MAX)


def _reciprocal(value: int) -> int:
    """Return 1 / (1 + value), Q0.31 in [0, 1) in and Q0.31 out.

    gemmlowp's one_over_one_plus_x_for_x_in_0_1: three Newton-Raphson steps in Q2.29.
    """
    half = (value + 2**31) >> 1
    x = 1515870810 + _high_mul(half, -1010580540)
    for _ in range(3):
        error = 2**29 - _high_mul(half, x)
        x += _saturate(_high_mul(x, error) << 2)
    return _saturate(x << 1)


def _high_mul(a: int, b: int) -> int:
    return (a * b + 2**30) >> 31


def _saturate(value: int) -> int:
    return max(-(2**31), min(2**31 - 1, value))
