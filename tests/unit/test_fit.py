"""From recordings to a trained network: seeds, watching, checkpoints, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Recording
from sernet_edge.audio.feature_cache import FeatureCache
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.train.options import TrainingPlan, check_seed, make_out_folder
from sernet_edge.train.recipe import load_recipe

pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")

from sernet_edge.train import fit

RECIPE = load_recipe("stream").changed(
    {
        "front_end.clip_seconds": 0.4,
        "network.width": 0.05,
        "schedule.epochs": 3,
        "schedule.least_steps": 0,
        "schedule.batch": 4,
        "augmentation.noisy_copies": 1,
        "augmentation.speeds": [1.1],
    }
)
PLAN = TrainingPlan(("harsh", "calm"), RECIPE, 5)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    folder = tmp_path_factory.mktemp("clips")
    clips = {clip.name: clip.samples for clip in synthetic_clips()}
    found = []
    for label, name in (("calm", "voiced-a-110"), ("harsh", "unvoiced-high")):
        for take in range(4):
            path = folder / f"{label}{take}.wav"
            soundfile.write(path, clips[name][1000 * take : 1000 * take + 8000], 16_000)
            found.append(Recording(path, path.stem, label, "a"))
    return found


def silent(what: str, done: int, total: int) -> None:
    pass


def train(recordings: list[Recording], path: Path, **options: Any) -> fit.Trained:
    checkpointing = fit.Checkpointing(path, 1, options.pop("resume", False))
    plan = options.pop("plan", PLAN)
    return fit.train_network(recordings, plan, checkpointing, silent, **options)


def same(one: fit.Trained, other: fit.Trained) -> bool:
    pairs = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return one.front_end == other.front_end and all(np.array_equal(a, b) for a, b in pairs)


def test_the_same_seed_trains_the_same_network(recordings: list[Recording], tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    first = train(recordings, tmp_path / "a.npz", cache=cache)
    again = train(recordings, tmp_path / "b.npz", cache=cache)
    assert same(first, again)
    assert first.epoch == 3
    assert first.watched is None
    assert np.isfinite(first.loss)
    other = train(recordings, tmp_path / "c.npz", plan=TrainingPlan(PLAN.classes, RECIPE, 6))
    assert not same(first, other)


def test_the_best_epoch_on_watched_recordings_is_taken_and_resumed(
    recordings: list[Recording], tmp_path: Path
) -> None:
    path = tmp_path / "state.npz"
    whole = train(recordings, path, watched=recordings[:2])
    assert whole.watched is not None
    assert 1 <= whole.epoch <= 3
    resumed = train(recordings, path, watched=recordings[:2], resume=True)
    assert same(whole, resumed)
    assert (whole.epoch, whole.watched) == (resumed.epoch, resumed.watched)


def test_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        train([], tmp_path / "state.npz")
    assert str(caught.value) == (
        "No recordings are left to train on.\n  Hold out fewer speakers, or give more data."
    )


def test_other_settings_refuse_a_checkpoint(recordings: list[Recording], tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    train(recordings, path)
    plan = TrainingPlan(PLAN.classes, RECIPE.changed({"loss.prior_share": 1.0}), 5)
    with pytest.raises(InputError) as caught:
        train(recordings, path, plan=plan, resume=True)
    assert "belongs to a training with other settings or recordings." in str(caught.value)


def test_checks_of_what_users_give(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_seed(-1)
    assert str(caught.value) == "The seed must be 0 to 4294967295; -1 given."
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(InputError) as caught:
        make_out_folder(taken / "below")
    assert str(caught.value) == (
        f"{taken / 'below'} cannot be made a folder: Not a directory.\n  Choose another:  --out DIR"
    )
