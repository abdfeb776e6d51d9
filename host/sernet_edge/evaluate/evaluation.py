"""One or several models on a corpus: everything that `evaluate` finds out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sernet_cal.bundle import Bundle, load_bundle
from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Recording
from sernet_edge.audio.load import read_samples
from sernet_edge.evaluate.answers import Answers, LabelledClip, merge
from sernet_edge.evaluate.conditions import (
    RECORDED,
    ROBUSTNESS,
    ConditionFigures,
    answer_conditions,
)
from sernet_edge.evaluate.metrics import Summary, summarise
from sernet_edge.evaluate.models import Int8Engine, ModelFiles, open_models
from sernet_edge.progress import Show
from sernet_edge.protocol.parallel import usual_jobs
from sernet_edge.protocol.run_folder import Run
from sernet_edge.threads import one_thread


@dataclass(frozen=True, eq=False)
class Task:
    """A model and the recordings that it is asked about, all labelled with its classes."""

    bundle: Bundle
    recordings: tuple[Recording, ...]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the models answered, and its figures.

    `all_classes`: the board's answers; `shared_only`: as if the models knew only the classes that
    the recordings have (None where they have all, or but one). `robustness`: empty unless asked.
    """

    answers: Answers
    engine: Int8Engine
    all_classes: Summary
    shared_only: Summary | None
    robustness: tuple[ConditionFigures, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures, fractions of 1, and who computed the int8 answers."""
        return {
            "int8_engine": self.engine,
            "all_classes": self.all_classes.to_json(),
            "shared_classes_only": self.shared_only.to_json() if self.shared_only else None,
            "robustness": [row.to_json() for row in self.robustness] or None,
        }


def tasks_of_run(run: Run, corpus: Sequence[Recording], chosen: Sequence[Recording]) -> list[Task]:
    """Return a task for each fold of `run`: its model, and its test recordings among `chosen`.

    `corpus`: all recordings that there are. Raises InputError when the run tested others, has no
    folds, or when `chosen` holds none that a fold tested; ModelError for a damaged bundle.
    """
    known = {item.name for item in corpus}
    tested = sorted({name for fold in run.folds for name in fold.test})
    if not tested:
        raise InputError(
            f"The cross-validation {run.path} has no finished fold.",
            "Run the command again that made it; it goes on with what is missing.",
        )
    absent = [name for name in tested if name not in known]
    if absent:
        raise InputError(
            f"The cross-validation {run.path} tested {len(tested)} recordings; {len(absent)} of "
            f"them are not in the corpus given, the first is {absent[0]}.",
            "Give the corpus that it was made with, in the same form:  --data NAME=DIR",
        )
    wanted = {item.name: item for item in chosen}
    tasks = []
    for fold in run.folds:
        own = tuple(wanted[name] for name in fold.test if name in wanted)
        if own:
            tasks.append(Task(load_bundle(fold.folder), own))
    if not tasks:
        raise InputError(f"No fold of {run.path} tested any of the recordings chosen.")
    return tasks


def evaluate(
    tasks: Sequence[Task], robustness: bool, show: Show, jobs: int | None = None
) -> Evaluation:
    """Return the pooled answers and figures of all `tasks`, one recording at least in each.

    `jobs`: clips at a time (None: one a core); the figures do not depend on it. Raises ModelError
    for models that cannot run, InputError for recordings that cannot be used or tasks of other
    classes, SernetError where scikit-learn or joblib are not installed.
    """
    conditions = (RECORDED, *(ROBUSTNESS if robustness else ()))
    at_once = usual_jobs() if jobs is None else jobs
    total = sum(len(task.recordings) for task in tasks)
    parts: list[list[Answers]] = []
    engine: Int8Engine = "C"
    before = 0
    for task in tasks:

        def step(done: int, before: int = before) -> None:
            show("evaluating", before + done, total)

        step(0)
        files = ModelFiles.of(task.bundle)
        with open_models(files) as models, one_thread("evaluate models"):
            engine = models.engine
            classes, seconds = task.bundle.classes, files.board_seconds
            parts.append(
                answer_conditions(models, classes, seconds, _clips(task), conditions, step, at_once)
            )
        before += len(task.recordings)
    recorded, *others = (merge(list(found)) for found in zip(*parts, strict=True))
    return Evaluation(recorded, engine, summarise(recorded), _shared_only(recorded), _rows(others))


def _clips(task: Task) -> Iterator[LabelledClip]:
    for item in task.recordings:
        label = task.bundle.classes.index(str(item.label))
        yield LabelledClip(item.name, read_samples(item.path), label, item.speaker)


def _shared_only(answers: Answers) -> Summary | None:
    present = sorted({int(label) for label in answers.expected})
    if len(present) in (1, len(answers.classes)):
        return None
    return summarise(answers.among([answers.classes[index] for index in present]))


def _rows(others: Sequence[Answers]) -> tuple[ConditionFigures, ...]:
    pairs = zip(ROBUSTNESS, others, strict=bool(others))
    return tuple(
        ConditionFigures(condition, summarise(answers, resamples=0)) for condition, answers in pairs
    )
