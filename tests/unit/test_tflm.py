"""The TFLM export: the very bytes of the model, aligned and guarded, and a sound arena."""

import importlib
import importlib.util
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sernet_cal.errors import DoesNotFitError, ExitCode, SernetError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.model.bundled import resolve_model
from sernet_gen import tflm
from sernet_gen.board import load_board
from sernet_gen.generate import generate_tflm
from sernet_gen.tflm import Arena, check_arena, planned_bytes, render_tflm, structure_bytes
from sernet_gen.toolchain import host_compiler

needs_tinymlgen = pytest.mark.skipif(
    importlib.util.find_spec("tinymlgen") is None, reason="needs the Python package tinymlgen"
)
needs_tflite_micro = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="needs the Python package tflite_micro"
)


@needs_tinymlgen
def test_the_source_holds_the_very_bytes_of_the_model(tmp_path: Path) -> None:
    bundle = resolve_model(None)
    files = render_tflm(bundle)
    source, header = files["sn_tflm_model.c"], files["sn_tflm_model.h"]
    octets = re.findall(r"0x([0-9a-f]{2})", source)
    assert bytes.fromhex("".join(octets)) == bundle.int8
    assert f"const int sn_tflm_model_len = {len(bundle.int8)};" in source
    assert "aligned(16)" in source
    assert "#ifndef SN_TFLM_MODEL_H\n#define SN_TFLM_MODEL_H\n" in header
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    arguments = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-c", "sn_tflm_model.c", "-o", "x.o"]
    host_compiler().run(arguments, "compile the model", cwd=tmp_path)


@needs_tinymlgen
@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
def test_the_source_is_cpp_as_well(tmp_path: Path) -> None:
    for name, text in render_tflm(resolve_model(None)).items():
        (tmp_path / name).write_text(text)
    arguments = ["-x", "c++", "-Wall", "-Werror", "-c", "sn_tflm_model.c", "-o", "x.o"]
    host_compiler().run(arguments, "compile the model", cwd=tmp_path)


@needs_tinymlgen
def test_two_exports_are_the_same_bytes(tmp_path: Path) -> None:
    bundle, board = resolve_model(None), load_board("mps2-an386")
    for name in ("a", "b"):
        generate_tflm(bundle, board, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], None]:
    """Return a function that puts something in a package's place, None for its absence."""

    def put(package: str, stand_in: object) -> None:
        real = importlib.import_module

        def find(name: str) -> object:
            if name.partition(".")[0] != package:
                return real(name)
            if stand_in is None:
                raise ImportError(name)
            return stand_in

        monkeypatch.setattr(tflm.importlib, "import_module", find)

    return put


def test_without_tinymlgen_its_extra_is_told(instead: Callable[[str, object], None]) -> None:
    instead("tinymlgen", None)
    with pytest.raises(SernetError) as error:
        render_tflm(resolve_model(None))
    assert str(error.value) == (
        "The Python package tinymlgen is needed to write the model for --engine tflm, "
        "and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )


def test_another_tinymlgen_is_told(instead: Callable[[str, object], None]) -> None:
    instead("tinymlgen", SimpleNamespace(tf=None, port=lambda *_a, **_n: "struct model {};"))
    with pytest.raises(SernetError) as error:
        render_tflm(resolve_model(None))
    assert str(error.value) == (
        "The installed tinymlgen writes a C array of another shape than version 0.2 does.\n"
        "  Install that version:  pip install tinymlgen==0.2"
    )


def test_the_planned_tensors_are_those_of_the_drawing() -> None:
    model = read_qmodel(resolve_model(None).int8)
    path = 184 * 40 * 32
    assert planned_bytes(model) == path + 3 * path // 4


@needs_tflite_micro
def test_the_estimate_is_close_to_what_is_measured() -> None:
    flatbuffer = resolve_model(None).int8
    model = read_qmodel(flatbuffer)
    measured = tflm.tflm_arena(flatbuffer)
    assert measured.source == "measured with tflite-micro"
    assert round(measured.total / 1024, 1) == 413.8
    estimate = planned_bytes(model) + structure_bytes(model)
    assert measured.total <= estimate <= 1.01 * measured.total


def test_without_tflite_micro_the_arena_is_an_estimate(
    instead: Callable[[str, object], None],
) -> None:
    instead("tflite_micro", None)
    assert tflm.tflm_arena(resolve_model(None).int8).source == "estimated"


def test_an_arena_larger_than_the_board_is_an_error() -> None:
    with pytest.raises(DoesNotFitError) as error:
        check_arena(Arena(412_160, 423_728, True), load_board("nano33"))
    assert error.value.exit_code == ExitCode.DOES_NOT_FIT
    assert str(error.value) == (
        "TensorFlow Lite Micro needs an arena of 423,728 bytes (measured with tflite-micro); "
        "nano33 has 262,144 bytes of RAM.\n"
        "  Take our streaming engine, which keeps a few rows only:  "
        "sernet-edge build --board nano33\n"
        "  or a larger board, or a model for a shorter clip."
    )


def test_the_host_has_room_for_any_arena() -> None:
    check_arena(Arena(1 << 40, 1 << 41, False), load_board("posix"))
