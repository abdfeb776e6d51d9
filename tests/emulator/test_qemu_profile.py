"""The profile of a firmware in QEMU: the same counts as unicorn's, and cores that only QEMU has."""

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_bundle import make_bundle

from sernet_cal.bundle import Bundle
from sernet_cal.errors import LinkError
from sernet_edge.cli import cli
from sernet_edge.link.transport import open_port
from sernet_gen.board import load_board
from sernet_gen.generate import generate

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")

Measure = Callable[[str, Path], Any]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture
def measure(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> Measure:
    """Return what benchmarks a build of the tiny model: (JSON, table)."""

    def run(board: str, build: Path) -> Any:
        words = ["bench", "--board", board, "--build", str(build), "--model", str(bundle.path)]
        capsys.readouterr()
        cli.main([*words, "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
def test_qemu_counts_what_unicorn_counts(
    measure: Measure, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(bundle, load_board("mps2-an386"), tmp_path / "build", choices={})
    unicorn = measure("mps2-an386", tmp_path / "build")
    monkeypatch.setattr("sernet_edge.bench.measure.has_model", lambda core: False)
    qemu = measure("mps2-an386", tmp_path / "build")
    assert qemu["groups"]["link"]["instructions"] == 0
    for seen, expected in zip(qemu["layers"], unicorn["layers"], strict=True):
        assert seen["name"] == expected["name"]
        if seen["group"] != "link":
            assert seen["instructions"] == expected["instructions"]
            assert seen["latency"]["instructions"] == expected["latency"]["instructions"]


def test_a_core_that_only_qemu_has(
    measure: Measure, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(bundle, load_board("mps3-an547"), tmp_path / "build", choices={})
    first, second = (measure("mps3-an547", tmp_path / "build") for _ in range(2))
    assert first == second
    assert first["core"] == "cortex-m55"
    assert first["estimated_cycles"] is None
    assert all(layer["instructions"] > 0 for layer in first["layers"] if layer["group"] != "link")
    words = ["--board", "mps3-an547", "--build", str(tmp_path / "build")]
    cli.main(["bench", *words, "--model", str(bundle.path)], standalone_mode=False)
    out = capsys.readouterr().out
    assert "Instructions only: cortex-m55 has no table of cycles, as it overlaps" in out
    assert "QEMU counted, all but the link." in out


def test_a_plugin_that_is_none(bundle: Bundle, tmp_path: Path) -> None:
    result = generate(bundle, load_board("mps3-an547"), tmp_path / "build", choices={})
    image = result.folder / "firmware.elf"
    url = f"qemu://mps3-an547?image={image}&plugin=/nowhere/plugin.so&profile=x"
    with pytest.raises(LinkError) as caught:
        open_port(url, 0).read(20.0)
    assert "QEMU ended with exit code 1." in str(caught.value)
    assert "Could not load plugin /nowhere/plugin.so" in str(caught.value)
