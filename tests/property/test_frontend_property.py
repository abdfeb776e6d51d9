"""Properties that every input must have: exact percentile, level within int16, sane FFT."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sernet_cal import mfcc, mfcc_kernels
from sernet_cal.features import FrontEnd, paper_front_end

samples_of_any_kind = hnp.arrays(
    np.int16,
    st.integers(1024, 3000),
    elements=st.integers(-32768, 32767),
    fill=st.integers(-32768, 32767),
)
STREAM = FrontEnd("stream", "hann", (0.0,) * 40, (5.0,) * 40, 4.0)


@given(samples_of_any_kind)
@settings(deadline=None)
def test_percentile_is_numpys(samples):
    expected = np.percentile(np.abs(samples.astype(np.float64)), 99.9) * 1000
    # numpy's rank is a float64, off by up to 2^-41 here, between values up to 32,768,000 apart.
    np.testing.assert_allclose(
        mfcc_kernels.percentile_of_magnitudes(samples), expected, rtol=0, atol=2e-5
    )


@given(samples_of_any_kind)
@settings(deadline=None)
def test_level_divides_by_the_percentile(samples):
    percentile = np.percentile(np.abs(samples.astype(np.float64)), 99.9)
    level = mfcc.paper_level(samples)
    applied = level.apply(samples).astype(np.float64)
    if percentile == 0:
        assert not applied.any()
        return
    divided = np.clip(samples / percentile, -1, 1)
    # All samples carry one common factor in 0.5..1, the level's.
    factor = 2.0 ** (level.log2 / 2**20)
    assert factor * (1 + 1e-5) >= 0.5
    assert factor <= 1 + 1e-5
    np.testing.assert_allclose(applied / 32768, divided * factor, atol=4e-5)


@given(samples_of_any_kind, st.sampled_from([STREAM, paper_front_end("hamming")]))
@settings(deadline=None, max_examples=50)
def test_rows_depend_only_on_their_own_frame(samples, front_end):
    twin = mfcc.IntegerFrontEnd(front_end, 2 * front_end.clip / 255, -1)
    rows = twin.clip_rows(samples, 4096)
    assert rows.dtype == np.int8
    assert rows.shape == (13, 40)
    if front_end.form == "stream":
        alone = twin.clip_rows(samples[:1024], 1024)
        np.testing.assert_array_equal(alone[0], rows[(13 - (len(samples) - 768) // 256) // 2])


@given(hnp.arrays(np.int64, (2, 1024), elements=st.integers(-(2**30), 2**30)))
@settings(deadline=None, max_examples=50)
def test_fft_stays_in_int32(frames):
    real, imaginary = mfcc_kernels.fft(frames)
    assert max(np.abs(real).max(), np.abs(imaginary).max()) < 2**31
    assert mfcc_kernels.magnitudes(real, imaginary).max() < 2**31
