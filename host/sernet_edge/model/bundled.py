"""Which model a command works on: the one given with --model, or the one in the package."""

from importlib import resources
from pathlib import Path

from sernet_cal.bundle import Bundle, load_bundle

BUNDLED_NAME = "emodb-3s"


def bundled_model() -> Path:
    """Return the folder of the model that comes with the package."""
    return Path(str(resources.files("sernet_edge") / "models" / BUNDLED_NAME))


def resolve_model(option: str | Path | None) -> Bundle:
    """Return the bundle at `option`, or the package's own for None.

    Raises ModelError as `load_bundle` does.
    """
    return load_bundle(bundled_model() if option is None else Path(option))
