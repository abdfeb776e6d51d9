"""The variations of training clips, one by one."""

import numpy as np
import pytest

from sernet_cal.float_features import raw_mfcc, silence_vector
from sernet_edge.train import augment

TIME = np.arange(16_000) / 16_000
TONE = np.rint(8000 * np.sin(2 * np.pi * 400 * TIME)).astype(np.int16)
ROWS = np.arange(10 * 40, dtype=np.float32).reshape(10, 40) + 1


def generator(seed: int = 5) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def peak_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * 16_000 / len(samples)


@pytest.mark.parametrize("speed", [0.90, 0.95, 1.05, 1.10])
def test_speed_changes_length_and_pitch(speed: float) -> None:
    changed = augment.change_speed(TONE, speed)
    assert changed.dtype == np.int16
    assert abs(len(changed) - len(TONE) / speed) <= 1
    assert abs(peak_hz(changed) - 400 * speed) < 2


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_noise_has_the_wanted_power_and_colour(slope: float) -> None:
    noise = augment.add_noise(TONE, 10.0, slope, generator()).astype(float) - TONE
    snr_db = 10 * np.log10(np.mean(TONE.astype(float) ** 2) / np.mean(noise**2))
    assert abs(snr_db - 10.0) < 0.1
    power = np.abs(np.fft.rfft(noise)) ** 2
    fall_db = 10 * np.log10(np.mean(power[500:600]) / np.mean(power[5000:6000]))
    assert abs(fall_db - slope * 10 * np.log10(5500 / 550)) < 1.5


def test_gain_on_coefficients_equals_gain_on_samples() -> None:
    random = generator().uniform(-0.2, 0.2, 4096)
    louder = augment.change_gain(raw_mfcc(random).astype(np.float32), 12.0)
    assert np.allclose(louder, raw_mfcc(random * 10 ** (12 / 20)), atol=2e-3)


def test_channel_shift_is_one_vector_without_c0() -> None:
    deviation = np.full(40, 2.0, np.float32)
    shift = augment.shift_channel(ROWS, deviation, generator()) - ROWS
    assert np.allclose(shift, shift[0], atol=1e-4)
    assert shift[0, 0] == 0
    assert 1.0 < np.std(shift[0, 1:]) < 3.0


def test_short_clips_lie_anywhere_in_silence() -> None:
    random, starts = generator(), set()
    for _ in range(200):
        placed = augment.place(ROWS, 14, random)
        start = int(np.argmax(placed[:, 1] == ROWS[0, 1]))
        assert np.array_equal(placed[start : start + 10], ROWS)
        outside = np.delete(placed, np.s_[start : start + 10], axis=0)
        assert np.allclose(outside, silence_vector())
        starts.add(start)
    assert starts == set(range(5))


def test_long_clips_are_cropped_anywhere() -> None:
    random = generator()
    starts = {int(augment.place(ROWS, 7, random)[0, 0]) // 40 for _ in range(100)}
    assert starts == set(range(4))


@pytest.mark.parametrize(("axis", "longest"), [(0, 4), (1, 5), (0, 30)])
def test_masks_are_one_stretch_of_zeros(axis: int, longest: int) -> None:
    random, widths = generator(), set()
    for _ in range(300):
        masked = augment.mask(ROWS, axis, longest, random)
        gone = np.flatnonzero((masked == 0).all(axis=1 - axis))
        assert np.count_nonzero(masked == 0) == len(gone) * ROWS.shape[1 - axis]
        assert len(gone) == 0 or gone[-1] - gone[0] == len(gone) - 1
        widths.add(len(gone))
    assert widths == set(range(min(longest, ROWS.shape[axis]) + 1))


def test_the_original_is_never_changed() -> None:
    before, random = ROWS.copy(), generator()
    augment.change_gain(ROWS, 6.0)
    augment.shift_channel(ROWS, np.ones(40, np.float32), random)
    augment.mask(ROWS, 0, 5, random)
    assert np.array_equal(ROWS, before)
