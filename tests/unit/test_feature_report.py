"""What the comparison of front-ends counts, on features made up for it."""

import dataclasses

import numpy as np
import pytest

from sernet_cal import float_features
from sernet_cal.features import FrontEnd, paper_front_end
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.feature_report import (
    ClipFeatures,
    Comparison,
    FloatCandidate,
    IntegerCandidate,
    Setting,
    compare,
)
from sernet_edge.feature_settings import measured_front_end

CLIPS = [clip.samples for clip in synthetic_clips() if clip.name.startswith("breathy")]
GOOD = Comparison("ours", 90.0, 80.0, 0.999, 1, 1, 1.0)


class Fixed:
    """A front-end that answers the same for every clip."""

    def __init__(self, name, value, row):
        self.name = name
        self._answer = ClipFeatures(
            np.full((4, 40), value), np.full((4, 40), value / 2), np.full((4, 40), row, np.int8)
        )

    def compute(self, samples):
        return self._answer


def test_compare_counts_energies_steps_and_predictions():
    exact, near, equal = Fixed("exact", 10.0, 5), Fixed("near", 9.0, 7), Fixed("equal", 10.0, 5)
    near_result, equal_result = compare(
        [CLIPS[0], CLIPS[0]], exact, [near, equal], lambda rows: int(rows[0, 0] > 6)
    )
    assert near_result == Comparison("near", 20.0, 20.0, 0.0, 2, 2, 0.0)
    assert equal_result == Comparison("equal", None, None, 1.0, 0, 0, 1.0)


def test_steps_at_an_end_of_int8_count_apart():
    edge, near = Fixed("edge", 10.0, 127), Fixed("near", 10.0, 125)
    result = compare(CLIPS, edge, [near], None)[0]
    assert (result.worst_step, result.worst_inner_step) == (2, 0)


def test_compare_without_a_model_predicts_nothing():
    exact = Fixed("exact", 10.0, 5)
    assert compare(CLIPS, exact, [Fixed("x", 1.0, 5)], None)[0].same_prediction is None


@pytest.mark.parametrize("form", ["stream", "paper"])
def test_ours_reaches_the_bars_against_the_float_chain(form):
    stream = measured_front_end(CLIPS, "hann")
    front_end = stream if form == "stream" else paper_front_end()
    setting = Setting(front_end, 2 * front_end.clip / 255, -1, 48_000)
    exact = FloatCandidate("float", setting, float_features.raw_mfcc)
    result = compare(CLIPS, exact, [IntegerCandidate(setting)], None)[0]
    assert result.missed_bars() == []
    assert result.snr_db is not None
    assert result.snr_db > 66


def test_measured_front_end_standardises_its_own_corpus():
    front_end = measured_front_end(CLIPS, "hamming")
    rows = np.concatenate([float_features.raw_mfcc(clip / 32768.0, "hamming") for clip in CLIPS])
    scaled = (rows - np.array(front_end.mean)) / np.array(front_end.deviation)
    np.testing.assert_allclose(scaled.mean(0), 0.0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(0), 1.0, atol=1e-6)
    assert isinstance(front_end, FrontEnd)


@pytest.mark.parametrize(
    ("changes", "phrases"),
    [
        ({}, []),
        ({"snr_db": None}, []),
        ({"snr_db": 65.94}, ["65.9 dB SNR, at least 66 dB expected"]),
        ({"equal_share": 0.9}, ["90.00% equal inputs, 99% expected"]),
        ({"worst_step": 2}, []),
        ({"worst_inner_step": 2}, ["an input 2 steps off, 1 allowed"]),
        ({"worst_step": 3}, ["an input 3 steps off at the clip's edge, 2 allowed"]),
        ({"same_prediction": 0.99}, ["99.00% same predictions, 99.5% expected"]),
        ({"same_prediction": None}, []),
    ],
)
def test_missed_bars_are_named(changes, phrases):
    assert dataclasses.replace(GOOD, **changes).missed_bars() == phrases
