"""The settings of one training, with the values that were measured to work on EMO-DB."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from sernet_cal.errors import InputError


@dataclass(frozen=True)
class Augmentation:
    """How training clips are varied; shares are probabilities per clip and epoch.

    `gain_db`: uniform within +-; `channel_deviation`: deviation of a constant added to c1..c39, in
    units of each coefficient's own; masks are 0 to `..._frames` / `..._width` wide.
    """

    speeds: tuple[float, ...] = (0.90, 0.95, 1.05, 1.10)
    speed_share: float = 0.50
    noisy_share: float = 0.15
    noisy_copies: int = 4
    snr_db: tuple[float, float] = (5.0, 30.0)
    gain_db: float = 12.0
    channel_deviation: float = 0.2
    time_masks: int = 2
    time_mask_frames: int = 20
    coefficient_masks: int = 2
    coefficient_mask_width: int = 5


@dataclass(frozen=True)
class Recipe:
    """How the network is optimised; rates are those of the one cycle over all steps."""

    epochs: int = 60
    batch: int = 32
    first_rate: float = 1.2e-4
    peak_rate: float = 3e-3
    last_rate: float = 1e-8
    warm_share: float = 0.25
    weight_decay: float = 0.02
    epsilon: float = 1e-7
    label_smoothing: float = 0.1
    average_decay: float = 0.995
    seed: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise InputError(f"At least 1 epoch is needed; {self.epochs} given.")

    def steps_per_epoch(self, clips: int) -> int:
        """Return the whole batches in `clips` clips (at least one, then a smaller one)."""
        return max(1, clips // self.batch)

    def to_json(self) -> dict[str, Any]:
        """Return every setting, for the model card."""
        return asdict(self)


# A training of fewer steps was measured to underfit.
LEAST_STEPS = 900
USUAL_EPOCHS = 60


def usual_epochs(clips: int, batch: int = 32) -> int:
    """Return 60 epochs, or as many more as `LEAST_STEPS` steps take with `clips` clips."""
    return max(USUAL_EPOCHS, math.ceil(LEAST_STEPS / max(1, clips // batch)))


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Return the rate of `step` (0 first) of `steps`: cosine up to the peak, cosine down.

    The one-cycle policy of Smith & Topin (2018).
    """
    warm = recipe.warm_share * steps
    if step < warm:
        return _cosine(recipe.first_rate, recipe.peak_rate, step / warm)
    return _cosine(recipe.peak_rate, recipe.last_rate, (step - warm) / max(1.0, steps - 1 - warm))


def average_decay(recipe: Recipe, step: int) -> float:
    """Return the decay of the moving average of the weights at `step` (0 first)."""
    return min(recipe.average_decay, (1 + step) / (10 + step))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1.0 + math.cos(math.pi * min(1.0, share))) / 2.0
