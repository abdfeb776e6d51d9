"""Runs the folds that are missing, keeps each as it ends, and sums up."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sernet_cal.bundle import write_bundle
from sernet_edge.audio.corpus import Recording
from sernet_edge.evaluate.answers import Answers, answers_from_npz, merge
from sernet_edge.evaluate.metrics import Summary, summarise
from sernet_edge.protocol.fold import FoldResult, FoldTask, run_fold
from sernet_edge.protocol.folds import Fold
from sernet_edge.protocol.parallel import run_tasks, usual_jobs
from sernet_edge.protocol.run_folder import (
    ANSWERS_NAME,
    RUN_NAME,
    fold_folder,
    locked,
    seal_fold,
    stored_fold,
    write_atomically,
    write_json,
)
from sernet_edge.protocol.settings import Settings, check_same_run

Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """Where folds run: `jobs` processes here (None: one a core), or the workers of `cluster`."""

    jobs: int | None = None
    cluster: str | None = None


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """A run that ended: run.json, and each seed's answers and figures over its folds."""

    content: dict[str, Any]
    answers: dict[int, Answers]
    summaries: dict[int, Summary]


def cross_validate(settings: Settings, out: Path, place: Place, say: Say) -> CrossValidation:
    """Run all folds of all seeds that `out` does not keep yet; write run.json as they end.

    `say` is called with a line of text a fold. A fold that is kept is not run again if all that
    its result depends on is the same. Raises InputError when `out` keeps another run, or another
    command works on it.
    """
    with locked(out):
        return _cross_validate(settings, out, place, say)


def _cross_validate(settings: Settings, out: Path, place: Place, say: Say) -> CrossValidation:
    head = settings.to_json()
    check_same_run(out, head)
    tasks = _tasks(settings, head["corpus"]["digest"], out, place)
    records = {task.name: _stored(out, task) for task in tasks}
    missing = [task for task in tasks if records[task.name] is None]
    if len(missing) < len(tasks):
        say(f"{len(tasks) - len(missing)} of {len(tasks)} folds were done before.")
    write_json(out / RUN_NAME, _content(head, settings, records))
    clock = _Clock(len(missing), place)
    for result in run_tasks(run_fold, missing, place.jobs, place.cluster):
        record = _keep(out, result)
        records[result.task.name] = record
        write_json(out / RUN_NAME, _content(head, settings, records))
        done = sum(found is not None for found in records.values())
        say(f"{_line(result.task.name, record, done, len(tasks))}{clock.ended()}")
    return _finish(settings, out, head, records)


def _tasks(settings: Settings, digest: str, out: Path, place: Place) -> list[FoldTask]:
    found = []
    for seed in settings.seeds:
        bundles = settings.bundles(seed)
        for fold in settings.folds(seed)[: settings.first_folds]:
            if bundles is not None and fold.name not in bundles:
                continue
            fingerprint = settings.fingerprint(seed, fold, digest)
            folder = fold_folder(out, seed, fold.name)
            # A checkpoint of another training has another name, and is not resumed from.
            checkpoint = folder / f"checkpoint-{fingerprint[:16]}.npz"
            found.append(
                FoldTask(
                    name=folder.name,
                    corpus=settings.corpus.name,
                    digest=digest,
                    fold=_absolute(fold),
                    plan=settings.plan(seed),
                    calibration_clips=settings.calibration_clips,
                    choose_on_test=settings.optimistic,
                    fingerprint=fingerprint,
                    command=settings.command((seed,)),
                    checkpoint=checkpoint.absolute() if place.cluster is None else None,
                    trained=bundles[fold.name].absolute() if bundles is not None else None,
                )
            )
    return found


def _absolute(fold: Fold) -> Fold:
    def moved(items: Sequence[Recording]) -> tuple[Recording, ...]:
        return tuple(replace(item, path=item.path.absolute()) for item in items)

    return Fold(fold.name, moved(fold.training), moved(fold.test))


def _folder(out: Path, task: FoldTask) -> Path:
    return fold_folder(out, task.plan.seed, task.fold.name)


def _stored(out: Path, task: FoldTask) -> dict[str, Any] | None:
    return stored_fold(_folder(out, task), task.fingerprint)


def _keep(out: Path, result: FoldResult) -> dict[str, Any]:
    task, folder = result.task, _folder(out, result.task)
    for leftover in folder.glob("*checkpoint-*"):
        leftover.unlink()
    made, figures = result.model, result.figures
    write_bundle(folder, result.card, made.quantized.float32, made.quantized.int8, made.keras)
    write_atomically(folder / ANSWERS_NAME, result.answers.to_npz())
    return seal_fold(
        folder,
        {
            "name": task.fold.name,
            "seed": task.plan.seed,
            "fingerprint": task.fingerprint,
            "speakers": task.fold.speakers,
            "clips": len(task.fold.test),
            "epoch": made.epoch,
            "optimistic": task.choose_on_test,
            "float": figures.float32.scores.to_json(),
            "int8": figures.int8.scores.to_json(),
            "int8_agreement": round(figures.agreement, 4),
            "test": [item.name for item in task.fold.test],
        },
    )


def _content(
    head: dict[str, Any], settings: Settings, records: dict[str, dict[str, Any] | None]
) -> dict[str, Any]:
    """Return run.json with the folds that are done; figures are added when all are."""
    left_out = ("fingerprint", "optimistic", "test", "sha256")
    table = [
        {key: value for key, value in record.items() if key not in left_out}
        for record in records.values()
        if record is not None
    ]
    planned = sum(len(settings.folds(seed)) for seed in settings.seeds)
    return {**head, "complete": len(table) == planned, "folds_planned": planned, "folds": table}


def _finish(
    settings: Settings,
    out: Path,
    head: dict[str, Any],
    records: dict[str, dict[str, Any] | None],
) -> CrossValidation:
    answers = {}
    for seed in settings.seeds:
        folders = [
            fold_folder(out, seed, record["name"])
            for record in records.values()
            if record is not None and record["seed"] == seed
        ]
        parts = [answers_from_npz((folder / ANSWERS_NAME).read_bytes()) for folder in folders]
        answers[seed] = merge(parts)
    summaries = {seed: summarise(found) for seed, found in answers.items()}
    content = {
        **_content(head, settings, records),
        "per_seed": {str(seed): summary.to_json() for seed, summary in summaries.items()},
        "mean": mean_scores(list(summaries.values())),
    }
    write_json(out / RUN_NAME, content)
    return CrossValidation(content, answers, summaries)


def mean_scores(summaries: Sequence[Summary]) -> dict[str, Any]:
    """Return the means over seeds of UA, WA, macro F1 and the agreement, rounded to 4 places."""

    def mean(values: list[float]) -> float:
        return round(float(np.mean(values)), 4)

    names = ("ua", "wa", "f1")
    return {
        "float": {n: mean([getattr(s.float32.scores, n) for s in summaries]) for n in names},
        "int8": {n: mean([getattr(s.int8.scores, n) for s in summaries]) for n in names},
        "int8_agreement": mean([summary.agreement for summary in summaries]),
    }


def _line(name: str, record: dict[str, Any], done: int, total: int) -> str:
    ua = f"UA {100 * record['float']['ua']:.1f} % float, {100 * record['int8']['ua']:.1f} % int8"
    note = " (optimistic)" if record["optimistic"] else ""
    return f"[{done}/{total}] {name}: {ua}{note}, {record['clips']} clips"


class _Clock:
    """Estimates the time left; folds end in waves of as many as run at once."""

    def __init__(self, folds: int, place: Place) -> None:
        self._at_once = 1 if place.cluster else (place.jobs or usual_jobs())
        self._known = place.cluster is None
        self._folds, self._done = folds, 0
        self._start = time.monotonic()

    def ended(self) -> str:
        """Count a fold; returns ", about 12 min left", or nothing where it cannot be known."""
        self._done += 1
        if not self._known or self._done == self._folds:
            return ""
        waves = math.ceil(self._done / self._at_once)
        left = math.ceil(self._folds / self._at_once) - waves
        minutes = (time.monotonic() - self._start) / waves * left / 60.0
        return f", about {math.ceil(minutes)} min left" if left else ""
