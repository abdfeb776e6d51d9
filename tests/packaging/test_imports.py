"""Imports point one way: sernet_cal <- sernet_gen <- sernet_edge."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "sernet_cal": ROOT / "calibration" / "sernet_cal",
    "sernet_gen": ROOT / "firmware_gen" / "sernet_gen",
    "sernet_edge": ROOT / "host" / "sernet_edge",
}
MAY_IMPORT = {
    "sernet_cal": {"sernet_cal"},
    "sernet_gen": {"sernet_cal", "sernet_gen"},
    "sernet_edge": {"sernet_cal", "sernet_gen", "sernet_edge"},
}
MODULES = [
    (package, path) for package in FOLDERS for path in sorted(FOLDERS[package].rglob("*.py"))
]


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize(
    ("package", "path"), MODULES, ids=[str(path.relative_to(ROOT)) for _, path in MODULES]
)
def test_no_import_points_back(package: str, path: Path) -> None:
    ours = {name for name in imported(path) if name in FOLDERS}
    assert ours <= MAY_IMPORT[package]


def test_nothing_but_assets_finds_files_by_its_own_place() -> None:
    finders = [path.name for _, path in MODULES if "__file__" in path.read_text(encoding="utf-8")]
    assert finders == ["assets.py"]
