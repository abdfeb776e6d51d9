"""Choices for a whole network: as a JSON object, and the fastest ones on this machine."""

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

from sernet_cal.errors import InputError
from sernet_cal.qmodel_types import QModel
from sernet_gen.groups import alone, fusable_groups
from sernet_gen.kernels.choice import Choice, Group, TileName, Weights
from sernet_gen.kernels.registry import algorithms
from sernet_gen.live import keeps_pace
from sernet_gen.plan import refusal
from sernet_gen.steps import make_step

Choices = Mapping[int, Choice]

_WEIGHTS, _TILES = get_args(Weights), get_args(TileName)
_WHOLE = ("rows", "early", "apart", "together")
# Fastest first. Winograd's weights take eight times the bytes and are read from memory in every
# run: that pays where many pixels share them.
_HOST_WAYS = (
    Choice("first_layer", 2),
    *(Choice("winograd", rows, weights="transformed") for rows in (4, 8)),
    Choice("direct", 4),
)
_WINOGRAD_PIXELS = 1000


def write_choices(model: QModel, choices: Choices) -> dict[str, dict[str, Any]]:
    """Return `choices` as a JSON object: by the name of the group's output."""
    return {
        model.traced[output].name: dataclasses.asdict(choices[output]) for output in sorted(choices)
    }


def read_choices(model: QModel, content: Any) -> dict[int, Choice]:
    """Return what `write_choices` wrote; raises InputError for anything else."""
    if not isinstance(content, dict):
        raise InputError(f"Choices for the layers are an object, not {type(content).__name__}.")
    places = {tensor.name: place for place, tensor in enumerate(model.traced)}
    choices = {}
    for name, fields in content.items():
        if name not in places:
            raise InputError(
                f"There is a choice for {name}, but the model has no layer of this name.",
                f"It has these:  {', '.join(places)}",
            )
        choices[places[name]] = _read_choice(name, fields)
    return choices


def _read_choice(name: str, fields: Any) -> Choice:
    try:
        choice = Choice(**fields)
        is_right = (
            "algorithm" in fields
            and choice.algorithm in algorithms()
            and choice.weights in _WEIGHTS
            and choice.tile in _TILES
            and all(type(getattr(choice, name)) is int for name in _WHOLE)
            and type(choice.by_batch) is bool
        )
    except TypeError:
        is_right = False
    if not is_right:
        raise InputError(
            f"The choice for {name} is none: {fields}.",
            f"It has an algorithm ({', '.join(algorithms())}), rows, early, apart and together "
            f"(whole numbers), weights ({' or '.join(_WEIGHTS)}), a tile ({' or '.join(_TILES)}), "
            "and by_batch (true or false).",
        )
    return choice


def host_choices(model: QModel, live: bool = False) -> dict[int, Choice]:
    """Return the fastest choices on this machine, which has memory for everything.

    `live`: of those that give the answers of a stream one by one.
    """
    choices: dict[int, Choice] = {}
    for group in fusable_groups(model):
        found = _first_possible(model, group, live)
        parts = (group,) if found else alone(group)
        for part in parts:
            choice = found or _first_possible(model, part, live)
            if choice is not None:
                choices[part.output] = choice
    return choices


def _first_possible(model: QModel, group: Group, live: bool) -> Choice | None:
    """Return the first of the ways that suit this machine that `group` can run; else None."""
    height, width, _ = model.traced[group.convolutions[0].output].shape
    for choice in _HOST_WAYS:
        is_slow = choice.algorithm == "winograd" and height * width < _WINOGRAD_PIXELS
        step = make_step(model, group, choice)
        keeps_up = keeps_pace(model, step) or not live
        if not is_slow and keeps_up and refusal(model, step) is None:
            return choice
    return None
