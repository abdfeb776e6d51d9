"""Where the hand-written C, the board files and the planner's tables are: in the wheel, or in the
source tree."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_assets"
_SOURCE_TREE = _PACKAGE.parent.parent


def runtime_dir() -> Path:
    """Return the folder of the portable C runtime."""
    return _find("runtime", "firmware_gen/runtime")


def ports_dir() -> Path:
    """Return the folder with one folder per microcontroller family."""
    return _find("ports", "firmware_gen/ports")


def boards_dir() -> Path:
    """Return the folder with one folder per board."""
    return _find("boards", "boards")


def costs_dir() -> Path:
    """Return the folder of the planner's cost tables, one file for each core."""
    return _PACKAGE / "planner" / "costs"


def runtime_sizes() -> Path:
    """Return the planner's table of what a firmware takes beside its network, board by board."""
    return _PACKAGE / "planner" / "runtime.json"


def _find(installed: str, source: str) -> Path:
    packed = _INSTALLED / installed
    return packed if packed.is_dir() else _SOURCE_TREE / source
