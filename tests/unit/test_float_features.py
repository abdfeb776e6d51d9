"""The float chain in numpy against tf.signal, and its clip normalisation against the article."""

import numpy as np
import pytest

from sernet_cal import float_features
from sernet_cal.features import paper_front_end

SAMPLES = np.random.default_rng(9).normal(0, 3000, 20_000).astype(np.int16)


@pytest.mark.parametrize("window", ["hann", "hamming"])
def test_raw_mfcc_is_tensorflows(window):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from sernet_edge.train import tf_features

    ours = float_features.raw_mfcc(SAMPLES / 32768.0, window)
    theirs = tf_features.raw_mfcc(SAMPLES / 32768.0, window)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_mel_weights_are_tensorflows():
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    theirs = tf.signal.linear_to_mel_weight_matrix(128, 513, 16_000, 80.0, 7600.0).numpy()
    np.testing.assert_allclose(float_features.mel_weights(), theirs, atol=2e-5)


def test_silence_vector_is_the_mfcc_of_silence():
    silent = float_features.raw_mfcc(np.zeros(1024))[0]
    np.testing.assert_allclose(float_features.silence_vector(), silent, atol=1e-9)
    assert silent[0] == pytest.approx(-221.05, abs=0.01)


def test_normalise_clip_divides_by_the_percentile_and_centres():
    clip = float_features.normalise_clip(SAMPLES, 48_000)
    assert len(clip) == 48_000
    assert not clip[:14_000].any()
    assert not clip[34_000:].any()
    inside = clip[14_000:34_000]
    assert np.max(np.abs(inside)) == 1.0
    level = np.percentile(np.abs(SAMPLES.astype(float)), 99.9)
    np.testing.assert_allclose(inside, np.clip(SAMPLES / level, -1, 1))


def test_normalise_clip_crops_the_middle_of_a_long_clip():
    clip = float_features.normalise_clip(np.arange(60_000).astype(np.int16), 4096)
    middle = np.arange(60_000).astype(np.int16)[27_952 : 27_952 + 4096]
    np.testing.assert_array_equal(np.sign(clip), np.sign(middle))


def test_paper_features_stay_within_ten():
    rows = float_features.clip_features(paper_front_end(), SAMPLES, 48_000)
    assert rows.shape == (184, 40)
    assert np.max(np.abs(rows)) == 10.0
