"""The clips that the repository makes itself."""

import hashlib

import numpy as np

from sernet_cal.features import FRAME_LENGTH, SAMPLE_RATE_HZ
from sernet_edge.audio.synthetic import Clip, synthetic_clips

PINNED = "6855147f8b6349acac6f7d26378ccd2a2d3f4f2bf2631eb72063d59b705b622e"
CLIPS = {clip.name: clip.samples.astype(np.int64) for clip in synthetic_clips()}


def digest(clips: list[Clip]) -> str:
    content = b"".join(clip.name.encode() + clip.samples.tobytes() for clip in clips)
    return hashlib.sha256(content).hexdigest()


def test_there_are_enough_clips_each_with_its_own_name() -> None:
    assert len(synthetic_clips()) == len(CLIPS) >= 20


def test_they_are_the_same_on_every_machine() -> None:
    assert digest(synthetic_clips()) == PINNED


def test_every_clip_is_16_bit_and_holds_a_frame() -> None:
    for clip in synthetic_clips():
        assert clip.samples.dtype == np.int16
        assert clip.samples.ndim == 1
        assert len(clip.samples) >= FRAME_LENGTH


def test_lengths_go_from_far_below_to_above_three_seconds() -> None:
    lengths = [len(samples) / SAMPLE_RATE_HZ for samples in CLIPS.values()]
    assert min(lengths) == 0.3
    assert max(lengths) == 3.6


def test_loudness_goes_from_nothing_to_saturation() -> None:
    peaks = {name: np.abs(samples).max() for name, samples in CLIPS.items()}
    assert peaks["digital-silence"] == 0
    assert peaks["one-bit-noise"] == 1
    assert peaks["whisper-near-silence"] <= 6
    assert peaks["quiet"] == 300
    assert peaks["saturated"] == 32768
    assert np.mean(np.abs(CLIPS["saturated"]) >= 32767) > 0.2


def test_the_extremes_of_the_front_end_are_there() -> None:
    assert set(np.unique(CLIPS["square-full-scale"])) == {-32768, 32767}
    assert np.count_nonzero(CLIPS["impulse"]) == 1
    assert np.unique(CLIPS["constant"]).tolist() == [12345]
    assert abs(CLIPS["offset"].mean() - 6000) < 500


def test_silence_lies_inside_and_at_the_front() -> None:
    assert not CLIPS["silence-inside"][14_000:27_000].any()
    assert not CLIPS["silence-first"][:19_000].any()


def test_voiced_clips_repeat_with_their_pitch() -> None:
    steady = CLIPS["voiced-o-160"][16_000:32_000].astype(float)
    shifts = np.arange(60, 200)
    likeness = [float(steady[:-shift] @ steady[shift:]) for shift in shifts]
    assert shifts[int(np.argmax(likeness))] == SAMPLE_RATE_HZ // 160
