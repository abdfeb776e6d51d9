"""One fold from its task to its result, in any process or on any machine that sees the corpus."""

import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from sernet_cal.errors import InputError
from sernet_edge.audio.load import read_samples
from sernet_edge.evaluate.answers import Answers, LabelledClip, collect
from sernet_edge.evaluate.metrics import Summary, summarise
from sernet_edge.evaluate.models import ModelFiles, open_models
from sernet_edge.progress import Show
from sernet_edge.protocol.fingerprint import recordings_digest
from sernet_edge.protocol.folds import Fold
from sernet_edge.protocol.training import (
    TrainedModel,
    TrainingTask,
    quantize_trained,
    train_model,
)
from sernet_edge.threads import one_thread
from sernet_edge.train.card import training_card
from sernet_edge.train.evaluate import Accuracy
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.split import Split

# The random state and the threads of TensorFlow belong to the process.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class FoldTask:
    """All that a fold needs; its recordings' paths are absolute.

    `name` is that of the model; `digest` that of the corpus in which `fold` is a division;
    `choose_on_test` takes the epoch that is best on the test recordings. The state of the training
    is kept at `checkpoint` (None: it is lost with the process). `trained` is the bundle of the same
    training, which is quantized then, and not trained again.
    """

    name: str
    corpus: str
    digest: str
    fold: Fold
    plan: TrainingPlan
    calibration_clips: int
    choose_on_test: bool
    fingerprint: str
    command: str
    checkpoint: Path | None = None
    trained: Path | None = None


@dataclass(frozen=True)
class FoldResult:
    """What a fold found: its task, its model with the card, and its answers."""

    task: FoldTask
    card: dict[str, Any]
    model: TrainedModel
    answers: Answers
    figures: Summary


def run_fold(task: FoldTask) -> FoldResult:
    """Train on the fold's training recordings, quantize, and answer its test recordings.

    The bytes of the result depend on the task alone. Raises InputError when the recordings are not
    those that the task was made of, and what the training raises.
    """
    with _ONE_AT_A_TIME, one_thread("run a fold"), tempfile.TemporaryDirectory() as scratch:
        _check_recordings(task)
        model = _train(task, Path(scratch))
        answers = _answers(task, model)
    figures = summarise(answers, resamples=0)
    scores = (figures.float32.scores, figures.int8.scores)
    quantized = replace(
        model.quantized, accuracy=Accuracy(len(answers), *scores, figures.agreement)
    )
    card = training_card(
        task.name,
        task.corpus,
        task.plan,
        model.front_end,
        model.epoch,
        Split(task.fold.training, task.fold.test),
        quantized,
        task.command,
    )
    card["accuracy"]["optimistic"] = task.choose_on_test
    return FoldResult(task, card, model, answers, figures)


def _train(task: FoldTask, scratch: Path) -> TrainedModel:
    checkpoint = task.checkpoint or scratch / "checkpoint.npz"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    training = TrainingTask(
        training=task.fold.training,
        measured=(),
        watched=task.fold.test if task.choose_on_test else (),
        plan=task.plan,
        calibration_clips=task.calibration_clips,
        checkpoint=checkpoint,
        resume=checkpoint.is_file(),
    )
    if task.trained is not None:
        return quantize_trained(task.trained, training, _lines(task.name))
    return train_model(training, _lines(task.name))


def _answers(task: FoldTask, model: TrainedModel) -> Answers:
    classes = task.plan.classes
    files = ModelFiles(
        model.quantized.float32,
        model.quantized.int8,
        model.front_end,
        task.plan.recipe.front_end.clip_seconds,
        len(classes),
    )
    clips = (
        LabelledClip(
            item.name, read_samples(item.path), classes.index(str(item.label)), item.speaker
        )
        for item in task.fold.test
    )
    with open_models(files) as models:
        return collect(models, classes, clips, files.board_seconds, lambda done: None)


def _check_recordings(task: FoldTask) -> None:
    if recordings_digest((*task.fold.training, *task.fold.test)) != task.digest:
        raise InputError(
            f"The recordings of {task.corpus} are not those that the run began with: they were "
            "changed since, or this machine has others.",
            "Give every machine the same files, and start the run again.",
        )


def _lines(name: str) -> Show:
    """Return a Show that says on stderr, a line each, what begins, and each quarter of training."""
    said: set[tuple[str, int]] = set()

    def show(what: str, done: int, total: int) -> None:
        quarter = 4 * done // total if what == "Training" else 0
        if quarter < 4 and (what, quarter) not in said:
            said.add((what, quarter))
            how_far = f", {done} of {total} epochs" if quarter else ""
            click.echo(f"{name}: {what[0].lower()}{what[1:]}{how_far}", err=True)

    return show
