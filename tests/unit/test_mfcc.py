"""The integer front-end in numpy against the float chain, and its kernels against exact results."""

import numpy as np
import pytest

from sernet_cal import features, float_features, mfcc, mfcc_kernels, mfcc_tables
from sernet_cal.errors import InputError
from sernet_cal.features import COEFFICIENTS, FrontEnd, paper_front_end
from sernet_edge.audio.synthetic import synthetic_clips

MODEL_SAMPLES = 48_000
SNR_BAR_DB = 66.0


def stream_front_end(window="hann"):
    """Return a front-end normalised as speech would be."""
    mean = np.concatenate([[-80.0], np.linspace(6.0, 0.0, COEFFICIENTS - 1)])
    deviation = np.concatenate([[22.0], np.linspace(7.0, 0.9, COEFFICIENTS - 1)])
    return FrontEnd("stream", window, tuple(mean), tuple(deviation), 4.0)


def front_end_of(form, window="hann"):
    return stream_front_end(window) if form == "stream" else paper_front_end(window)


def integer(front_end):
    return mfcc.IntegerFrontEnd(front_end, 2 * front_end.clip / 255, -1)


@pytest.fixture(scope="module")
def speech():
    """Return speech-like clips with the hiss of two bits that every recording has."""
    rng = np.random.default_rng(1)
    clips = [clip for clip in synthetic_clips() if clip.name.startswith(("voiced", "phrase"))]
    hiss = [rng.integers(-3, 4, len(clip.samples)) for clip in clips]
    pairs = zip(clips, hiss, strict=True)
    return [np.clip(c.samples + noise, -32768, 32767).astype(np.int16) for c, noise in pairs]


@pytest.mark.parametrize("form", ["stream", "paper"])
@pytest.mark.parametrize("window", ["hann", "hamming"])
def test_features_reach_the_bars_on_speech_like_clips(speech, form, window):
    front_end = front_end_of(form, window)
    twin = integer(front_end)
    signal = noise = 0.0
    equal, worst = [], 0
    for samples in speech:
        expected = float_features.clip_features(front_end, samples, MODEL_SAMPLES)
        rows = twin.clip_rows(samples, MODEL_SAMPLES)
        wanted = mfcc_tables.quantize_features(expected, 2 * front_end.clip / 255, -1)
        steps = np.abs(wanted.astype(int) - rows)
        equal.append(np.mean(steps == 0))
        worst = max(worst, steps.max())
        before = features.stream_canvas(len(samples), 184).before if form == "stream" else 0
        values = twin.standardised(samples, MODEL_SAMPLES)
        reference = expected[before : before + len(values)]
        signal += np.sum(reference**2)
        noise += np.sum((reference - values) ** 2)
    assert 10 * np.log10(signal / noise) >= SNR_BAR_DB
    assert np.mean(equal) >= 0.99
    assert worst <= 1


@pytest.mark.parametrize("form", ["stream", "paper"])
def test_digital_silence_gives_the_row_of_silence(form):
    twin = integer(front_end_of(form))
    rows = twin.clip_rows(np.zeros(5000, np.int16), MODEL_SAMPLES)
    assert rows.shape == (184, COEFFICIENTS)
    np.testing.assert_array_equal(rows, np.repeat(twin.maps.silence[None], 184, 0))


def test_short_clip_is_centred_in_silence():
    twin = integer(stream_front_end())
    samples = np.full(1024 + 256 * 2, 900, np.int16)
    rows = twin.clip_rows(samples, 1024 + 256 * 7)
    np.testing.assert_array_equal(rows[:2], np.repeat(twin.maps.silence[None], 2, 0))
    np.testing.assert_array_equal(rows[5:], np.repeat(twin.maps.silence[None], 3, 0))
    assert (rows[2:5] != twin.maps.silence).any()


@pytest.mark.parametrize(("form", "rows"), [("stream", 247), ("paper", 184)])
def test_long_clip_stays_whole_in_stream_and_is_cropped_in_paper(form, rows):
    samples = np.arange(64_000).astype(np.int16)
    assert integer(front_end_of(form)).clip_rows(samples, MODEL_SAMPLES).shape == (rows, 40)


def test_paper_form_does_not_depend_on_the_gain():
    samples = np.random.default_rng(2).normal(0, 50, 30_000).astype(np.int16)
    twin = integer(paper_front_end())
    np.testing.assert_array_equal(
        twin.clip_rows(samples, MODEL_SAMPLES), twin.clip_rows(samples * 64, MODEL_SAMPLES)
    )


def test_paper_form_silences_a_clip_whose_percentile_is_zero():
    samples = np.zeros(48_000, np.int16)
    samples[20_000:20_030] = 9000
    twin = integer(paper_front_end())
    assert (twin.clip_rows(samples, MODEL_SAMPLES) == twin.maps.silence).all()
    assert not float_features.normalise_clip(samples, MODEL_SAMPLES).any()


@pytest.mark.parametrize("form", ["stream", "paper"])
def test_too_short_clip_is_refused(form):
    with pytest.raises(InputError) as caught:
        integer(front_end_of(form)).clip_rows(np.zeros(1023, np.int16), MODEL_SAMPLES)
    assert str(caught.value) == (
        "The clip is too short: 1023 samples; one frame needs 1024 (64 ms at 16000 Hz)."
    )


def test_raw_mfcc_is_the_unstandardised_float_mfcc():
    samples = np.random.default_rng(3).normal(0, 2000, 20_000).astype(np.int16)
    expected = float_features.raw_mfcc(samples / 32768.0)
    raw = integer(stream_front_end()).raw_mfcc(samples, MODEL_SAMPLES)
    np.testing.assert_allclose(raw, expected, atol=2e-3)


def test_bit_length_is_exact_where_float_would_round():
    values = [0, 1, 2, 3, 2**31 - 1, 2**31, 2**53 - 1, 2**60 - 1, 2**60, 2**63 - 1]
    expected = [value.bit_length() for value in values]
    np.testing.assert_array_equal(mfcc_kernels.bit_length(np.array(values)), expected)


def test_fft_matches_the_exact_one():
    samples = np.random.default_rng(4).integers(-(2**29), 2**29, (3, 1024))
    real, imaginary = mfcc_kernels.fft(samples)
    exact = np.fft.fft(samples[:, 0::2] + 1j * samples[:, 1::2], axis=1) / 512
    # Nine roundings down add up in bin 0, by less than 0.75 in either part each.
    assert np.max(np.abs(real + 1j * imaginary - exact)) < 10.0
    bins = mfcc_kernels.magnitudes(real, imaginary)
    expected = np.abs(np.fft.rfft(samples, axis=1))[:, 1:512] / 1024
    np.testing.assert_allclose(bins[:, 1:], expected, rtol=1e-5, atol=8.0)


def test_magnitude_and_logarithm_keep_their_stated_errors():
    values = np.unique(np.geomspace(1, 2**30, 5000).astype(np.int64))
    roots = mfcc_kernels.magnitude(values, values // 3)
    np.testing.assert_allclose(roots, np.hypot(values, values // 3), rtol=8e-6, atol=1.0)
    logs = mfcc_kernels.log2(values) / 2.0**20
    np.testing.assert_allclose(logs, np.log2(values.astype(float)), atol=4e-6)
    assert mfcc_kernels.magnitude(np.array([0]), np.array([0]))[0] == 0
