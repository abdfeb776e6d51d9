"""Variations of training clips: small functions of samples or of raw MFCCs and a generator."""

from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dct
from scipy.signal import resample_poly

from sernet_cal.features import COEFFICIENTS, MEL_BANDS
from sernet_cal.float_features import band_centres_hz, silence_vector
from sernet_edge.audio.load import to_int16

Samples = npt.NDArray[np.int16]
Rows = npt.NDArray[np.float32]
Generator = np.random.Generator

# c0 is 16 times the mean log-mel value (TensorFlow's DCT over 128 bands), hence of a gain's log.
C0_PER_DB = 16.0 * float(np.log(10.0)) / 20.0


def change_speed(samples: Samples, speed: float) -> Samples:
    """Return `samples` played `speed` times as fast (pitch and length change), int16."""
    ratio = Fraction(speed).limit_denominator(100)
    slower = resample_poly(samples.astype(np.float64), ratio.denominator, ratio.numerator)
    return to_int16(np.asarray(slower))


def add_noise(samples: Samples, snr_db: float, slope: float, random: Generator) -> Samples:
    """Return `samples` with noise whose power falls with frequency^-`slope` (0 white, 1 pink)."""
    white = np.fft.rfft(random.standard_normal(len(samples)))
    shape = np.maximum(1, np.arange(len(white))) ** (-slope / 2.0)
    noise = np.fft.irfft(white * shape, len(samples))
    power = float(np.mean(samples.astype(np.float64) ** 2))
    wanted = np.sqrt(power / 10.0 ** (snr_db / 10.0))
    return to_int16(samples + noise * (wanted / np.sqrt(np.mean(noise**2))))


def change_pace(rows: Rows, factor: float) -> Rows:
    """Return raw MFCCs, [rows, 40], stretched to `factor` times as many rows, interpolated."""
    count = max(1, round(len(rows) * factor))
    where = np.linspace(0.0, len(rows) - 1.0, count)
    first = np.minimum(where.astype(np.int64), max(0, len(rows) - 2))
    share = (where - first)[:, None].astype(np.float32)
    second = np.minimum(first + 1, len(rows) - 1)
    stretched: Rows = rows[first] * (1.0 - share) + rows[second] * share
    return stretched


def warp_frequency(rows: Rows, factor: float) -> Rows:
    """Return raw MFCCs, [rows, 40], as from a vocal tract `factor` times as long.

    Every frequency f of the mel spectrum becomes what stood at `factor` f; the spectrum is the one
    that 40 coefficients describe (vocal tract length perturbation, Jaitly & Hinton, 2013).
    """
    return rows @ _warp_matrix(round(factor, 3))


@cache
def _warp_matrix(factor: float) -> Rows:
    """Return [40, 40]: inverse DCT, linear interpolation between mel bands, DCT."""
    centres_hz = band_centres_hz()
    bands = np.arange(MEL_BANDS)
    source = np.interp(np.clip(factor * centres_hz, *centres_hz[[0, -1]]), centres_hz, bands)
    move = np.maximum(0.0, 1.0 - np.abs(source[:, None] - bands[None]))
    cosines = dct(np.eye(MEL_BANDS), type=2, norm="ortho", axis=0)[:COEFFICIENTS]
    scale = np.ones(COEFFICIENTS)
    scale[0] = np.sqrt(2.0)  # what TensorFlow's DCT has over the orthonormal one
    warp = scale[:, None] * (cosines @ move @ cosines.T) / scale[None]
    matrix: Rows = warp.T.astype(np.float32)
    return matrix


def change_gain(rows: Rows, gain_db: float) -> Rows:
    """Return raw MFCCs, [rows, 40], as if the clip were `gain_db` louder."""
    louder = rows.copy()
    louder[:, 0] += C0_PER_DB * gain_db
    return louder


def shift_channel(rows: Rows, deviation: Rows, random: Generator) -> Rows:
    """Return raw MFCCs, [rows, 40], plus one random vector of `deviation`, [40]; c0 stays."""
    shift = random.standard_normal(rows.shape[1]) * deviation
    shift[0] = 0.0
    return (rows + shift).astype(np.float32)


def place(rows: Rows, count: int, random: Generator) -> Rows:
    """Return `count` rows: `rows` at a random offset in silence, or a random crop of them."""
    spare = count - len(rows)
    offset = int(random.integers(0, abs(spare) + 1))
    if spare <= 0:
        return rows[offset : offset + count]
    canvas = np.repeat(silence_vector()[None].astype(np.float32), count, axis=0)
    canvas[offset : offset + len(rows)] = rows
    return canvas


def mask(rows: Rows, axis: int, longest: int, random: Generator) -> Rows:
    """Return `rows` with a random stretch of 0 to `longest` entries of `axis` set to zero."""
    width = min(int(random.integers(0, longest + 1)), rows.shape[axis])
    start = int(random.integers(0, rows.shape[axis] - width + 1))
    masked = rows.copy()
    where = slice(start, start + width)
    if axis == 0:
        masked[where] = 0.0
    else:
        masked[:, where] = 0.0
    return masked


def mix(rows: Rows, labels: Rows, parameter: float, random: Generator) -> tuple[Rows, Rows]:
    """Return clips, [n, rows, 40], and labels, [n, classes], mixed with others of the batch.

    Each clip keeps a share drawn from beta(`parameter`, `parameter`) (Zhang et al., 2018).
    """
    shares = random.beta(parameter, parameter, len(rows)).astype(np.float32)
    other = random.permutation(len(rows))
    wide = shares[:, None, None]
    mixed = wide * rows + (1.0 - wide) * rows[other]
    return mixed, shares[:, None] * labels + (1.0 - shares[:, None]) * labels[other]
