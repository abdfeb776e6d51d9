"""The copies of training clips and the batches made of them."""

import numpy as np
import pytest

from sernet_cal.float_features import clip_features
from sernet_edge.train.dataset import (
    TrainingClip,
    clip_copies,
    copies_key,
    epoch_batches,
    epoch_generator,
    fit_front_end,
    row_maker,
    training_clip,
    training_rows,
)
from sernet_edge.train.recipe import Recipe, load_recipe

STREAM = load_recipe("stream").changed({"front_end.clip_seconds": 0.5, "schedule.batch": 3})
NO_AUGMENTATION = {
    "speed_share": 0.0,
    "noisy_share": 0.0,
    "pace": 0.0,
    "warp": 0.0,
    "gain_db": 0.0,
    "channel_deviation": 0.0,
    "time_masks": 0,
    "coefficient_masks": 0,
    "mixup": 0.0,
}
UNCHANGED = STREAM.changed({f"augmentation.{k}": v for k, v in NO_AUGMENTATION.items()})
RANDOM = np.random.Generator(np.random.PCG64(3))
SAMPLES = RANDOM.integers(-3000, 3000, 8000).astype(np.int16)


def clip(samples: np.ndarray, label: int, recipe: Recipe) -> TrainingClip:
    return training_clip(label, clip_copies(samples, recipe.front_end, recipe.augmentation))


def made_clips(count: int, recipe: Recipe = STREAM) -> list[TrainingClip]:
    return [clip(np.roll(SAMPLES, 500 * i), i % 2, recipe) for i in range(count)]


def test_standardisation_leaves_room_for_the_gain() -> None:
    recipe = STREAM.changed({"augmentation.gain_db": 12.0})
    clips = made_clips(4)
    frames = np.concatenate([clip.original for clip in clips]).astype(float)
    front_end = fit_front_end(clips, recipe)
    assert np.allclose(front_end.mean, frames.mean(axis=0), atol=1e-5)
    assert np.allclose(front_end.deviation[1:], frames.std(axis=0)[1:], atol=1e-5)
    widened = np.sqrt(frames[:, 0].var() + (16 * np.log(10) / 20 * 12) ** 2 / 3)
    assert front_end.deviation[0] == pytest.approx(widened, abs=1e-5)


def test_without_augmentation_a_clip_is_what_the_front_end_makes() -> None:
    front_end = fit_front_end(made_clips(2), STREAM)
    plain = clip(SAMPLES, 0, UNCHANGED)
    rows = training_rows(plain, front_end, 28, UNCHANGED.augmentation, RANDOM)
    assert plain.speeds == plain.noisy == ()
    assert np.allclose(rows, clip_features(front_end, SAMPLES, 8000), atol=1e-4)


def test_the_paper_form_is_normalised_before_augmentation() -> None:
    paper = load_recipe("paper").changed({"front_end.clip_seconds": 1.0})
    rows = row_maker(paper.front_end)(SAMPLES)
    assert rows.shape == (59, 40)
    assert np.abs(rows).max() == 10.0
    assert np.allclose(row_maker(paper.front_end)(SAMPLES // 2 * 2), rows, atol=0.2)
    narrow = paper.changed({"front_end.clip": 3.0})
    assert np.abs(row_maker(narrow.front_end)(SAMPLES)).max() == 3.0
    assert fit_front_end([], narrow).clip == 3.0


def batches(recipe: Recipe, epoch: int, count: int = 7) -> list[tuple[np.ndarray, np.ndarray]]:
    clips = made_clips(count, recipe)
    front_end = fit_front_end(clips, recipe)
    return list(epoch_batches(clips, front_end, 2, recipe, epoch_generator(1, epoch)))


def test_batches_depend_on_seed_and_epoch_only() -> None:
    first, again, other = (batches(STREAM, epoch) for epoch in (0, 0, 1))
    assert [rows.shape for rows, _ in first] == [(3, 28, 40, 1)] * 2
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0][0], other[0][0])
    assert max(np.abs(rows).max() for rows, _ in first) <= 4.0


def test_labels_are_one_hot_unless_mixed() -> None:
    ((_, labels),) = batches(STREAM.changed({"schedule.batch": 32}), 0, 4)
    assert labels.shape == (4, 2)
    assert sorted(labels.max(axis=1)) == [1, 1, 1, 1]
    mixed = batches(STREAM.changed({"schedule.batch": 32, "augmentation.mixup": 0.5}), 0, 4)
    assert np.allclose(mixed[0][1].sum(axis=1), 1.0)
    assert mixed[0][1].max(axis=1).min() < 1.0


def test_the_same_samples_have_the_same_copies() -> None:
    one, other = (clip_copies(SAMPLES, STREAM.front_end, STREAM.augmentation) for _ in range(2))
    assert sorted(one) == [f"noisy{i}" for i in range(4)] + ["original"] + [
        f"speed{i}" for i in range(4)
    ]
    assert all(np.array_equal(one[name], other[name]) for name in one)


# A setting, another value of it, and settings that must be on for it to have an effect.
EFFECTS: dict[str, tuple[object, dict[str, object]]] = {
    "front_end.window": ("hamming", {}),
    "front_end.clip_seconds": (0.4, {}),
    "front_end.clip": (2.0, {}),
    "front_end.form": ("paper", {}),
    "augmentation.speeds": ([0.8, 1.2], {"augmentation.speed_share": 1.0}),
    "augmentation.speed_share": (1.0, {}),
    "augmentation.noisy_share": (1.0, {}),
    "augmentation.noisy_copies": (1, {"augmentation.noisy_share": 1.0}),
    "augmentation.snr_db": ([0.0, 1.0], {"augmentation.noisy_share": 1.0}),
    "augmentation.noise_slope": (0.0, {"augmentation.noisy_share": 1.0}),
    "augmentation.pace": (0.3, {}),
    "augmentation.warp": (0.2, {}),
    "augmentation.gain_db": (3.0, {}),
    "augmentation.channel_deviation": (0.5, {}),
    "augmentation.time_masks": (5, {}),
    "augmentation.time_mask_frames": (3, {}),
    "augmentation.coefficient_masks": (5, {}),
    "augmentation.coefficient_mask_width": (20, {}),
    "augmentation.mixup": (0.4, {}),
    "schedule.batch": (2, {}),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_every_setting_of_clips_changes_the_batches(name: str) -> None:
    value, needed = EFFECTS[name]
    base = STREAM.changed({"augmentation.speed_share": 0.0, **needed})
    before = batches(base, 0)[0][0]
    after = batches(base.changed({name: value}), 0)[0][0]
    assert before.shape != after.shape or not np.array_equal(before, after)


def test_all_settings_of_clips_are_tested() -> None:
    for section in ("front_end", "augmentation"):
        for name in STREAM.to_json()[section]:
            assert f"{section}.{name}" in EFFECTS


@pytest.mark.parametrize("name", ["speeds", "noisy_copies", "snr_db", "noise_slope"])
def test_the_cache_knows_what_copies_depend_on(name: str) -> None:
    changed = STREAM.changed({f"augmentation.{name}": EFFECTS[f"augmentation.{name}"][0]})
    keys = {copies_key(recipe.front_end, recipe.augmentation) for recipe in (STREAM, changed)}
    assert len(keys) == 2
    masked = STREAM.changed({"augmentation.time_masks": 9})
    assert copies_key(masked.front_end, masked.augmentation) in keys
