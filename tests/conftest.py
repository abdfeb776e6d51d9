"""Fixtures that several rooms' tests share."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sernet_gen import assets
from sernet_gen.constants import Constants

# As import_tensorflow does it, for tests that import TensorFlow themselves: one thread, quietly.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
# No test reads or fills the user's own feature cache.
os.environ["SERNET_CACHE"] = ""

_DATA = Path(__file__).parent / "data"


@pytest.fixture
def echo_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in that only echoes in the runtime's place; returns its folder, a copy."""
    folder = tmp_path / "echo_runtime"
    shutil.copytree(_DATA / "echo", folder)
    for name in ("sn_port.h", "sn_status.h"):
        shutil.copy(assets.runtime_dir() / name, folder)
    monkeypatch.setattr(assets, "runtime_dir", lambda: folder)
    return folder


@pytest.fixture
def echo_constants(echo_runtime: Path) -> Callable[..., Constants]:
    """Return a maker of constants without a model; arguments replace its fields."""

    def make(**changes: object) -> Constants:
        fields = {
            "model": "echo",
            "classes": ("anger", "joy"),
            "front_end": "stream",
            "clip_samples": 48_000,
            "model_rows": 184,
            "arena_bytes": 1000,
            "kept_samples": 0,
            "run_budget_ms": 20_000,
            "tensors": ("input", "scores"),
            "made_tensors": ("input", "scores"),
            "choices": {},
            "sources": {},
            **changes,
        }
        return Constants(**fields)  # type: ignore[arg-type]

    return make
