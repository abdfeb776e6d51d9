"""The integer front-end's tables, computed from the specification; numpy twin and C share them.

Formats: a Qn value v stands for v / 2^n.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sernet_cal import features, float_features
from sernet_cal.errors import ModelError
from sernet_cal.features import FrontEnd, Window

IntArray = npt.NDArray[np.int64]

FFT_POINTS = features.FRAME_LENGTH // 2  # complex points: the real frame, two samples a point
FFT_SHIFT = 10  # the spectrum is the true one divided by 2^FFT_SHIFT
WEIGHT_BITS = 15
SAMPLE_BITS = 15
# A mel sum of 1.0 is 2^(MEL_BITS + the frame's block shift); the window's product halves.
MEL_BITS = SAMPLE_BITS - 1 - FFT_SHIFT + WEIGHT_BITS
EPSILON_BITS = 50
LOG_BITS = 20
DCT_ONE = 32767  # cos 0 in the table: so scaled that 1.0 fits int16
DCT_SHIFT = 18
HALF_BANDS = features.MEL_BANDS // 2
# One step of the DCT's result in units of the raw MFCC: ln 2 turns log2 into ln, 1/8 is
# 2 / sqrt(2 * 128) of the DCT's scale with the 2 of scipy's and TensorFlow's DCT-II taken out.
RAW_STEP = math.log(2.0) / 8.0 * 2.0**DCT_SHIFT / (2.0**LOG_BITS * DCT_ONE)
_LARGEST_MEAN = 1000.0  # raw MFCCs lie within +-250; keeps the 64-bit offsets in range
_MULTIPLIER_BITS = 31
_LARGEST_SHIFT = 53


def _rounded(values: npt.NDArray[np.float64]) -> IntArray:
    return np.rint(values).astype(np.int64)


@cache
def window_table(window: Window) -> IntArray:
    """Return the first 513 values of the (symmetric) window, Q31, 1.0 held as 2^31 - 1.

    Wide, because the Hann window rises from 0 in steps of 1e-5: a frame that touches the clip's
    sound only with its edge is as loud to the logarithm as any other.
    """
    values = float_features.window_values(window)[: features.FRAME_LENGTH // 2 + 1]
    return np.minimum(_rounded(values * 2.0**31), 2**31 - 1)


@cache
def twiddle_table() -> IntArray:
    """Return exp(-2 pi i m / 1024) for m = 0..511 as [512, 2] (cosine, minus sine) in Q31.

    +1.0 is held as 2^31 - 1; the FFT does not multiply by it.
    """
    phase = 2.0 * np.pi * np.arange(FFT_POINTS) / features.FRAME_LENGTH
    pairs = np.stack([np.cos(phase), -np.sin(phase)], axis=1)
    return np.minimum(_rounded(pairs * 2.0**31), 2**31 - 1)


@cache
def sqrt_table() -> IntArray:
    """Return sqrt(i / 64) in Q24 for i = 64..256, [193]."""
    return _rounded(np.sqrt(np.arange(64, 257) / 64.0) * 2.0**24)


@cache
def log2_table() -> IntArray:
    """Return log2(1 + i / 256) in Q20 for i = 0..256, [257]."""
    return _rounded(np.log2(1.0 + np.arange(257) / 256.0) * 2.0**LOG_BITS)


@dataclass(frozen=True)
class MelFilters:
    """The mel filters without their zeros; every band has one bin at least.

    `first`, `count` [128]: each band's first FFT bin and number of bins; `weights`: Q15, all bands'
    in a row.
    """

    first: IntArray
    count: IntArray
    weights: IntArray

    @property
    def starts(self) -> IntArray:
        """Where each band's weights start, [128]."""
        return np.cumsum(self.count) - self.count

    @property
    def bins(self) -> IntArray:
        """The FFT bin of each weight."""
        return np.arange(len(self.weights)) + np.repeat(self.first - self.starts, self.count)


@cache
def mel_filters() -> MelFilters:
    """Return the 128 triangular filters rounded to Q15."""
    bands = _rounded(float_features.mel_weights() * 2.0**WEIGHT_BITS).T
    used = [np.flatnonzero(band) for band in bands]
    return MelFilters(
        first=np.array([bins[0] for bins in used]),
        count=np.array([bins[-1] + 1 - bins[0] for bins in used]),
        weights=np.concatenate(
            [band[bins[0] : bins[-1] + 1] for band, bins in zip(bands, used, strict=True)]
        ),
    )


@dataclass(frozen=True)
class MelSlopes:
    """The mel filters by their slopes: what C reads (sn_mel.c), half the size of `MelFilters`.

    Between the centres of two bands, the upper one's weights rise as the lower one's fall: together
    they are 2^WEIGHT_BITS. Slope s is the rise of band s and the fall of band s - 1; the first one
    has only a rise, the last one only a fall.
    `first_bin`: the FFT bin of the first weight; the others follow without a gap. `count` [129]:
    bins of each slope, may be 0; `weights`: Q15, rising.
    """

    first_bin: int
    count: IntArray
    weights: IntArray


@cache
def mel_slopes() -> MelSlopes:
    """Return the slopes of `mel_filters`."""
    filters = mel_filters()
    slope = np.full(FFT_POINTS, -1)
    rising, both = np.zeros((2, FFT_POINTS), dtype=np.int64)
    np.add.at(both, filters.bins, filters.weights)
    # A bin's upper band comes last, and what it writes stays.
    slope[filters.bins] = np.repeat(np.arange(features.MEL_BANDS), filters.count)
    rising[filters.bins] = filters.weights
    one = 1 << WEIGHT_BITS
    falls = (slope == features.MEL_BANDS - 1) & (both < one)
    slope[falls], rising[falls] = features.MEL_BANDS, one - rising[falls]
    used = np.flatnonzero(slope >= 0)
    return MelSlopes(
        first_bin=int(used[0]),
        count=np.bincount(slope[used], minlength=features.MEL_BANDS + 1),
        weights=rising[used],
    )


@cache
def dct_table() -> IntArray:
    """Return cos(pi k (n + 1/2) / 128) * 32767 for the 40 coefficients k, n = 0..63, [40, 64].

    The other half follows by symmetry: the cosine at 127 - n is the same for even k, minus it for
    odd k.
    """
    coefficient = np.arange(features.COEFFICIENTS)[:, None]
    band = np.arange(HALF_BANDS)[None] + 0.5
    return _rounded(np.cos(np.pi * coefficient * band / features.MEL_BANDS) * DCT_ONE)


@cache
def folded_dct_tables() -> tuple[IntArray, IntArray]:
    """Return the rows of `dct_table` that C reads: odd coefficients [20, 64], even ones [20, 32].

    An even coefficient's cosines mirror at a quarter of the bands, with the other sign where it is
    no multiple of 4 (sn_dct.c).
    """
    table = dct_table()
    return table[1::2], table[0::2, : HALF_BANDS // 2]


def epsilon() -> int:
    """Return the 1e-6 that is added to each mel sum, Q51."""
    return round(features.LOG_EPSILON * 2.0**EPSILON_BITS)


@dataclass(frozen=True)
class AffineMaps:
    """DCT results to int8: q = round((value * multiplier[k] + offset[k]) / 2^shift) + zero point.

    The quotient is clamped to +-`limit` / 2^shift before it is rounded, half away from zero.
    `silence`: the int8 row of digital silence, [40].
    """

    multiplier: IntArray
    offset: IntArray
    shift: int
    limit: int
    zero_point: int
    silence: npt.NDArray[np.int8]


def affine_maps(front_end: FrontEnd, input_scale: float, input_zero_point: int) -> AffineMaps:
    """Fold standardisation and the int8 step into one integer map for each coefficient.

    Raises ModelError for normalisation values or an input scale that no feature can have.
    """
    _check_normalisation(front_end, input_scale)
    step = np.array(front_end.deviation) * input_scale
    largest = float(np.max(RAW_STEP / step))
    shift = min(_MULTIPLIER_BITS - 1 - math.floor(math.log2(largest)), _LARGEST_SHIFT)
    multiplier = np.minimum(_rounded(RAW_STEP / step * 2.0**shift), 2**_MULTIPLIER_BITS - 1)
    offset = _rounded(-np.array(front_end.mean) / step * 2.0**shift)
    limit = min(round(front_end.clip / input_scale * 2.0**shift), 2**62)
    silence = quantize_features(
        float_features.standardise(front_end, float_features.silence_vector()),
        input_scale,
        input_zero_point,
    )
    return AffineMaps(multiplier, offset, shift, limit, input_zero_point, silence)


def quantize_features(
    values: npt.NDArray[np.float64], input_scale: float, input_zero_point: int
) -> npt.NDArray[np.int8]:
    """Quantize standardised features as TFLite does: half away from zero, then clamped."""
    steps = values / input_scale
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps) + input_zero_point
    quantized: npt.NDArray[np.int8] = np.clip(rounded, -128, 127).astype(np.int8)
    return quantized


def _check_normalisation(front_end: FrontEnd, input_scale: float) -> None:
    mean, deviation = np.array(front_end.mean), np.array(front_end.deviation)
    usable = np.isfinite(mean) & (np.abs(mean) <= _LARGEST_MEAN)
    usable &= np.isfinite(deviation) & (deviation > 0)
    if not usable.all():
        k = int(np.argmin(usable))
        raise ModelError(
            f"The front-end's normalisation of coefficient {k} is not usable: mean {mean[k]:g}, "
            f"deviation {deviation[k]:g}; expected |mean| <= {_LARGEST_MEAN:g} and deviation > 0."
        )
    if not (math.isfinite(input_scale) and input_scale > 0):
        raise ModelError(f"The model's input scale is {input_scale:g}; it must be above 0.")
