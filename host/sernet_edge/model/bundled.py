"""Which model a command works on: the one given with --model, or one of those in the package."""

from importlib import resources
from pathlib import Path

from sernet_cal.bundle import Bundle, load_bundle

# The first is the default.
BUNDLED_NAMES = ("emodb-3s", "emodb-3s-small")


def bundled_model(name: str = BUNDLED_NAMES[0]) -> Path:
    """Return the folder of a model that comes with the package."""
    return Path(str(resources.files("sernet_edge") / "models" / name))


def find_model(option: str | Path | None) -> Path:
    """Return the path that a `--model` option means: a path, a bundled name, or the default."""
    if option is None:
        return bundled_model()
    path = Path(option)
    return bundled_model(str(option)) if _is_bundled(path) else path


def resolve_model(option: str | Path | None) -> Bundle:
    """Return the bundle that `option` means, as `find_model` finds it.

    Raises ModelError as `load_bundle` does.
    """
    return load_bundle(find_model(option))


def resolve_built_model(option: str | Path | None, built_from: str) -> Bundle:
    """Return the bundle that `option` means; without one, that which a build was made from.

    `built_from`: the name in the build's manifest; a model that does not come with the package
    must be named, so the default stands for it. Raises ModelError as `load_bundle` does.
    """
    if option is None and built_from in BUNDLED_NAMES:
        return load_bundle(bundled_model(built_from))
    return resolve_model(option)


def _is_bundled(path: Path) -> bool:
    return str(path) in BUNDLED_NAMES and not path.exists()
