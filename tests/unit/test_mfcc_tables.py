"""The front-end's tables against their formulas, and the folded affine maps."""

import dataclasses

import numpy as np
import pytest

from sernet_cal import float_features, mfcc_tables
from sernet_cal.errors import ModelError
from sernet_cal.features import COEFFICIENTS, FrontEnd, paper_front_end

STREAM = FrontEnd(
    "stream",
    "hann",
    tuple(np.linspace(-80.0, 5.0, COEFFICIENTS)),
    tuple(np.linspace(22.0, 0.8, COEFFICIENTS)),
    4.0,
)


@pytest.mark.parametrize("window", ["hann", "hamming"])
def test_window_is_the_first_half_of_the_float_window(window):
    table = mfcc_tables.window_table(window)
    whole = np.concatenate([table, table[-2:0:-1]]) / 2.0**31
    np.testing.assert_allclose(whole, float_features.window_values(window), atol=2.0**-31)


def test_twiddles_lie_on_the_unit_circle_and_repeat_after_a_quarter_turn():
    table = mfcc_tables.twiddle_table()
    assert table[0].tolist() == [2**31 - 1, 0]
    assert table[256].tolist() == [0, -(2**31)]
    assert table[128].tolist() == [1518500250, -1518500250]  # sn_fft.c: EIGHTH
    np.testing.assert_allclose(np.hypot(table[:, 0], table[:, 1]), 2.0**31, atol=1.0)
    # sn_fft.c takes the later twiddle of a pair from the earlier one: -i (c + i s) = s - i c.
    np.testing.assert_array_equal(table[257:, 0], table[1:256, 1])
    np.testing.assert_array_equal(table[257:, 1], -table[1:256, 0])


def test_halves_of_twiddles_keep_sums_of_products_in_range():
    # sn_fixed_narrow.h: lower halves in -2^15..2^15 - 1, never both -2^15; upper ones fit 16 bits.
    table = mfcc_tables.twiddle_table()[1:]
    low = ((table + 2**15) & 0xFFFF) - 2**15
    assert not (low == -(2**15)).all(axis=1).any()
    assert np.abs(table - low).max() <= 2**31


def test_mel_filters_rebuild_the_float_weights():
    filters = mfcc_tables.mel_filters()
    dense = np.zeros((513, 128))
    dense[filters.bins, np.repeat(np.arange(128), filters.count)] = filters.weights / 2.0**15
    np.testing.assert_allclose(dense, float_features.mel_weights(), atol=2.0**-16)
    assert filters.count.min() >= 1
    assert filters.first.min() >= 1  # sn_spectrum.c leaves bin 0 out
    assert (filters.first + filters.count).max() <= 512
    sums = np.add.reduceat(filters.weights, filters.starts)
    assert sums.max() < 2**19  # keeps the C's sums in range


def test_mel_slopes_hold_the_same_weights():
    filters, slopes = mfcc_tables.mel_filters(), mfcc_tables.mel_slopes()
    dense = np.zeros((512, 130), dtype=np.int64)
    bins = slopes.first_bin + np.arange(len(slopes.weights))
    slope = np.repeat(np.arange(129), slopes.count)
    dense[bins, slope + 1] = slopes.weights
    dense[bins, slope] = 2**15 - slopes.weights
    expected = np.zeros((512, 128), dtype=np.int64)
    expected[filters.bins, np.repeat(np.arange(128), filters.count)] = filters.weights
    np.testing.assert_array_equal(dense[:, 1:-1], expected)
    # sn_mel.c writes the sum of slope s to the place of bin s when slopes 0..s have been read.
    assert (slopes.first_bin + np.cumsum(slopes.count) > np.arange(129)).all()
    assert slopes.count.max() <= 19  # keeps the sums of sn_mel.c in range


def test_cosines_mirror_at_a_quarter_of_the_bands():
    table = mfcc_tables.dct_table()
    # sn_dct.c folds what every fourth coefficient sees, and those between.
    np.testing.assert_array_equal(table[0::4, :32], table[0::4, :31:-1])
    np.testing.assert_array_equal(table[2::4, :32], -table[2::4, :31:-1])


def test_dct_table_matches_the_float_dct():
    from scipy.fft import dct

    values = np.random.default_rng(5).normal(size=128)
    half = mfcc_tables.dct_table() / mfcc_tables.DCT_ONE
    signs = np.where(np.arange(COEFFICIENTS) % 2 == 0, 1.0, -1.0)[:, None]
    whole = np.concatenate([half, signs * half[:, ::-1]], axis=1)
    np.testing.assert_allclose(whole @ values, dct(values, type=2)[:COEFFICIENTS] / 2, atol=2e-3)
    assert np.abs(mfcc_tables.dct_table()).max() == 32767


@pytest.mark.parametrize("front_end", [STREAM, paper_front_end()], ids=["stream", "paper"])
def test_affine_maps_standardise_and_quantize(front_end):
    scale = 2 * front_end.clip / 255
    maps = mfcc_tables.affine_maps(front_end, scale, -1)
    raw = np.random.default_rng(6).normal(front_end.mean, front_end.deviation, (500, COEFFICIENTS))
    sums = np.rint(raw / mfcc_tables.RAW_STEP).astype(np.int64)
    steps = (sums * maps.multiplier + maps.offset) / 2.0**maps.shift
    expected = (raw - np.array(front_end.mean)) / np.array(front_end.deviation) / scale
    np.testing.assert_allclose(steps, expected, atol=2e-4)
    assert 2**30 <= maps.multiplier.max() < 2**31
    assert maps.limit == pytest.approx(front_end.clip / scale * 2.0**maps.shift)


def test_silence_is_the_quantized_silence_vector():
    maps = mfcc_tables.affine_maps(STREAM, 8 / 255, -1)
    expected = float_features.standardise(STREAM, float_features.silence_vector())
    # Half away from zero: -127.5 becomes -128 before the zero point, then saturates.
    assert maps.silence.dtype == np.int8
    assert maps.silence[0] == -128
    np.testing.assert_allclose((maps.silence[1:] + 1.0) * 8 / 255, expected[1:], atol=4.01 / 255)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, 1), (-0.5, -1), (1.49, 1), (2.5, 3), (-2.5, -3), (200.0, 127), (-200.0, -128)],
)
def test_quantization_rounds_half_away_from_zero_and_saturates(value, expected):
    assert mfcc_tables.quantize_features(np.array([value]), 1.0, 0)[0] == expected


@pytest.mark.parametrize(("field", "value"), [("mean", 1e6), ("mean", np.nan), ("deviation", 0.0)])
def test_unusable_normalisation_names_the_coefficient(field, value):
    values = list(getattr(STREAM, field))
    values[7] = value
    broken = dataclasses.replace(STREAM, **{field: tuple(values)})
    with pytest.raises(ModelError) as caught:
        mfcc_tables.affine_maps(broken, 8 / 255, -1)
    assert str(caught.value) == (
        f"The front-end's normalisation of coefficient 7 is not usable: mean {broken.mean[7]:g}, "
        f"deviation {broken.deviation[7]:g}; expected |mean| <= 1000 and deviation > 0."
    )


@pytest.mark.parametrize("scale", [0.0, -1.0, float("inf")])
def test_unusable_input_scale(scale):
    with pytest.raises(ModelError) as caught:
        mfcc_tables.affine_maps(STREAM, scale, -1)
    assert str(caught.value) == f"The model's input scale is {scale:g}; it must be above 0."
