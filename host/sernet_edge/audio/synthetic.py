"""Speech-like clips that the repository makes itself, so that no corpus is needed to verify.

Glottal pulses or noise through formant resonators (the source-filter model of speech). The clips
are the same on every machine: fixed seeds, raw PCG64 words, and rounding to 16 bits at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_edge.audio.load import Samples, to_int16

Signal = npt.NDArray[np.float64]

# Formants in Hz of five vowels, after Peterson & Barney (1952), rounded.
VOWELS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
FORMANT_WIDTH_HZ = (80, 100, 140)
_LOUD = 20_000.0


@dataclass(frozen=True)
class Clip:
    """Samples, int16 [n] at 16 kHz, and a name for reports."""

    name: str
    samples: Samples


def synthetic_clips() -> list[Clip]:
    """Return the clips, always the same, in a fixed order, 0.3 to 3.6 s long."""
    return [Clip(name, make()) for name, make in _CLIPS.items()]


def _count(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE_HZ)


def _noise(seed: int, seconds: float) -> Signal:
    """Return uniform noise within +-1; raw words, because only those never change in numpy."""
    words = np.random.PCG64(seed).random_raw(_count(seconds))
    uniform: Signal = (words >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0
    return uniform


def _resonate(source: Signal, centre_hz: float, width_hz: float) -> Signal:
    """Return `source` through a two-pole resonator with unit gain at DC."""
    radius = np.exp(-np.pi * width_hz / SAMPLE_RATE_HZ)
    poles = [1.0, -2.0 * radius * np.cos(2 * np.pi * centre_hz / SAMPLE_RATE_HZ), radius**2]
    filtered: Signal = lfilter([sum(poles)], poles, source)
    return filtered


def _fade(signal: Signal) -> Signal:
    """Return `signal` with its peak at 1 and 20 ms of rise and fall."""
    ramp = np.minimum(1.0, np.arange(1, len(signal) + 1) / _count(0.02))
    faded = signal * ramp * ramp[::-1]
    scaled: Signal = faded / np.max(np.abs(faded))
    return scaled


def _voiced(
    vowel: str, pitch_hz: float, seconds: float, vibrato: float = 0.02, glide: float = 0.0
) -> Signal:
    """Return a sung vowel, peak 1; `vibrato` and `glide` are parts of the pitch."""
    time = np.arange(_count(seconds)) / SAMPLE_RATE_HZ
    swing = 1.0 + vibrato * np.sin(2 * np.pi * 5.5 * time) + glide * (time / seconds - 0.5)
    # Starting inside a cycle keeps every pulse off the edge where the last bit would place it.
    cycles = np.floor(0.37 + np.cumsum(pitch_hz * swing) / SAMPLE_RATE_HZ)
    signal = _resonate(np.diff(cycles, prepend=0.0), 0.0, 200.0)
    for centre_hz, width_hz in zip(VOWELS[vowel], FORMANT_WIDTH_HZ, strict=True):
        signal = _resonate(signal, centre_hz, width_hz)
    radiated: Signal = np.diff(signal, prepend=0.0)
    return _fade(radiated)


def _unvoiced(seed: int, centre_hz: float, seconds: float, width_hz: float = 900.0) -> Signal:
    """Return a fricative, peak 1: noise around `centre_hz`."""
    return _fade(np.diff(_resonate(_noise(seed, seconds), centre_hz, width_hz), prepend=0.0))


def _pause(seconds: float) -> Signal:
    return np.zeros(_count(seconds))


def _join(*parts: Signal) -> Signal:
    return np.concatenate(parts)


def _phrase(seed: int, pitch_hz: float, syllables: str, pace_s: float) -> Signal:
    """Return syllables of a fricative and a vowel each, the pitch falling, with short pauses."""
    parts = []
    for index, vowel in enumerate(syllables):
        fricative_hz = 2500.0 + 700.0 * ((seed + index) % 6)
        falling_hz = pitch_hz * (1.0 - 0.04 * index)
        parts += [
            0.3 * _unvoiced(seed + index, fricative_hz, 0.4 * pace_s),
            (0.6 + 0.4 * ((index + seed) % 2)) * _voiced(vowel, falling_hz, pace_s, glide=-0.1),
            _pause(0.25 * pace_s),
        ]
    return _join(*parts)


def _breathy(seed: int, vowel: str, pitch_hz: float, seconds: float) -> Signal:
    return 0.7 * _voiced(vowel, pitch_hz, seconds) + 0.3 * _unvoiced(seed, 1800.0, seconds, 2500.0)


def _with_offset(signal: Signal, peak: float, offset: float) -> Samples:
    return to_int16(signal * peak + offset)


def _clip(make: Callable[[], Signal], peak: float = _LOUD) -> Callable[[], Samples]:
    return lambda: to_int16(make() * peak)


_CLIPS: dict[str, Callable[[], Samples]] = {
    "voiced-a-110": _clip(lambda: _voiced("a", 110.0, 2.0)),
    "voiced-i-220": _clip(lambda: _voiced("i", 220.0, 1.5, vibrato=0.05)),
    "voiced-u-95": _clip(lambda: _voiced("u", 95.0, 2.5, glide=-0.3)),
    "voiced-e-330": _clip(lambda: _voiced("e", 330.0, 1.2, glide=0.4)),
    "voiced-o-160": _clip(lambda: _voiced("o", 160.0, 3.0, vibrato=0.0)),
    "unvoiced-low": _clip(lambda: _unvoiced(1, 2200.0, 1.5), 9_000.0),
    "unvoiced-high": _clip(lambda: _unvoiced(2, 5800.0, 2.0), 6_000.0),
    "white-noise": _clip(lambda: _noise(3, 1.0), 12_000.0),
    "breathy": _clip(lambda: _breathy(4, "a", 190.0, 2.2)),
    "phrase-calm": _clip(lambda: _phrase(10, 105.0, "aeiou", 0.28), 6_000.0),
    "phrase-lively": _clip(lambda: _phrase(20, 240.0, "iaeoaie", 0.18)),
    "phrase-angry": _clip(lambda: _phrase(30, 180.0, "aaeaoe", 0.22), 32_000.0),
    "phrase-slow": _clip(lambda: _phrase(40, 90.0, "ouo", 0.5), 4_000.0),
    "phrase-long-3.6s": _clip(lambda: _join(_phrase(50, 150.0, "aeioua", 0.35), _pause(0.135))),
    "short-0.3s": _clip(lambda: _voiced("e", 200.0, 0.3)),
    "short-noise-0.3s": _clip(lambda: _unvoiced(5, 4000.0, 0.3), 3_000.0),
    "quiet": _clip(lambda: _phrase(60, 140.0, "aeo", 0.4), 300.0),
    "whisper-near-silence": _clip(lambda: _unvoiced(6, 2500.0, 1.5), 6.0),
    "one-bit-noise": _clip(lambda: _noise(7, 1.0), 1.0),
    "silence-inside": _clip(
        lambda: _join(_voiced("a", 130.0, 0.8), _pause(1.0), 0.5 * _voiced("i", 210.0, 0.7))
    ),
    "silence-first": _clip(lambda: _join(_pause(1.2), _phrase(70, 170.0, "oa", 0.3))),
    "saturated": _clip(lambda: _phrase(80, 200.0, "aoea", 0.3), 250_000.0),
    "square-full-scale": _clip(
        lambda: np.where(np.arange(_count(1.0)) // 40 % 2 == 0, 1.0, -1.0), 32_768.0
    ),
    "offset": lambda: _with_offset(_voiced("o", 120.0, 1.6), 8_000.0, 6_000.0),
    "constant": lambda: _with_offset(_pause(0.5), 0.0, 12_345.0),
    "impulse": _clip(lambda: _join(_pause(0.25), np.ones(1), _pause(0.25)), 32_767.0),
    "digital-silence": _clip(lambda: _pause(1.0)),
}
