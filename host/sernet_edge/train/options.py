"""What decides the result of one training beside the recordings, and checks of what users give."""

from dataclasses import dataclass
from pathlib import Path

from sernet_cal.errors import InputError
from sernet_edge.train.recipe import Recipe

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class TrainingPlan:
    """All that decides the result beside the recordings."""

    classes: tuple[str, ...]
    recipe: Recipe
    seed: int


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
