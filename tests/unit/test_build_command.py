"""`sernet-edge build` as a user sees it: the table, the JSON object, the errors' exit codes."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sernet_cal.errors import ExitCode, SernetError
from sernet_edge.cli import cli
from sernet_gen.toolchain import ARM_GCC


def run(arguments: list[str]) -> str:
    """Run the command line; returns stdout, raises what it raises."""
    result = CliRunner().invoke(cli, ["build", *arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_json_is_one_object_with_the_sizes(somewhere: Path) -> None:
    result = json.loads(run(["--board", "posix", "--json"]))
    manifest = json.loads((somewhere / "build" / "posix" / "manifest.json").read_text())
    assert result["board"] == "posix"
    assert result["build_id"] == manifest["build_id"]
    assert result["compiler"] == manifest["compiler"]
    assert result["out"] == "build/posix"
    assert result["image"] == "build/posix/firmware"
    assert (result["clip_bytes"], result["stack_bytes"], result["margins"]) == (0, None, {})
    assert result["flash_bytes"] > 400_000
    assert result["ram_bytes"] > 10_000


def test_the_table_shows_the_margins(somewhere: Path) -> None:
    if not shutil.which(ARM_GCC):
        pytest.importorskip("ziglang", reason=f"needs {ARM_GCC} or the Python package ziglang")
    shown = run(["--board", "nano33", "--out", "here"])
    assert "Arduino Nano 33 BLE Sense: emodb-3s" in shown
    for words in ("flash", "983,040", "RAM with kept clip", "262,144", "worst stack", "margin"):
        assert words in shown
    assert "The firmware lies in here.\n" in shown
    assert (somewhere / "here" / "firmware.bin").is_file()


def test_an_unknown_board_is_a_usage_error(somewhere: Path) -> None:
    with pytest.raises(SernetError, match="Did you mean nano33") as error:
        run(["--board", "nano"])
    assert error.value.exit_code == ExitCode.USAGE


def test_a_model_that_is_not_there_is_a_usage_error(somewhere: Path) -> None:
    with pytest.raises(SernetError, match="There is no model at gone") as error:
        run(["--board", "posix", "--model", "gone"])
    assert error.value.exit_code == ExitCode.USAGE


def test_a_compiler_that_is_not_there_is_a_usage_error(somewhere: Path) -> None:
    with pytest.raises(SernetError, match="--toolchain /gone: there is no such file") as error:
        run(["--board", "posix", "--toolchain", "/gone"])
    assert error.value.exit_code == ExitCode.USAGE
    assert not (somewhere / "build").exists()


@pytest.mark.skipif(
    importlib.util.find_spec("tinymlgen") is None, reason="needs the Python package tinymlgen"
)
def test_the_other_engine_prints_its_arena(somewhere: Path) -> None:
    shown = run(["--board", "mps2-an386", "--engine", "tflm"])
    assert "TensorFlow Lite Micro needs an arena of 4" in shown
    assert "Header and source lie in build/mps2-an386-tflm." in shown
    result = json.loads(run(["--board", "mps2-an386", "--engine", "tflm", "--json"]))
    assert result["engine"] == "tflm"
    assert result["files"] == ["sn_tflm_model.c", "sn_tflm_model.h"]
    assert result["arena_bytes"] > result["arena_tensor_bytes"] == 412_160


def test_the_tflm_arena_that_does_not_fit_has_its_exit_code(somewhere: Path) -> None:
    with pytest.raises(SernetError, match="nano33 has 262,144 bytes of RAM") as error:
        run(["--board", "nano33", "--engine", "tflm"])
    assert error.value.exit_code == ExitCode.DOES_NOT_FIT
