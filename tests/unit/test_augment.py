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


def test_pace_changes_the_number_of_rows_and_nothing_else() -> None:
    longer = augment.change_pace(ROWS, 2.0)
    assert longer.shape == (20, 40)
    assert longer.dtype == np.float32
    assert np.allclose(longer[[0, -1]], ROWS[[0, -1]])
    assert np.all(np.diff(longer[:, 3]) > 0)
    assert np.allclose(augment.change_pace(ROWS, 1.0), ROWS)
    assert np.array_equal(augment.change_pace(ROWS[:1], 1.3), ROWS[:1])


def test_a_warp_by_nothing_changes_nothing() -> None:
    assert np.allclose(augment.warp_frequency(ROWS, 1.0), ROWS, atol=1e-3)


def test_silence_stays_silent_when_warped() -> None:
    silence = silence_vector()[None].astype(np.float32)
    assert np.allclose(augment.warp_frequency(silence, 1.1), silence, atol=1e-3)


def test_a_warp_moves_the_spectrum_as_another_speed_does() -> None:
    random, factor = generator(2), 1.1
    envelope = 1.0 / (1.0 + ((np.fft.rfftfreq(16_000, 1 / 16_000) - 1500) / 400) ** 2)
    noise = np.fft.irfft(envelope * np.fft.rfft(random.standard_normal(16_000)))
    samples = np.rint(noise / np.abs(noise).max() * 20_000).astype(np.int16)

    def mean_rows(values: np.ndarray) -> np.ndarray:
        rows: np.ndarray = raw_mfcc(values / 32768.0).mean(axis=0)
        return rows

    warped = augment.warp_frequency(mean_rows(samples)[None].astype(np.float32), 1 / factor)[0]
    played = mean_rows(augment.change_speed(samples, factor))
    unchanged = mean_rows(samples)
    assert np.abs(warped - played)[1:].mean() < 0.35 * np.abs(unchanged - played)[1:].mean()


def test_a_warp_can_be_taken_back() -> None:
    smooth = np.zeros((1, 40), np.float32)
    smooth[0, 1:6] = 3.0, -2.0, 1.0, 0.5, -1.0
    there = augment.warp_frequency(smooth, 1.05)
    back = augment.warp_frequency(there, 1 / 1.05)
    assert np.abs(back - smooth).max() < 0.3 * np.abs(there - smooth).max()


def test_mixing_keeps_sums() -> None:
    rows, labels = np.ones((4, 3, 40), np.float32), np.eye(4, dtype=np.float32)
    mixed, soft = augment.mix(rows, labels, 0.5, generator())
    assert np.allclose(mixed, 1.0)
    assert np.allclose(soft.sum(axis=1), 1.0)
    assert soft.dtype == np.float32
