"""What the planner predicts against what the compiler and the emulator measure."""

import importlib.util
import shutil
from dataclasses import replace

import pytest

from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.clips import Clips, whole_clip
from sernet_edge.bench.measure import measure_clip
from sernet_edge.bench.parts import NETWORK
from sernet_edge.bench.result import Memory
from sernet_edge.firmware import load_firmware
from sernet_edge.model.bundled import resolve_model
from sernet_gen.board import load_board
from sernet_gen.generate import generate
from sernet_gen.planner.budgets import Budgets
from sernet_gen.planner.firmware import plan_firmware

pytestmark = [
    pytest.mark.skipif(
        shutil.which("arm-none-eabi-gcc") is None,
        reason="arm-none-eabi-gcc is not installed, for which the sizes were measured",
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("unicorn") is None, reason="unicorn is not installed"
    ),
]

# Code that a plan has no use for is left out, which the planner does not know.
_FLASH_TOLERANCE = 0.04
_TIME_TOLERANCE = 0.15


def test_the_memory_of_a_live_firmware_is_as_predicted(tmp_path):
    board, bundle = load_board("nano33"), resolve_model("emodb-3s-small")
    planned = plan_firmware(read_qmodel(bundle.int8), board, Budgets(), live=True)
    choices = planned.chosen.choices
    report = generate(bundle, board, tmp_path / "b", "gcc", choices=choices, live=True).report
    assert report.stack_bytes is not None
    assert planned.ram_bytes - planned.stack_bytes == report.ram_bytes
    assert planned.stack_bytes >= report.stack_bytes
    assert planned.flash_bytes == pytest.approx(report.flash_bytes, rel=_FLASH_TOLERANCE)


@pytest.mark.parametrize("ram", [None, 40_000])
@pytest.mark.parametrize("name", ["emodb-3s", "emodb-3s-small"])
def test_memory_and_time_are_as_predicted(tmp_path, ram, name):
    board = replace(load_board("nano33"), flash_wait_states=0)
    bundle = resolve_model(None if name == "emodb-3s" else name)
    planned = plan_firmware(read_qmodel(bundle.int8), board, Budgets(ram=ram))
    build = generate(bundle, board, tmp_path / "nano33", "gcc", choices=planned.chosen.choices)
    report = build.report
    assert report.stack_bytes is not None
    assert planned.ram_bytes - planned.stack_bytes == report.ram_bytes
    assert planned.stack_bytes >= report.stack_bytes
    assert planned.flash_bytes == pytest.approx(report.flash_bytes, rel=_FLASH_TOLERANCE)
    memory = Memory(report.ram_bytes, report.stack_bytes, report.clip_bytes, report.flash_bytes)
    clip = whole_clip(Clips(None), bundle.model_samples)
    bench = measure_clip(
        load_firmware(build.folder, board.name), board, bundle, clip, memory, with_flash=False
    )
    prediction = planned.chosen.prediction
    for predicted, counted in (
        (prediction.network, bench.cost(NETWORK)),
        (prediction.total, bench.busy),
        (prediction.late, bench.late),
    ):
        assert counted.cycles is not None
        assert predicted == pytest.approx(counted.cycles.nominal, rel=_TIME_TOLERANCE)
