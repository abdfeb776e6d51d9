"""What may be chosen about a training: the network's options, and all of it together."""

from dataclasses import dataclass
from typing import Any, Literal

from sernet_cal.errors import InputError
from sernet_cal.features import Form, Window
from sernet_edge.train.recipe import Recipe

Pooling = Literal["average", "max"]


@dataclass(frozen=True)
class NetworkOptions:
    """What may be chosen about the network.

    `classes`: how many; `pooling`: "average" (published) or "max"; `dropout` before the dense
    layer; `l2`: weight of the L2 penalty on kernels (1e-6 as published; 0 here, AdamW decays);
    `momentum` of the batch normalisation; `width`: share of the published filters.
    """

    classes: int
    pooling: Pooling = "average"
    dropout: float = 0.3
    l2: float = 0.0
    momentum: float = 0.9
    width: float = 1.0

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise InputError(f"A network needs at least 2 classes; {self.classes} given.")

    def to_json(self) -> dict[str, Any]:
        """Return what the model card says about the network."""
        return {"name": "Light-SERNet", "pooling": self.pooling, "dropout": self.dropout}


@dataclass(frozen=True)
class TrainingPlan:
    """All that decides the result beside the recordings."""

    classes: tuple[str, ...]
    form: Form
    window: Window
    clip_seconds: float
    network: NetworkOptions
    recipe: Recipe
