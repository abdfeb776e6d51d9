"""A model bundle as C constants: what a project needs of the model, before any board is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ModelError
from sernet_cal.qmodel import read_qmodel
from sernet_gen.choices import Choices, write_choices
from sernet_gen.frontend_source import render_frontend
from sernet_gen.model_source import render_model, render_shapes
from sernet_gen.plan import plan_model

# What the names of the classes may take in the answer to HELLO, which must fit one frame (1,032
# bytes) beside 76 bytes of numbers, the board's name, and the word "live"; each name has one byte
# for its length.
_NAMES_BYTES = 900
_NAME_BYTES = 255
# Plain C on the slowest board takes about 10 s for a second of audio, some 53 million MACs; twice
# that tells "slow" from "hung" where no plan has predicted the time.
UNKNOWN_BUDGET_MS = 20_000
_REMAKE = "Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"


@dataclass(frozen=True)
class Constants:
    """The generated C of a model and the few numbers that the rest of a project needs.

    `sources`: text by file name. `kept_samples`: 0 unless the front-end keeps the whole clip.
    `tensors`: names of the network's tensors in the order of sn_tap; `made_tensors`: of these the
    ones that the engine makes, as the others are inside fused operators. `choices`: how groups of
    operators run, as `write_choices` gives it. `run_budget_ms`: how long a second of audio may take
    on the device before a host takes it for hung. `live`: streams without an end run as well.
    """

    model: str
    classes: tuple[str, ...]
    front_end: str
    clip_samples: int
    model_rows: int
    arena_bytes: int
    kept_samples: int
    tensors: tuple[str, ...]
    made_tensors: tuple[str, ...]
    choices: Mapping[str, Any]
    run_budget_ms: int
    sources: Mapping[str, str]
    live: bool = False


def render_constants(
    bundle: Bundle,
    choices: Choices | None = None,
    run_budget_ms: int = UNKNOWN_BUDGET_MS,
    live: bool = False,
) -> Constants:
    """Turn `bundle` into constants; `choices` and `live` as for `plan_model`.

    Raises ModelError for a graph that cannot run, or not as it was chosen, for class names that
    are not the graph's or that the link has no room for, and for a front-end that cannot be `live`.
    """
    model = read_qmodel(bundle.int8)
    _check_classes(bundle, model.classes)
    if live:
        check_front_end(bundle)
    plan = plan_model(model, choices, live)
    entry = model.traced[0]
    return Constants(
        model=bundle.name,
        classes=bundle.classes,
        front_end=bundle.front_end.form,
        clip_samples=bundle.model_samples,
        model_rows=bundle.model_rows,
        arena_bytes=plan.arena_bytes,
        kept_samples=bundle.model_samples if bundle.front_end.keeps_clip else 0,
        tensors=tuple(tensor.name for tensor in model.traced),
        made_tensors=tuple(
            tensor.name for tensor, made in zip(model.traced, plan.made, strict=True) if made
        ),
        choices=write_choices(model, choices or {}),
        run_budget_ms=run_budget_ms,
        sources={
            "sn_frontend_data.c": render_frontend(bundle.front_end, entry.scale, entry.zero_point),
            "sn_model_data.c": render_model(model, plan),
            "sn_shapes.h": render_shapes(model, plan),
        },
        live=live,
    )


def check_front_end(bundle: Bundle) -> None:
    """Raise ModelError unless the front-end of `bundle` can take a stream without an end."""
    if bundle.front_end.keeps_clip:
        raise ModelError(
            f"The model {bundle.name} cannot run live: its `{bundle.front_end.form}` front-end "
            "divides by the level of the whole clip, and a stream has no end.",
            "Take a model with the `stream` front-end:  --model DIR  (the bundled one has it), or "
            "build without --live.",
        )


def _check_classes(bundle: Bundle, scores: int) -> None:
    """The device counts scores by the names: one too many would be read from beyond them."""
    names = [label.encode() for label in bundle.classes]
    if len(names) != scores:
        raise ModelError(
            f"The model {bundle.name} makes {scores} scores, but its card names "
            f"{len(names)} classes: {', '.join(bundle.classes)}.",
            _REMAKE,
        )
    total = sum(map(len, names))
    if max(map(len, names)) > _NAME_BYTES or total + len(names) > _NAMES_BYTES:
        raise ModelError(
            f"The class names of the model {bundle.name} are too long for the serial link: "
            f"{total} bytes, the longest {max(map(len, names))}; there is room for "
            f"{_NAMES_BYTES - len(names)}, each up to {_NAME_BYTES}.",
            "Give the classes shorter names (the folders of a corpus), and train again.",
        )
