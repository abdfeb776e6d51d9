"""`sernet-edge evaluate`: a model, or the folds of a cross-validation, on a corpus."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus, load_named_corpus
from sernet_edge.audio.screen import screen, skipped
from sernet_edge.commands.options import json_option, model_option, part_option, skip_bad_option
from sernet_edge.drawing import check_matplotlib
from sernet_edge.evaluate.evaluation import Evaluation, Task, evaluate, tasks_of_run
from sernet_edge.evaluate.labels import LabelMatch, match_labels
from sernet_edge.evaluate.metrics import sklearn_metrics
from sernet_edge.evaluate.pictures import confusion_picture, robustness_picture
from sernet_edge.evaluate.present import print_evaluation
from sernet_edge.evaluate.seen import seen_speakers
from sernet_edge.model.bundled import resolve_model
from sernet_edge.progress import Show, progress_bars
from sernet_edge.protocol.parallel import check_jobs
from sernet_edge.protocol.run_folder import Run, read_run, write_atomically, write_json
from sernet_edge.train.options import make_out_folder
from sernet_edge.train.split import speaker_list, split_by_speaker


@dataclass(frozen=True, eq=False)
class Result:
    """An evaluation and what it was made of; `run`: None for a single model."""

    model: str
    run: Run | None
    corpus: Corpus
    labels: LabelMatch
    seen: tuple[str, ...]
    evaluation: Evaluation

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of `evaluate --json`."""
        return {
            "model": self.model,
            "folds": len(self.run.folds) if self.run else None,
            "corpus": self.corpus.name,
            "recordings": len(self.labels.recordings),
            **self.labels.to_json(),
            "bad_files": [item.name for item in self.corpus.bad],
            "seen_speakers": list(self.seen),
            "optimistic": bool(self.seen),
            **self.evaluation.to_json(),
        }


@click.command()
@click.option("--data", required=True, metavar="[NAME=]DIR", help="The labelled recordings.")
@model_option
@click.option(
    "--run",
    "run_folder",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Instead of a model: each fold of a cross-validation on what it tested.",
)
@click.option(
    "--held-out",
    multiple=True,
    metavar="SPEAKER",
    help="Only these speakers (repeat, or a,b).",
)
@click.option("--robustness", is_flag=True, help="Other levels, noise and clip lengths too.")
@click.option("--jobs", type=int, metavar="N", help="Clips at a time; left out: one a core.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for JSON and pictures.")
@part_option
@skip_bad_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N clips.")
@json_option
def command(
    data: str,
    model: Path | None,
    run_folder: Path | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure a model, float and int8 side by side, on any corpus with labels that it knows.

    int8 is computed as the board does it, features included.
    """
    if model is not None and run_folder is not None:
        raise InputError("--model and --run exclude each other: which models are meant?")
    check_jobs(options["jobs"], None)
    sklearn_metrics()
    run = None if run_folder is None else read_run(run_folder)
    corpus = load_named_corpus(data, options["part"])
    chosen = _choose(corpus, speaker_list(options["held_out"]), options["limit"])
    if out is not None:
        check_matplotlib()
        make_out_folder(out)
    with progress_bars() as show:
        result = _evaluate(model, run, corpus, chosen, options, show)
    if out is not None:
        _write(out, result)
    clips = result.evaluation.all_classes.clips
    title = f"{result.model} on {result.corpus.name}: {clips} clips"
    for sentence in [title, *_remarks(result)]:
        click.echo(sentence, err=as_json)
    if as_json:
        click.echo(json.dumps(result.to_json()))
        return
    print_evaluation(result.evaluation)
    if out is not None:
        click.echo(f"JSON, answers and pictures lie in {out}.")


def _choose(corpus: Corpus, speakers: tuple[str, ...], limit: int | None) -> Corpus:
    recordings = corpus.recordings
    if speakers:
        recordings = split_by_speaker(corpus, speakers).held_out
    return replace(corpus, recordings=recordings[:limit])


def _evaluate(
    model: Path | None,
    run: Run | None,
    corpus: Corpus,
    chosen: Corpus,
    options: dict[str, Any],
    show: Show,
) -> Result:
    if run is None:
        bundle = resolve_model(model)
        name, tasks = bundle.name, [Task(bundle, chosen.recordings)]
    else:
        name = run.path.resolve().name
        tasks = tasks_of_run(run, corpus.recordings, chosen.recordings)
    classes = tasks[0].bundle.classes
    # Each recording once, though a run of several seeds has tested it several times.
    asked = {item.name: item for task in tasks for item in task.recordings}
    labels = match_labels(tuple(asked.values()), corpus.name, classes, name)
    usable = screen(replace(chosen, recordings=labels.recordings), options["skip_bad"], show)
    for item in usable.bad:
        asked.pop(item.name, None)
    labels = match_labels(tuple(asked.values()), corpus.name, classes, name)
    tasks = _with_only(tasks, {item.name for item in labels.recordings})
    seen = [
        speaker for task in tasks for speaker in seen_speakers(task.bundle, corpus, task.recordings)
    ]
    evaluation = evaluate(tasks, options["robustness"], show, options["jobs"])
    return Result(name, run, usable, labels, tuple(dict.fromkeys(seen)), evaluation)


def _with_only(tasks: list[Task], names: set[str]) -> list[Task]:
    """Return the tasks with the recordings of these names only; those left with none fall away."""
    kept = [
        Task(task.bundle, tuple(item for item in task.recordings if item.name in names))
        for task in tasks
    ]
    return [task for task in kept if task.recordings]


def _remarks(result: Result) -> list[str]:
    """Return what must be known beside the figures, a sentence a line."""
    said = [*result.labels.sentences(), skipped(result.corpus)]
    if result.seen:
        models = "models were" if result.run else "model was"
        said.append(
            f"Optimistic: the {models} trained on {len(result.seen)} of these speakers "
            f"({', '.join(result.seen)}). These figures tell nothing about new speakers."
        )
        others = [name for name in result.corpus.speakers if name not in result.seen]
        if others and not result.run:
            said.append(f"Measure it on the others only:  --held-out {','.join(others)}")
    return [sentence for sentence in said if sentence]


def _write(out: Path, result: Result) -> None:
    evaluation = result.evaluation
    write_json(out / "evaluation.json", result.to_json())
    write_atomically(out / "answers.npz", evaluation.answers.to_npz())
    title = f"{result.model} on {result.corpus.name}"
    summary = evaluation.all_classes
    write_atomically(out / "confusion.png", confusion_picture(summary, title))
    if evaluation.robustness:
        picture = robustness_picture(evaluation.robustness, summary, title)
        write_atomically(out / "robustness.png", picture)
