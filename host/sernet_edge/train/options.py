"""What may be chosen about a training: the network's options, and all of it together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sernet_cal.errors import InputError
from sernet_cal.features import Form, Window
from sernet_edge.train.recipe import Recipe

Pooling = Literal["average", "max"]
LARGEST_SEED = 2**32 - 1


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


def make_out_folder(out: Path) -> None:
    """Make the folder of `--out`; raises InputError if it cannot be made."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{out} cannot be made a folder: {error.strerror}.", "Choose another:  --out DIR"
        ) from error


def check_seed(seed: int) -> None:
    """Raise InputError unless `seed` has 32 bits and no sign, as the generators want it."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"The seed must be 0 to {LARGEST_SEED}; {seed} given.")
