"""From recordings to a trained network and its front-end.

Importing this module imports TensorFlow.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from sernet_cal import float_features
from sernet_cal.errors import InputError
from sernet_cal.features import COEFFICIENTS, FrontEnd, clip_samples, frame_count
from sernet_edge.audio.corpus import Recording
from sernet_edge.audio.feature_cache import FeatureCache
from sernet_edge.audio.load import read_samples
from sernet_edge.progress import Show
from sernet_edge.train.dataset import (
    TrainingClip,
    clip_copies,
    copies_key,
    epoch_batches,
    epoch_generator,
    fit_front_end,
    training_clip,
)
from sernet_edge.train.loss import class_shares, make_loss
from sernet_edge.train.network import build_network
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.trainer import Trainer, fix_seeds

NO_CACHE = FeatureCache(None)


@dataclass(frozen=True)
class Checkpointing:
    """Where the state is kept and every how many epochs; `resume` goes on from it."""

    path: Path
    every_epochs: int = 10
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """The network with its averaged weights, the front-end it was trained with, the last loss.

    `epoch` is the number of epochs after which the weights were taken; `watched` the share of
    watched recordings that were right then (None without any).
    """

    model: keras.Model
    front_end: FrontEnd
    loss: float
    epoch: int
    watched: float | None = None


def train_network(
    recordings: Sequence[Recording],
    plan: TrainingPlan,
    checkpointing: Checkpointing,
    show: Show,
    watched: Sequence[Recording] = (),
    cache: FeatureCache = NO_CACHE,
) -> Trained:
    """Train on all of `recordings`; every label must be one of the plan's classes.

    With `watched` recordings the weights are those of the epoch that gets most of them right (the
    first of several), as the published protocol has it: a figure on them is then optimistic.
    Raises InputError for recordings that cannot be read, too few, or a checkpoint that does not
    belong to this training.
    """
    recipe = plan.recipe
    fix_seeds(plan.seed)
    clips = _prepare(recordings, plan, cache, show)
    front_end = fit_front_end(clips, recipe)
    epochs = recipe.schedule.usual_epochs(len(clips))
    labels = np.array([clip.label for clip in clips], np.int64)
    shares = class_shares(labels, len(plan.classes))
    steps = epochs * recipe.schedule.steps_per_epoch(len(clips))
    fingerprint = _fingerprint(clips, watched, plan)
    loss_function = make_loss(recipe.loss, shares)
    classes = len(plan.classes)
    trainer = Trainer(recipe, classes, plan.seed, steps, loss_function, fingerprint)
    watch = _Watch(watched, plan, front_end) if watched else None
    if checkpointing.resume:
        kept = trainer.resume(checkpointing.path)
        if watch is not None:
            watch.restore(kept)
    loss = float("nan")
    while trainer.epoch < epochs:
        show("Training", trainer.epoch, epochs)
        random = epoch_generator(plan.seed, trainer.epoch)
        loss = trainer.run_epoch(epoch_batches(clips, front_end, len(plan.classes), recipe, random))
        if watch is not None:
            watch.look(trainer)
        if trainer.epoch % checkpointing.every_epochs == 0:
            trainer.save(checkpointing.path, watch.state() if watch is not None else ())
    show("Training", epochs, epochs)
    if watch is not None:
        return Trained(watch.best(), front_end, loss, watch.epoch, watch.share)
    return Trained(trainer.result(), front_end, loss, trainer.epoch)


class _Watch:
    """The watched recordings' features, and the weights that got most of them right."""

    def __init__(
        self, recordings: Sequence[Recording], plan: TrainingPlan, front_end: FrontEnd
    ) -> None:
        samples = clip_samples(plan.recipe.front_end.clip_seconds)
        self._rows = network_rows(recordings, front_end, samples)
        self._labels = np.array([plan.classes.index(str(item.label)) for item in recordings])
        self._model = build_network(plan.recipe.network, len(plan.classes))
        self._best = self._model.get_weights()
        self.share, self.epoch = -1.0, 0

    def look(self, trainer: Trainer) -> None:
        """Keep the trainer's present weights if they are better than all before."""
        trainer.give_result(self._model)
        scores = np.asarray(self._model.predict_on_batch(self._rows))
        share = float(np.mean(scores.argmax(axis=1) == self._labels))
        if share > self.share:
            self.share, self.epoch = share, trainer.epoch
            self._best = self._model.get_weights()

    def best(self) -> keras.Model:
        """Return the network with the weights that were kept."""
        self._model.set_weights(self._best)
        return self._model

    def state(self) -> tuple[npt.NDArray[Any], ...]:
        """Return what a checkpoint keeps."""
        return (np.array([self.share, self.epoch]), *self._best)

    def restore(self, state: Sequence[npt.NDArray[Any]]) -> None:
        """Go on from what `state` returned."""
        self.share, self.epoch = float(state[0][0]), int(state[0][1])
        self._best = list(state[1:])


def network_rows(
    recordings: Sequence[Recording], front_end: FrontEnd, samples: int
) -> npt.NDArray[np.float32]:
    """Return the network's float input for `recordings`, float32 [clips, rows, 40, 1].

    Longer recordings are cut to the centre, so that all have the same number of rows.
    """
    count = frame_count(samples)
    found = []
    for item in recordings:
        rows = float_features.clip_features(front_end, read_samples(item.path), samples)
        start = (len(rows) - count) // 2
        found.append(rows[start : start + count])
    stacked: npt.NDArray[np.float32] = np.stack(found).astype(np.float32)
    return stacked.reshape(len(found), count, COEFFICIENTS, 1)


def _prepare(
    recordings: Sequence[Recording], plan: TrainingPlan, cache: FeatureCache, show: Show
) -> list[TrainingClip]:
    if not recordings:
        raise InputError(
            "No recordings are left to train on.", "Hold out fewer speakers, or give more data."
        )
    front_end, settings = plan.recipe.front_end, plan.recipe.augmentation
    key = copies_key(front_end, settings)
    clips = []
    for index, item in enumerate(recordings):
        show("Computing MFCCs", index, len(recordings))
        samples = read_samples(item.path)

        def make(samples: Any = samples) -> dict[str, Any]:
            return clip_copies(samples, front_end, settings)

        label = plan.classes.index(str(item.label))
        clips.append(training_clip(label, cache.get(samples, key, make)))
    show("Computing MFCCs", len(recordings), len(recordings))
    return clips


def _fingerprint(
    clips: Sequence[TrainingClip], watched: Sequence[Recording], plan: TrainingPlan
) -> str:
    digest = hashlib.sha256()
    settings = [
        plan.classes,
        plan.recipe.training_digest(),
        plan.seed,
        [item.name for item in watched],
    ]
    digest.update(json.dumps(settings).encode())
    for clip in clips:
        digest.update(bytes([clip.label % 256]) + clip.original.tobytes())
    return digest.hexdigest()
