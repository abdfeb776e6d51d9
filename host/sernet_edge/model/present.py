"""A model card for a person."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from sernet_cal.bundle import Bundle
from sernet_edge.evaluate.present import print_confusion
from sernet_edge.model.sizes import Sizes
from sernet_edge.tables import make_console, make_table, percent

NO_LOSO = (
    "How well does it do on new speakers? Its card does not say: it has no figures of a "
    "leave-one-speaker-out run."
)


def print_card(bundle: Bundle, sizes: Sizes) -> None:
    """Print what `bundle` is, how well it does, what it is for and where its limits are."""
    console, card = make_console(), bundle.card
    table = make_table((bundle.name, ""), ())
    for name, value in (*_facts(bundle), *_bytes(sizes)):
        table.add_row(name, value)
    console.print(table)
    _print_loso(console, bundle.classes, card.get("loso"))
    _print_held_out(console, card.get("accuracy"))
    texts = (
        ("Intended use", "intended_use"),
        ("Limits", "limits"),
        ("Licence", "license"),
        ("Made by", "command"),
        ("Trained by", "trained_by"),
    )
    for title, key in texts:
        if card.get(key):
            console.print(f"{title}: {card[key]}", soft_wrap=True)


def _facts(bundle: Bundle) -> Iterator[tuple[str, str]]:
    yield "classes", ", ".join(bundle.classes)
    yield "clip length", f"{bundle.clip_seconds:g} s"
    yield "front-end", f"{bundle.front_end.form}, {bundle.front_end.window} window"
    training = bundle.card.get("training")
    if isinstance(training, dict):
        speakers = training.get("speakers") or []
        yield (
            "trained on",
            f"{training.get('corpus')}: {training.get('clips')} clips of {len(speakers)} speakers",
        )
        held_out = ", ".join(map(str, training.get("held_out_speakers") or []))
        yield "speakers held out", held_out or "none"
        recipe = training.get("recipe")
        name = recipe.get("name") if isinstance(recipe, dict) else None
        named = f"{name}, " if name else ""
        yield "recipe", f"{named}{training.get('epochs')} epochs, seed {training.get('seed')}"


def _bytes(sizes: Sizes) -> Iterator[tuple[str, str]]:
    yield "weights and biases", f"{sizes.parameters:,}: {sizes.weight_bytes:,} bytes in int8"
    yield "files", f"{sizes.float_bytes:,} bytes in float32, {sizes.int8_bytes:,} in int8"
    least = f"{sizes.row_by_row_arena_bytes:,} bytes row by row"
    yield "memory of the engine", f"{least}; faster with more:  sernet-edge plan --board NAME"


def _print_loso(console: Console, classes: tuple[str, ...], loso: Any) -> None:
    if not isinstance(loso, dict):
        console.print(NO_LOSO, soft_wrap=True)
        return
    seeds = loso.get("seeds") or []
    mean = f", means over {len(seeds)} seeds" if len(seeds) > 1 else ""
    console.print(
        "On speakers that it never heard (each left out in turn: other models by the same recipe"
        f"{mean}):",
        soft_wrap=True,
    )
    _print_scores(console, loso)
    confusion = loso.get("confusion")
    if isinstance(confusion, dict) and confusion.get("int8"):
        print_confusion(console, classes, confusion["int8"])
    if loso.get("command"):
        console.print(f"These figures by: {loso['command']}", soft_wrap=True)


def _print_held_out(console: Console, accuracy: Any) -> None:
    if not isinstance(accuracy, dict):
        return
    speakers = ", ".join(map(str, accuracy.get("speakers") or []))
    console.print(
        f"This very model on {accuracy.get('clips')} clips of the speakers held out ({speakers}):",
        soft_wrap=True,
    )
    _print_scores(console, accuracy)


def _print_scores(console: Console, figures: Mapping[str, Any]) -> None:
    table = make_table(("model",), ("UA %", "WA %", "F1 %"))
    for name, key in (("float32", "float"), ("int8", "int8")):
        scores = figures.get(key) or {}
        table.add_row(name, *(percent(scores.get(measure)) for measure in ("ua", "wa", "f1")))
    console.print(table)
    if figures.get("int8_agreement") is not None:
        console.print(f"Same prediction, float and int8: {percent(figures['int8_agreement'])} %")
