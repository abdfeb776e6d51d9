"""Reading sound files, and what is said about those that cannot be used."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet_cal.errors import InputError
from sernet_edge.audio.load import read_samples, read_sound, to_int16

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


@pytest.mark.parametrize("rate_hz", [4000, 8000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_becomes_16_khz(tmp_path: Path, rate_hz: int) -> None:
    """A tone stays the tone it was, a second stays a second."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)
    samples = read_samples(written(tmp_path / "a.wav", tone, rate_hz))
    expected = 0.5 * 32768 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    assert samples.dtype == np.int16
    assert len(samples) == RATE_HZ
    inner = slice(200, -200)
    np.testing.assert_allclose(samples[inner], expected[inner], atol=0.01 * 32768)


def test_what_16_khz_cannot_hold_is_filtered_out(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 11_000 * np.arange(48_000) / 48_000)
    samples = read_samples(written(tmp_path / "a.wav", tone, 48_000))
    assert np.abs(samples[200:-200]).max() < 0.001 * 32768


def test_channels_are_averaged(tmp_path: Path) -> None:
    both = np.stack([RAMP, np.full_like(RAMP, 100)], axis=1)
    samples = read_samples(written(tmp_path / "a.flac", both))
    assert np.array_equal(samples, np.rint((RAMP.astype(float) + 100) / 2))


def test_a_sound_says_what_the_file_had(tmp_path: Path) -> None:
    both = np.stack([RAMP, RAMP], axis=1)
    sound = read_sound(written(tmp_path / "a.wav", np.tile(both, (3, 1)), 48_000))
    assert (sound.rate_hz, sound.channels, sound.seconds) == (48_000, 2, 0.125)
    assert len(sound.samples) == 2000


@pytest.mark.parametrize("rate_hz", [1, 3999, 384_001])
def test_rates_beyond_sound_are_refused(tmp_path: Path, rate_hz: int) -> None:
    path = written(tmp_path / "a.wav", RAMP, rate_hz)
    assert refusal(path) == (
        f"{path} is sampled at {rate_hz} Hz; 4000 to 384000 Hz can be used.\n"
        "  Convert it:  ffmpeg -i a.wav -ar 16000 -ac 1 -sample_fmt s16 a_16k.wav"
    )


def test_channels_that_cancel_out_are_silent(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.stack([RAMP[1:], -RAMP[1:]], axis=1))
    assert refusal(path).startswith(f"{path} is silent: all its 1999 samples are zero.")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_values_that_are_no_numbers_are_counted(tmp_path: Path, value: float) -> None:
    values = np.full(2000, 0.1)
    values[[70, 90]] = value
    path = written(tmp_path / "a.wav", values, subtype="DOUBLE")
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


def test_length_is_counted_after_conversion(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", RAMP, 48_000)
    assert f"{path} is too short: 667 samples; one frame needs 1024" in refusal(path)


def test_an_empty_sound_file_is_too_short(tmp_path: Path) -> None:
    assert "is too short: 0 samples" in refusal(written(tmp_path / "a.wav", RAMP[:0]))


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"not audio at all" * 100)
    message = refusal(path)
    assert message.startswith(f"{path} cannot be read as a sound file: Format not recognised.")
    assert "WAV and FLAC are expected. Convert it:  ffmpeg -i a.wav" in message


def test_a_header_that_promises_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*arguments: object, **options: object) -> None:
        raise MemoryError("Unable to allocate 512. GiB for an array")

    path = written(tmp_path / "a.wav", RAMP)
    monkeypatch.setattr(soundfile, "read", read)
    assert refusal(path).startswith(
        f"{path} cannot be read as a sound file: Unable to allocate 512. GiB for an array."
    )


def test_a_raw_file_is_refused_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(RAMP.tobytes())
    assert f"{path} cannot be read as a sound file: " in refusal(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    assert refusal(path) == f"{path} is not there.\n  Check the path given to --data."


def test_a_path_is_read_whatever_the_locale_makes_of_it(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    written(tmp_path / "a.wav", RAMP).rename(path)
    assert len(read_samples(path)) == len(RAMP)
