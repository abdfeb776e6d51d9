"""The lean base: nothing outside train/ needs an optional package to be imported."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "sernet_cal": ROOT / "calibration",
    "sernet_gen": ROOT / "firmware_gen",
    "sernet_edge": ROOT / "host",
}
OPTIONAL = [
    "tensorflow",
    "keras",
    "tinymlgen",
    "cmsisdsp",
    "sklearn",
    "filelock",
    "joblib",
    "distributed",
    "matplotlib",
    "unicorn",
    "capstone",
    "ziglang",
    "pyocd",
    "tflite_micro",
]

BLOCK_AND_IMPORT = """
import importlib, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {optional!r}:
            raise ImportError("blocked by the test: " + name)

sys.meta_path.insert(0, Block())
sys.path[:0] = {paths!r}
for name in {names!r}:
    importlib.import_module(name)
"""


def modules_of(package: str) -> list[str]:
    folder = PACKAGES[package] / package
    walked = pkgutil.walk_packages([str(folder)], prefix=f"{package}.", onerror=lambda _: None)
    return [package, *(info.name for info in walked)]


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_modules_import_without_any_optional_package(package: str) -> None:
    names = [name for name in modules_of(package) if not name.startswith("sernet_edge.train.")]
    assert len(names) > 2
    script = BLOCK_AND_IMPORT.format(
        optional=OPTIONAL, paths=[str(path) for path in PACKAGES.values()], names=names
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
