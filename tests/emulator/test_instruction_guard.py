"""What a clip costs on nano33 does not grow unseen: the counts against the committed table."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from sernet_cal.errors import SernetError
from sernet_edge.audio.clips import Clips, whole_clip
from sernet_edge.bench.guard import complaint, read_table
from sernet_edge.bench.measure import measure_clip
from sernet_edge.bench.result import Memory
from sernet_edge.firmware import load_firmware
from sernet_edge.model.bundled import resolve_model
from sernet_gen.board import load_board
from sernet_gen.generate import generate
from sernet_gen.toolchain import ARM_GCC, find_toolchain, host_compiler

TABLE = Path("tests/data/instructions-nano33.json")
ROOT = Path(__file__).resolve().parents[2]


def why_not() -> str | None:
    """Return what this machine lacks to make the counts of the table."""
    table = json.loads((ROOT / TABLE).read_text())
    if not shutil.which(ARM_GCC):
        return f"needs {ARM_GCC}"
    compiler = find_toolchain("cortex-m4f", "gcc").title
    if compiler != table["compiler"]:
        return f"the table is for {table['compiler']}, this is {compiler}"
    for name in ("unicorn", "capstone"):
        if importlib.util.find_spec(name) is None:
            return f"needs the Python package {name}"
    try:
        host_compiler()
    except SernetError:
        return "needs a C compiler for this machine"
    return None


def test_a_clip_takes_no_more_instructions_than_it_did(tmp_path: Path) -> None:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    board, bundle = load_board("nano33"), resolve_model(None)
    generate(bundle, board, tmp_path / "nano33", "gcc")
    firmware = load_firmware(tmp_path / "nano33", "nano33")
    clip = whole_clip(Clips(None), bundle.model_samples)
    bench = measure_clip(firmware, board, bundle, clip, Memory(0, 0, 0, 0), with_flash=False)
    problem = complaint(bench, read_table(ROOT / TABLE), str(TABLE))
    assert problem is None, problem
