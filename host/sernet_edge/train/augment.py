"""Variations of training clips: small functions of samples or of raw MFCCs and a generator."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from sernet_cal.float_features import silence_vector
from sernet_edge.audio.load import to_int16

Samples = npt.NDArray[np.int16]
Rows = npt.NDArray[np.float32]
Generator = np.random.Generator

# c0 is 16 times the mean log-mel value (orthonormal DCT over 128 bands), hence of a gain's log.
_C0_PER_LOG_GAIN = 16.0


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


def change_gain(rows: Rows, gain_db: float) -> Rows:
    """Return raw MFCCs, [rows, 40], as if the clip were `gain_db` louder."""
    louder = rows.copy()
    louder[:, 0] += _C0_PER_LOG_GAIN * gain_db * np.log(10.0) / 20.0
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
