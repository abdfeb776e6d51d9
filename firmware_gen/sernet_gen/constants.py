"""A model bundle as C constants: what a project needs of the model, before any board is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

from sernet_cal.bundle import Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_gen.frontend_source import render_frontend
from sernet_gen.model_source import render_model
from sernet_gen.plan import plan_model


@dataclass(frozen=True)
class Constants:
    """The generated C of a model and the few numbers that the rest of a project needs.

    `sources`: text by file name. `kept_samples`: 0 unless the front-end keeps the whole clip.
    `tensors`: names of the observable tensors in the order of sn_tap.
    """

    model: str
    classes: tuple[str, ...]
    front_end: str
    clip_samples: int
    model_rows: int
    arena_bytes: int
    kept_samples: int
    tensors: tuple[str, ...]
    sources: Mapping[str, str]


def render_constants(bundle: Bundle) -> Constants:
    """Turn `bundle` into constants; raises ModelError for a graph that cannot run."""
    model = read_qmodel(bundle.int8)
    plan = plan_model(model)
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
        sources={
            "sn_frontend_data.c": render_frontend(bundle.front_end, entry.scale, entry.zero_point),
            "sn_model_data.c": render_model(model, plan),
        },
    )
