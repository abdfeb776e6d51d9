"""Reads one sound file as the board would hear it: 16 kHz, mono, 16 bit."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from sernet_cal.errors import InputError
from sernet_cal.features import FRAME_LENGTH, SAMPLE_RATE_HZ

Samples = npt.NDArray[np.int16]
FULL_SCALE = 32768.0


def read_samples(path: Path) -> Samples:
    """Return the samples of the sound file at `path`, int16 [n], n >= 1024.

    PCM of more than 16 bits and float files (full scale 1.0) are rounded to 16 bits. Raises
    InputError for a file that is no sound, has another rate or several channels, holds values that
    are not numbers, is silent, or is shorter than one frame.
    """
    signal, rate_hz = _read(path)
    if rate_hz != SAMPLE_RATE_HZ:
        raise InputError(
            f"{path} is sampled at {rate_hz} Hz; {SAMPLE_RATE_HZ} Hz is needed.",
            _convert_hint(path),
        )
    if signal.shape[1] != 1:
        raise InputError(
            f"{path} has {signal.shape[1]} channels; one (mono) is needed.", _convert_hint(path)
        )
    mono = signal[:, 0]
    _check_values(path, mono)
    samples = to_int16(mono * FULL_SCALE)
    if not samples.any():
        raise InputError(
            f"{path} is silent: all its {len(samples)} samples are zero.",
            f"Look at the recording, or leave it out:  sox {path.name} -n stat",
        )
    return samples


def to_int16(values: npt.NDArray[np.float64]) -> Samples:
    """Return `values` (any shape, in steps of one bit) rounded and saturated to int16."""
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def _read(path: Path) -> tuple[npt.NDArray[np.float64], int]:
    if not path.is_file():
        raise InputError(f"There is no sound file at {path}.", "Check the path given to --data.")
    try:
        signal, rate_hz = soundfile.read(os.fsencode(path), dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise InputError(
            f"{path} cannot be read as a sound file: {reason}.",
            f"WAV and FLAC are expected. {_convert_hint(path)}",
        ) from error
    return signal, int(rate_hz)


def _check_values(path: Path, mono: npt.NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(mono))
    if len(bad):
        raise InputError(
            f"{path} holds {len(bad)} values that are not finite numbers (NaN or infinity), "
            f"the first is sample {bad[0]} of {len(mono)}.",
            "The file was written by a program that failed; make it anew from its source.",
        )
    if len(mono) < FRAME_LENGTH:
        raise InputError(
            f"{path} is too short: {len(mono)} samples; one frame needs {FRAME_LENGTH} "
            f"({1000 * FRAME_LENGTH // SAMPLE_RATE_HZ} ms at {SAMPLE_RATE_HZ} Hz).",
            "Leave it out, or record a longer one.",
        )


def _convert_hint(path: Path) -> str:
    return (
        f"Convert it:  ffmpeg -i {path.name} -ar {SAMPLE_RATE_HZ} -ac 1 "
        f"-sample_fmt s16 {path.stem}_16k.wav"
    )
