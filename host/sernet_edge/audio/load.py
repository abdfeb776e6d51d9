"""Reads one sound file as the board would hear it: 16 kHz, mono, 16 bit."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from sernet_cal.errors import InputError
from sernet_cal.features import FRAME_LENGTH, SAMPLE_RATE_HZ

Samples = npt.NDArray[np.int16]
Signal = npt.NDArray[np.float64]
FULL_SCALE = 32768.0
# Below, hardly any speech is left; far above, a damaged header would ask for all memory.
LOWEST_RATE_HZ = 4_000
HIGHEST_RATE_HZ = 384_000


@dataclass(frozen=True)
class Sound:
    """A file's samples, int16 [n] at 16 kHz, and what the file itself had."""

    samples: Samples
    rate_hz: int
    channels: int
    seconds: float


class SoundError(InputError):
    """A sound file that cannot be used; `reason` is the message without the path."""

    def __init__(self, path: Path, reason: str, hint: str) -> None:
        super().__init__(f"{path} {reason}.", hint)
        self.reason = reason


def read_samples(path: Path) -> Samples:
    """Return the samples of the sound file at `path`, int16 [n] at 16 kHz, n >= 1024.

    Any WAV or FLAC of 4 to 384 kHz: channels are averaged, other rates converted by
    `scipy.signal.resample_poly`, and what has more than 16 bits or is float (full scale 1.0) is
    rounded to 16 bits. Raises SoundError for a file that is no sound, has a rate beyond those,
    holds values that are not numbers, is silent, or is shorter than one frame.
    """
    return read_sound(path).samples


def read_sound(path: Path) -> Sound:
    """Return what `read_samples` does, with the rate, channels and length that the file had."""
    signal, rate_hz = _read(path)
    count, channels = signal.shape
    _check_rate(path, rate_hz)
    _check_finite(path, signal)
    samples = to_int16(_at_16_khz(signal.mean(axis=1), rate_hz) * FULL_SCALE)
    _check_content(path, samples)
    return Sound(samples, rate_hz, channels, count / rate_hz)


def to_int16(values: Signal) -> Samples:
    """Return `values` (any shape, in steps of one bit) rounded and saturated to int16."""
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def _read(path: Path) -> tuple[Signal, int]:
    """Return the file's values, float64 [n, channels], full scale 1.0, and its rate in Hz."""
    if not path.is_file():
        raise SoundError(path, "is not there", "Check the path given to --data.")
    try:
        signal, rate_hz = soundfile.read(os.fsencode(path), dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError, MemoryError) as error:
        # MemoryError: a damaged header promises more samples than any file holds.
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise SoundError(
            path,
            f"cannot be read as a sound file: {reason}",
            f"WAV and FLAC are expected. {_convert_hint(path)}",
        ) from error
    return signal, int(rate_hz)


def _at_16_khz(mono: Signal, rate_hz: int) -> Signal:
    """Return `mono`, float64 [n] at `rate_hz`, as float64 [ceil(n * 16000 / rate_hz)]."""
    if rate_hz == SAMPLE_RATE_HZ or not len(mono):
        return mono
    common = math.gcd(SAMPLE_RATE_HZ, rate_hz)
    converted: Signal = resample_poly(mono, SAMPLE_RATE_HZ // common, rate_hz // common)
    return converted


def _check_rate(path: Path, rate_hz: int) -> None:
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise SoundError(
            path,
            f"is sampled at {rate_hz} Hz; {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz can be used",
            _convert_hint(path),
        )


def _check_finite(path: Path, signal: Signal) -> None:
    # Sums of the largest float64 values would not be finite; beyond float32 nothing is sound.
    bad = np.flatnonzero(~(np.abs(signal) <= np.finfo(np.float32).max).all(axis=1))
    if len(bad):
        raise SoundError(
            path,
            f"holds {len(bad)} values that are not finite numbers (NaN or infinity), "
            f"the first is sample {bad[0]} of {len(signal)}",
            "The file was written by a program that failed; make it anew from its source.",
        )


def _check_content(path: Path, samples: Samples) -> None:
    if len(samples) < FRAME_LENGTH:
        raise SoundError(
            path,
            f"is too short: {len(samples)} samples; one frame needs {FRAME_LENGTH} "
            f"({1000 * FRAME_LENGTH // SAMPLE_RATE_HZ} ms at {SAMPLE_RATE_HZ} Hz)",
            "Leave it out, or record a longer one.",
        )
    if not samples.any():
        raise SoundError(
            path,
            f"is silent: all its {len(samples)} samples are zero",
            f"Look at the recording, or leave it out:  sox {path.name} -n stat",
        )


def _convert_hint(path: Path) -> str:
    return (
        f"Convert it:  ffmpeg -i {path.name} -ar {SAMPLE_RATE_HZ} -ac 1 "
        f"-sample_fmt s16 {path.stem}_16k.wav"
    )
