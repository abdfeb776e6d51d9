"""From recordings to a trained network and its front-end.

Importing this module imports TensorFlow.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from sernet_cal.errors import InputError
from sernet_cal.features import FrontEnd, paper_front_end
from sernet_edge.audio.corpus import Recording
from sernet_edge.audio.load import read_samples
from sernet_edge.progress import Show
from sernet_edge.train.dataset import (
    TrainingClip,
    epoch_batches,
    prepare_clip,
    row_maker,
    stream_front_end,
)
from sernet_edge.train.network import build_network
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.trainer import Trainer, fix_seeds


@dataclass(frozen=True)
class Checkpointing:
    """Where the state is kept and every how many epochs; `resume` goes on from it."""

    path: Path
    every_epochs: int = 10
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """The network with its averaged weights, the front-end it was trained with, the last loss."""

    model: keras.Model
    front_end: FrontEnd
    loss: float


def train_network(
    recordings: list[Recording], plan: TrainingPlan, checkpointing: Checkpointing, show: Show
) -> Trained:
    """Train on all of `recordings`; every label must be one of the plan's classes.

    Raises InputError for recordings that cannot be read, too few, or a checkpoint that does not
    belong to this training.
    """
    recipe = plan.recipe
    fix_seeds(recipe.seed)
    clips = _prepare(recordings, plan, show)
    front_end = make_front_end(clips, plan)
    steps = recipe.epochs * recipe.steps_per_epoch(len(clips))
    model = build_network(plan.network)
    trainer = Trainer(model, recipe, steps, _fingerprint(clips, plan))
    if checkpointing.resume:
        trainer.resume(checkpointing.path)
    loss = float("nan")
    while trainer.epoch < recipe.epochs:
        epoch = trainer.epoch
        show("Training", epoch, recipe.epochs)
        loss = trainer.run_epoch(
            epoch_batches(clips, front_end, plan.clip_seconds, len(plan.classes), recipe, epoch)
        )
        if trainer.epoch % checkpointing.every_epochs == 0:
            trainer.save(checkpointing.path)
    show("Training", recipe.epochs, recipe.epochs)
    trainer.take_average()
    return Trained(model, front_end, loss)


def make_front_end(clips: list[TrainingClip], plan: TrainingPlan) -> FrontEnd:
    """Return the front-end of the plan's form, standardised over `clips` for `stream`."""
    if plan.form == "paper":
        return paper_front_end(plan.window)
    return stream_front_end(clips, plan.window, plan.recipe.augmentation.gain_db)


def _prepare(recordings: list[Recording], plan: TrainingPlan, show: Show) -> list[TrainingClip]:
    if not recordings:
        raise InputError(
            "No recordings are left to train on.", "Hold out fewer speakers, or give more data."
        )
    to_rows = row_maker(plan.form, plan.window, plan.clip_seconds)
    clips = []
    for index, item in enumerate(recordings):
        show("Computing MFCCs", index, len(recordings))
        random = np.random.Generator(np.random.PCG64([plan.recipe.seed, 1_000_000, index]))
        label = plan.classes.index(str(item.label))
        samples = read_samples(item.path)
        clips.append(prepare_clip(samples, label, to_rows, plan.recipe.augmentation, random))
    show("Computing MFCCs", len(recordings), len(recordings))
    return clips


def _fingerprint(clips: list[TrainingClip], plan: TrainingPlan) -> str:
    digest = hashlib.sha256()
    settings = [plan.classes, plan.form, plan.window, plan.clip_seconds, repr(plan.network)]
    digest.update(json.dumps([settings, plan.recipe.to_json()], sort_keys=True).encode())
    for clip in clips:
        digest.update(bytes([clip.label % 256]) + clip.original.tobytes())
    return digest.hexdigest()
