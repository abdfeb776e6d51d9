"""Reading sound files, and what is said about those that cannot be used."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet_cal.errors import InputError
from sernet_edge.audio.load import read_samples, to_int16

RATE_HZ = 16_000
RAMP = np.arange(-1000, 1000, dtype=np.int16)


def written(path: Path, values: np.ndarray, rate_hz: int = RATE_HZ, subtype: str = "") -> Path:
    soundfile.write(path, values, rate_hz, subtype=subtype or None)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_samples(path)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_sixteen_bit_files_are_read_as_they_are(tmp_path: Path, suffix: str) -> None:
    samples = read_samples(written(tmp_path / f"a.{suffix}", RAMP))
    assert samples.dtype == np.int16
    assert np.array_equal(samples, RAMP)


def test_float_files_have_full_scale_one_and_saturate(tmp_path: Path) -> None:
    values = np.zeros(1024)
    values[:4] = [0.5, -1.0, 1.5, 0.4 / 32768]
    samples = read_samples(written(tmp_path / "a.wav", values, subtype="FLOAT"))
    assert samples[:4].tolist() == [16384, -32768, 32767, 0]


def test_more_than_sixteen_bits_are_rounded(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", RAMP / 32768 + 0.4 / 32768, subtype="PCM_24")
    assert np.array_equal(read_samples(path), RAMP)


def test_rounding_goes_to_even_and_saturates() -> None:
    values = np.array([0.5, 1.5, -0.5, 40_000.0, -40_000.0])
    assert to_int16(values).tolist() == [0, 2, 0, 32767, -32768]


def test_wrong_rate_names_both_rates_and_the_conversion(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", RAMP, rate_hz=48_000)
    assert refusal(path) == (
        f"{path} is sampled at 48000 Hz; 16000 Hz is needed.\n"
        "  Convert it:  ffmpeg -i a.wav -ar 16000 -ac 1 -sample_fmt s16 a_16k.wav"
    )


def test_stereo_names_the_channels(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.stack([RAMP, RAMP], axis=1))
    assert refusal(path) == (
        f"{path} has 2 channels; one (mono) is needed.\n"
        "  Convert it:  ffmpeg -i a.wav -ar 16000 -ac 1 -sample_fmt s16 a_16k.wav"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_counted(tmp_path: Path, value: float) -> None:
    values = np.full(2000, 0.1)
    values[[70, 90]] = value
    path = written(tmp_path / "a.wav", values, subtype="FLOAT")
    assert refusal(path) == (
        f"{path} holds 2 values that are not finite numbers (NaN or infinity), "
        "the first is sample 70 of 2000.\n"
        "  The file was written by a program that failed; make it anew from its source."
    )


def test_silence_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.zeros(3000, np.int16))
    assert refusal(path) == (
        f"{path} is silent: all its 3000 samples are zero.\n"
        "  Look at the recording, or leave it out:  sox a.wav -n stat"
    )


def test_less_than_a_frame_is_refused_and_a_frame_is_enough(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", RAMP[:1023])
    assert refusal(path) == (
        f"{path} is too short: 1023 samples; one frame needs 1024 (64 ms at 16000 Hz).\n"
        "  Leave it out, or record a longer one."
    )
    assert len(read_samples(written(path, RAMP[:1024]))) == 1024


def test_an_empty_sound_file_is_too_short(tmp_path: Path) -> None:
    assert "is too short: 0 samples" in refusal(written(tmp_path / "a.wav", RAMP[:0]))


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"not audio at all" * 100)
    message = refusal(path)
    assert message.startswith(f"{path} cannot be read as a sound file: Format not recognised.")
    assert "WAV and FLAC are expected. Convert it:  ffmpeg -i a.wav" in message


def test_a_raw_file_is_refused_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(RAMP.tobytes())
    assert f"{path} cannot be read as a sound file: " in refusal(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    assert refusal(path) == (
        f"There is no sound file at {path}.\n  Check the path given to --data."
    )


def test_a_path_is_read_whatever_the_locale_makes_of_it(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    written(tmp_path / "a.wav", RAMP).rename(path)
    assert len(read_samples(path)) == len(RAMP)
