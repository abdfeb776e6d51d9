"""The schedule of a training, and the batches it makes of clips."""

import numpy as np
import pytest

from sernet_cal.errors import InputError
from sernet_cal.float_features import clip_features
from sernet_edge.train.dataset import (
    TrainingClip,
    epoch_batches,
    prepare_clip,
    row_maker,
    stream_front_end,
    training_rows,
)
from sernet_edge.train.options import NetworkOptions
from sernet_edge.train.recipe import (
    Augmentation,
    Recipe,
    average_decay,
    learning_rate,
    usual_epochs,
)

UNCHANGED = Augmentation(
    speed_share=0.0,
    noisy_share=0.0,
    gain_db=0.0,
    channel_deviation=0.0,
    time_masks=0,
    coefficient_masks=0,
)
RANDOM = np.random.Generator(np.random.PCG64(3))
SAMPLES = RANDOM.integers(-3000, 3000, 8000).astype(np.int16)


def made_clips(count: int) -> list[TrainingClip]:
    to_rows = row_maker("stream", "hann", 0.5)
    return [
        prepare_clip(np.roll(SAMPLES, 500 * i), i % 2, to_rows, Augmentation(), RANDOM)
        for i in range(count)
    ]


def test_the_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    recipe, steps = Recipe(), 900
    rates = [learning_rate(recipe, step, steps) for step in range(steps)]
    assert rates[0] == pytest.approx(1.2e-4)
    assert rates[225] == pytest.approx(3e-3)
    assert rates[-1] == pytest.approx(1e-8)
    assert np.all(np.diff(rates[:226]) > 0)
    assert np.all(np.diff(rates[225:]) < 0)


def test_a_training_of_one_step_has_a_rate() -> None:
    assert learning_rate(Recipe(), 0, 1) == pytest.approx(1.2e-4)


def test_the_average_starts_fast_and_settles() -> None:
    assert average_decay(Recipe(), 0) == pytest.approx(0.1)
    assert average_decay(Recipe(), 10_000) == 0.995


def test_few_clips_take_more_epochs() -> None:
    assert usual_epochs(482) == 60
    assert usual_epochs(535) == 60
    assert usual_epochs(410) == 75
    assert usual_epochs(10) == 900


def test_the_last_partial_batch_is_dropped_unless_it_is_all() -> None:
    assert Recipe().steps_per_epoch(95) == 2
    assert Recipe().steps_per_epoch(5) == 1


def test_no_epoch_and_one_class_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        Recipe(epochs=0)
    assert str(caught.value) == "At least 1 epoch is needed; 0 given."
    with pytest.raises(InputError) as caught:
        NetworkOptions(1)
    assert str(caught.value) == "A network needs at least 2 classes; 1 given."


def test_standardisation_leaves_room_for_the_gain() -> None:
    clips = made_clips(4)
    frames = np.concatenate([clip.original for clip in clips]).astype(float)
    front_end = stream_front_end(clips, "hann", 12.0)
    assert np.allclose(front_end.mean, frames.mean(axis=0), atol=1e-5)
    assert np.allclose(front_end.deviation[1:], frames.std(axis=0)[1:], atol=1e-5)
    widened = np.sqrt(frames[:, 0].var() + (16 * np.log(10) / 20 * 12) ** 2 / 3)
    assert front_end.deviation[0] == pytest.approx(widened, abs=1e-5)


def test_without_augmentation_a_clip_is_what_the_front_end_makes() -> None:
    front_end = stream_front_end(made_clips(2), "hann", 12.0)
    clip = prepare_clip(SAMPLES, 0, row_maker("stream", "hann", 0.5), UNCHANGED, RANDOM)
    rows = training_rows(clip, front_end, 28, UNCHANGED, RANDOM)
    assert clip.speeds == clip.noisy == ()
    assert np.allclose(rows, clip_features(front_end, SAMPLES, 8000), atol=1e-4)


def test_the_paper_form_is_normalised_before_augmentation() -> None:
    rows = row_maker("paper", "hamming", 1.0)(SAMPLES)
    assert rows.shape == (59, 40)
    assert np.abs(rows).max() == 10.0
    assert np.allclose(row_maker("paper", "hamming", 1.0)(SAMPLES // 2 * 2), rows, atol=0.2)


def test_batches_depend_on_seed_and_epoch_only() -> None:
    clips, recipe = made_clips(7), Recipe(batch=3)
    front_end = stream_front_end(clips, "hann", 12.0)

    def batches(epoch: int) -> list[np.ndarray]:
        return [rows for rows, _ in epoch_batches(clips, front_end, 0.5, 2, recipe, epoch)]

    first, again, other = batches(0), batches(0), batches(1)
    assert [rows.shape for rows in first] == [(3, 28, 40, 1)] * 2
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert max(np.abs(rows).max() for rows in first) <= 4.0


def test_labels_are_one_hot() -> None:
    clips = made_clips(4)
    front_end = stream_front_end(clips, "hann", 12.0)
    ((_, labels),) = epoch_batches(clips, front_end, 0.5, 3, Recipe(), 0)
    assert labels.shape == (4, 3)
    assert sorted(labels.argmax(axis=1)) == [0, 0, 1, 1]
    assert np.all(labels.sum(axis=1) == 1)
