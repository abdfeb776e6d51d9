"""A cross-validation for people: its figures as a table, its confusions as pictures."""

from pathlib import Path

from sernet_edge.evaluate.metrics import ModelFigures
from sernet_edge.evaluate.pictures import confusion_picture
from sernet_edge.protocol.cross_validation import CrossValidation
from sernet_edge.protocol.run_folder import write_atomically
from sernet_edge.protocol.settings import OPTIMISTIC
from sernet_edge.tables import make_console, make_table, percent


def print_run(run: CrossValidation) -> None:
    """Print both models' scores of every seed, and their means where there are several."""
    console, content = make_console(), run.content
    done, planned = len(content["folds"]), content["folds_planned"]
    folds = f"all {planned} folds" if content["complete"] else f"{done} of {planned} folds"
    recipe, corpus = content["recipe"]["name"], content["corpus"]["name"]
    console.print(
        f"{corpus}, recipe {recipe}, protocol {content['protocol']}, {folds}:", soft_wrap=True
    )
    table = make_table(("seed", "model"), ("clips", "UA %", "95 % interval", "WA %", "F1 %"))
    for seed, summary in run.summaries.items():
        for name, figures in (("float32", summary.float32), ("int8", summary.int8)):
            table.add_row(str(seed), name, str(summary.clips), *_scores(figures))
    if len(run.summaries) > 1:
        for name, key in (("float32", "float"), ("int8", "int8")):
            mean = content["mean"][key]
            cells = (percent(mean["ua"]), "", percent(mean["wa"]), percent(mean["f1"]))
            table.add_row("mean", name, "", *cells)
    console.print(table)
    agreement = percent(content["mean"]["int8_agreement"])
    console.print(f"Same prediction, float and int8: {agreement} %")
    if content["optimistic"]:
        console.print(OPTIMISTIC, soft_wrap=True)


def write_pictures(out: Path, run: CrossValidation) -> None:
    """Write the confusion matrices of every seed into the folder `out`."""
    content = run.content
    title = f"{content['corpus']['name']}, {content['recipe']['name']}, {content['protocol']}"
    note = " (optimistic)" if content["optimistic"] else ""
    for seed, summary in run.summaries.items():
        picture = confusion_picture(summary, f"{title}, seed {seed}{note}")
        write_atomically(out / f"confusion-seed{seed}.png", picture)


def _scores(figures: ModelFigures) -> tuple[str, str, str, str]:
    scores, ends = figures.scores, figures.intervals
    interval = f"{percent(ends.ua[0])} to {percent(ends.ua[1])}" if ends else "-"
    return percent(scores.ua), interval, percent(scores.wa), percent(scores.f1)
