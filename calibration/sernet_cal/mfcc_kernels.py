"""The integer MFCC's steps in numpy, bit for bit what runtime/frontend/*.c computes.

Arrays are int64 with frames along the first axis. Each function states the ranges that keep the
C's narrower types from overflowing; `>>` is the arithmetic shift, rounding down.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from sernet_cal import features, mfcc_tables
from sernet_cal.mfcc_tables import IntArray

_LARGEST_SHIFT_BEFORE = 30  # of a frame of ones (and of zeros)
_LARGEST_SHIFT_AFTER = 17


def bit_length(values: IntArray) -> IntArray:
    """Return the number of bits of each value in 0..2^63-1 (0 for 0)."""
    high = values >> 31
    # Both halves are below 2^32, so float64 holds them exactly and frexp cannot round up.
    return np.where(
        high > 0,
        np.frexp(high.astype(np.float64))[1].astype(np.int64) + 31,
        np.frexp((values & 0x7FFFFFFF).astype(np.float64))[1].astype(np.int64),
    )


def exact_product(left: IntArray, right: IntArray) -> IntArray:
    """Return the integer matrix product; exact while the sums of |products| stay below 2^53."""
    product: IntArray = (left.astype(np.float64) @ right.astype(np.float64)).astype(np.int64)
    return product


def windowed(frames: IntArray, window: IntArray) -> tuple[IntArray, IntArray]:
    """Window frames of samples within +-2^15 and scale each up to 30 bits (sn_window.c).

    Two block shifts: before the window, so that it does not round quiet samples away, and after
    it, for a frame that is loud only at its edge. Returns the frames, within +-2^30 and scaled by
    2^(shift - 1), and the shifts' sums, 15..47.
    """
    before = np.minimum(31 - bit_length(_all_bits(frames)), _LARGEST_SHIFT_BEFORE)
    whole = np.concatenate([window, window[-2:0:-1]])
    product = ((frames << before[:, None]) * whole) >> 32
    after = np.minimum(30 - bit_length(_all_bits(product)), _LARGEST_SHIFT_AFTER)
    return product << after[:, None], before + after


def _all_bits(frames: IntArray) -> IntArray:
    """Return the OR of each frame's values, the negative ones inverted (sn_value_bits).

    It is as long in bits as the largest: all values lie in -2^length..2^length - 1.
    """
    bits: IntArray = np.bitwise_or.reduce(frames ^ (frames >> 63), axis=1)
    return bits


@cache
def _bit_reversal() -> IntArray:
    order = np.zeros(1, dtype=np.int64)
    while len(order) < mfcc_tables.FFT_POINTS:
        order = np.concatenate([2 * order, 2 * order + 1])
    return order


def _rotated_half(
    real: IntArray, imaginary: IntArray, cosine: IntArray, minus_sine: IntArray
) -> tuple[IntArray, IntArray]:
    """Return half the product with a Q31 twiddle: one rounding down for each part."""
    return (
        (real * cosine - imaginary * minus_sine) >> 32,
        (real * minus_sine + imaginary * cosine) >> 32,
    )


def fft(frames: IntArray) -> tuple[IntArray, IntArray]:
    """Return the 512-point complex FFT of the frames' sample pairs, divided by 512 (sn_fft.c).

    Radix 2, decimation in time, each stage halves: |a|/2 + |b|/2 never exceeds the larger modulus,
    so parts stay within +-2^30.5 when the samples stay within +-2^30. Parts are [frames, 512].
    """
    order = _bit_reversal()
    # Frames lie along the last axis here: numpy's inner loops stay long in every stage.
    real, imaginary = frames.T[0::2][order], frames.T[1::2][order]
    half = 1
    while half < mfcc_tables.FFT_POINTS:
        shape = (-1, 2, half, len(frames))
        _stage(real.reshape(shape), imaginary.reshape(shape), half)
        half *= 2
    return real.T, imaginary.T


def _stage(real: IntArray, imaginary: IntArray, half: int) -> None:
    """Combine, in place, the pairs of points `half` apart: [groups, 2, half, frames]."""
    twiddle = mfcc_tables.twiddle_table()[:: mfcc_tables.FFT_POINTS // half, :, None]
    turned_real, turned_imaginary = _rotated_half(
        real[:, 1], imaginary[:, 1], twiddle[:, 0], twiddle[:, 1]
    )
    # The twiddle +1 does not fit Q31; its product is the halved value itself.
    turned_real[:, 0] = real[:, 1, 0] >> 1
    turned_imaginary[:, 0] = imaginary[:, 1, 0] >> 1
    for part, turned in ((real, turned_real), (imaginary, turned_imaginary)):
        halved = part[:, 0] >> 1
        np.add(halved, turned, out=part[:, 0])
        np.subtract(halved, turned, out=part[:, 1])


def magnitudes(real: IntArray, imaginary: IntArray) -> IntArray:
    """Return |rfft| / 2^10 for the bins 0..511 from the packed FFT, [frames, 512] (sn_spectrum.c).

    Bin 0 carries no mel weight and is set to 0. Results stay below 2^31.
    """
    points = mfcc_tables.FFT_POINTS
    result = np.zeros((len(real), points), dtype=np.int64)
    low, high = slice(1, points // 2), slice(points - 1, points // 2, -1)
    twiddles = mfcc_tables.twiddle_table()[low]
    a_real, a_imaginary = real[:, low] >> 1, imaginary[:, low] >> 1
    b_real, b_imaginary = real[:, high] >> 1, imaginary[:, high] >> 1
    even_real, even_imaginary = (a_real + b_real) >> 1, (a_imaginary - b_imaginary) >> 1
    # The odd samples' spectrum is (a - conj b) / 2i; its parts are turned by the twiddle.
    odd_real, odd_imaginary = a_imaginary + b_imaginary, b_real - a_real
    turned_real, turned_imaginary = _rotated_half(
        odd_real, odd_imaginary, twiddles[:, 0], twiddles[:, 1]
    )
    result[:, low] = magnitude(even_real + turned_real, even_imaginary + turned_imaginary)
    result[:, high] = magnitude(even_real - turned_real, even_imaginary - turned_imaginary)
    middle = points // 2
    result[:, middle] = magnitude(real[:, middle] >> 1, imaginary[:, middle] >> 1)
    return result


def magnitude(real: IntArray, imaginary: IntArray) -> IntArray:
    """Return the modulus of numbers whose parts are within +-2^30.6 (sn_spectrum.c).

    The square root is a table of 193 values with linear interpolation: relative error < 8e-6.
    """
    square = real * real + imaginary * imaginary
    length = bit_length(square)
    # Bring the square into 2^30..2^32 by an even shift; the root then moves by half of it.
    pairs = (np.maximum(length, 1) + 1) >> 1
    mantissa = np.where(
        pairs > 16, square >> np.maximum(2 * pairs - 32, 0), square << np.maximum(32 - 2 * pairs, 0)
    )
    table = mfcc_tables.sqrt_table()
    index = np.maximum((mantissa >> 24) - 64, 0)
    fraction = (mantissa >> 10) & 0x3FFF
    root = table[index] + (((table[index + 1] - table[index]) * fraction) >> 14)
    # The table is Q24 with 1.0 at a mantissa of 2^30, whose root is 2^15.
    scaled = np.where(
        pairs > 25, root << np.maximum(pairs - 25, 0), root >> np.maximum(25 - pairs, 0)
    )
    return np.where(square > 0, scaled, 0)


def mel_sums(bins: IntArray) -> IntArray:
    """Return the weighted sums [frames, 128] of [frames, 512] magnitudes below 2^31 (sn_mel.c).

    A band's weights sum to less than 2^19, so the sums stay below 2^50.
    """
    filters = mfcc_tables.mel_filters()
    sums: IntArray = np.add.reduceat(bins[:, filters.bins] * filters.weights, filters.starts, 1)
    return sums


def log2(values: IntArray) -> IntArray:
    """Return log2 in Q20 of values 1..2^62 (sn_log2.c); error below 3e-6."""
    exponent = bit_length(values) - 1
    mantissa = np.where(
        exponent > 31,
        values >> np.maximum(exponent - 31, 0),
        values << np.maximum(31 - exponent, 0),
    )
    table = mfcc_tables.log2_table()
    index = (mantissa >> 23) & 0xFF
    fraction = (mantissa >> 7) & 0xFFFF
    slope = table[index + 1] - table[index]
    part: IntArray = table[index] + ((slope * fraction) >> 16)
    return part + (exponent << mfcc_tables.LOG_BITS)


def dct(log_mel: IntArray) -> IntArray:
    """Return 40 cosine sums of [frames, 128] Q20 values within +-2^26 (sn_dct.c).

    Sums stay below 2^48 before the rounding shift and below 2^30 after it; one step of the result
    is mfcc_tables.RAW_STEP.
    """
    table = mfcc_tables.dct_table()
    low, high = log_mel[:, : mfcc_tables.HALF_BANDS], log_mel[:, : mfcc_tables.HALF_BANDS - 1 : -1]
    sums = np.empty((len(log_mel), features.COEFFICIENTS), dtype=np.int64)
    sums[:, 0::2] = exact_product(low + high, table[0::2].T)
    sums[:, 1::2] = exact_product(low - high, table[1::2].T)
    rounded: IntArray = (sums + (1 << (mfcc_tables.DCT_SHIFT - 1))) >> mfcc_tables.DCT_SHIFT
    return rounded


def percentile_of_magnitudes(samples: npt.NDArray[np.int16]) -> int:
    """Return 1000 times the 99.9th percentile of |samples|, exactly (sn_percentile.c).

    numpy's linear interpolation: rank 0.999 (n - 1), between the neighbouring values; n >= 2.
    """
    ordered = np.sort(np.abs(samples.astype(np.int64)))
    rank, remainder = divmod(999 * (len(ordered) - 1), 1000)
    low, high = int(ordered[rank]), int(ordered[rank + 1])
    return 1000 * low + remainder * (high - low)
