"""`sernet-edge bench` end to end, with a tiny model on the emulated nano33; and every refusal."""

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_bundle import make_bundle, make_firmware, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.errors import SernetError, StaleFirmwareError
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Convolution
from sernet_edge.audio.synthetic import Clip
from sernet_edge.bench.board import measured_cycles
from sernet_edge.bench.measure import count_instructions, multiplications
from sernet_edge.bench.parts import map_code
from sernet_edge.cli import cli
from sernet_edge.emulator.profile import MARK_STAY
from sernet_edge.firmware import load_firmware
from sernet_gen.board import load_board
from sernet_gen.elf import read_image

pytest.importorskip("unicorn", reason="needs the Python package unicorn")
pytest.importorskip("capstone", reason="needs the Python package capstone")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def build(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nano33") / "build"
    make_firmware(bundle, "nano33", folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command: (exit code, stdout, error message)."""

    def command(*words: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            cli.main([str(word) for word in words], standalone_mode=False)
        except SernetError as error:
            return int(error.exit_code), capsys.readouterr().out, str(error)
        return 0, capsys.readouterr().out, ""

    return command


@pytest.fixture(scope="module")
def measured(bundle: Bundle, build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of `bench --out`."""
    out = tmp_path_factory.mktemp("out")
    words = ["bench", "--board", "nano33", "--model", str(bundle.path), "--build", str(build)]
    cli.main([*words, "--out", str(out)], standalone_mode=False)
    return out


@pytest.fixture
def result(measured: Path) -> Any:
    return json.loads((measured / "bench.json").read_text())


def test_every_operator_is_measured(result: Any, bundle: Bundle) -> None:
    model = read_qmodel(bundle.int8)
    layers = {layer["name"]: layer for layer in result["layers"]}
    for operator in model.operators:
        layer = layers[model.name_of(operator)]
        assert layer["group"] == "network"
        assert layer["algorithm"] == ("direct" if isinstance(operator, Convolution) else None)
        assert layer["instructions"] > 0
        assert layer["instructions"] >= 2 * layer["mac"]
        cycles = layer["estimated_cycles"]
        assert layer["instructions"] <= cycles["low"] < cycles["nominal"] < cycles["high"]
    assert sum(layer["mac"] for layer in result["layers"]) == result["mac"]
    assert result["mac"] == sum(multiplications(model).values())


def test_fused_layers_are_measured_as_one(run: Run, bundle: Bundle, tmp_path: Path) -> None:
    build = tmp_path / "fused"
    manifest = make_firmware(bundle, "nano33", build, is_fused=True).manifest
    words = ["bench", "--board", "nano33", "--model", bundle.path, "--build", build, "--json"]
    code, out, error = run(*words)
    assert (code, error) == (0, "")
    fused = json.loads(out)
    layers = {layer["name"]: layer for layer in fused["layers"] if layer["group"] == "network"}
    assert layers.keys() == set(manifest["made_tensors"]) - {"input"} | {"schedule"}
    alone = multiplications(read_qmodel(bundle.int8))
    assert fused["mac"] == sum(alone.values())
    assert layers["concat"]["mac"] == sum(alone[f"conv_{n}"] for n in (1, 2, 3))
    for name, choice in manifest["choices"].items():
        assert layers[name]["algorithm"] == choice["algorithm"]
        assert layers[name]["instructions"] > 1000


def test_every_step_of_the_front_end_is_measured(result: Any) -> None:
    steps = {
        layer["name"]: layer["instructions"]
        for layer in result["layers"]
        if layer["group"] == "front_end"
    }
    assert list(steps) == [
        "framing",
        "window",
        "fft",
        "magnitude",
        "mel",
        "log",
        "dct",
        "quantize",
    ]
    assert all(count > 10_000 for count in steps.values())
    assert max(steps, key=lambda name: steps[name]) == "fft"


def test_totals_are_sums_and_the_board_is_named(result: Any, build: Path) -> None:
    layers = result["layers"]
    assert result["instructions"] == sum(layer["instructions"] for layer in layers)
    for bound in ("low", "nominal", "high"):
        total = sum(layer["estimated_cycles"][bound] for layer in layers)
        assert result["estimated_cycles"][bound] == total
    board = load_board("nano33")
    assert (result["board"], result["clock_hz"]) == ("nano33", board.clock_hz)
    assert result["flash_wait_states"] == board.flash_wait_states == 2
    assert result["flash_wait_cycles"] > 0
    assert result["build_id"] == json.loads((build / "manifest.json").read_text())["build_id"]
    assert 0.0 < result["duty_cycle"] < 1.0
    late = result["latency"]["estimated_cycles"]["nominal"]
    assert result["latency_ms"] == pytest.approx(1000 * late / board.clock_hz, abs=1e-4)
    assert 0 < late < result["estimated_cycles"]["nominal"]
    assert result["ram_bytes"] > 1000
    assert result["flash_bytes"] > 10_000


def test_the_total_is_that_of_verify(result: Any, run: Run, bundle: Bundle, build: Path) -> None:
    words = ["verify", "--board", "nano33", "--emulate", "--count", "--json"]
    code, out, error = run(*words, "--build", build, "--model", bundle.path)
    assert (code, error) == (0, "")
    assert json.loads(out)["instructions_per_clip"] == result["instructions"]


def test_a_build_of_its_own_is_the_plan_that_build_makes(
    run: Run, bundle: Bundle, tmp_path: Path
) -> None:
    words = ["--board", "nano33", "--model", bundle.path]
    assert run("build", *words, "--out", tmp_path / "build", "--json")[0] == 0
    measuring = ["bench", *words, "--build", tmp_path / "build", "--out", tmp_path, "--json"]
    code, out, _ = run(*measuring)
    assert code == 0
    built = json.loads(out)
    code, out, _ = run("bench", *words, "--compare", tmp_path / "bench.json", "--json")
    assert code == 0
    comparison = json.loads(out)
    assert comparison["before"] == built
    assert comparison["after"]["layers"] == built["layers"]
    assert comparison["ratio"] == {"instructions": 1.0, "estimated_cycles": 1.0}


def test_two_files_are_compared_without_a_board(measured: Path, run: Run) -> None:
    file = measured / "bench.json"
    code, out, _ = run("bench", "--compare", file, "--compare", file)
    assert code == 0
    assert "before: tiny-stream-3 on nano33" in out
    assert "+0.0 %" in out


def test_the_picture_lies_beside_the_json(measured: Path) -> None:
    assert (measured / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in measured.iterdir()) == ["bench.json", "bench.png"]


def test_the_table_is_written(
    result: Any, run: Run, bundle: Bundle, build: Path, tmp_path: Path
) -> None:
    file = tmp_path / "counts.json"
    words = ["bench", "--board", "nano33", "--model", bundle.path, "--build", build]
    code, out, _ = run(*words, "--update-table", file)
    assert code == 0
    assert "layer" in out
    table = json.loads(file.read_text())
    assert table["instructions"] == result["instructions"]
    assert table["model_sha256"] == result["model_sha256"]
    assert list(table["layers"]) == [layer["name"] for layer in result["layers"]]


def test_a_core_without_a_table_has_instructions_only(
    result: Any,
    run: Run,
    bundle: Bundle,
    build: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sernet_edge.bench.measure.load_cycle_table", lambda core: None)
    words = ["bench", "--board", "nano33", "--model", bundle.path, "--build", build]
    code, out, _ = run(*words, "--json")
    bare = json.loads(out)
    assert code == 0
    assert bare["instructions"] == result["instructions"]
    assert bare["estimated_cycles"] is None
    assert bare["layers"][-1]["estimated_cycles"] is None


def test_another_boards_machine_counts_the_same_network(
    result: Any, run: Run, bundle: Bundle, tmp_path: Path
) -> None:
    make_firmware(bundle, "mps2-an386", tmp_path / "build")
    words = ["bench", "--board", "mps2-an386", "--model", bundle.path]
    code, out, _ = run(*words, "--build", tmp_path / "build", "--json")
    assert code == 0
    other = json.loads(out)
    assert other["groups"]["network"]["instructions"] == result["groups"]["network"]["instructions"]
    assert other["flash_wait_cycles"] == 0


def test_all_code_of_the_firmware_has_its_place(build: Path) -> None:
    """What is not placed counts to its caller: only the start-up and the compiler's library may."""
    firmware = load_firmware(build, "nano33")
    image = read_image(firmware.image)
    marks = map_code(image, firmware.files, firmware.tensors).marks
    unplaced = {
        symbol.name
        for symbol in image.symbols
        if symbol.is_function
        and symbol.size
        and marks.marks[(symbol.address - marks.first) // 2] == MARK_STAY
    }
    start_up = {"sn_spin", "sn_halt", "sn_reset", "sn_start"}
    library = {"memcpy", "memset", "memmove", "memcmp"}
    assert {name for name in unplaced if not name.startswith("__")} <= start_up | library


def test_zig_firmware_has_the_same_parts(run: Run, bundle: Bundle, tmp_path: Path) -> None:
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("needs the Python package ziglang")
    code, _, _ = run(
        "build", "--board", "nano33", "--model", bundle.path, "--toolchain", "zig",
        "--out", tmp_path / "zig", "--json",
    )  # fmt: skip
    assert code == 0
    firmware = load_firmware(tmp_path / "zig", "nano33")
    code_map = map_code(read_image(firmware.image), firmware.files, firmware.tensors)
    made = json.loads((tmp_path / "zig" / "manifest.json").read_text())["made_tensors"]
    assert set(made) - {"input"} <= {part.name for part in code_map.parts}
    words = ["bench", "--board", "nano33", "--model", bundle.path, "--build", tmp_path / "zig"]
    _, out, _ = run(*words, "--json")
    for layer in json.loads(out)["layers"]:
        assert layer["instructions"] > 0, layer["name"]


def test_a_boards_clock_is_read(bundle: Bundle, tmp_path: Path) -> None:
    """A process of this machine stands for the board: its clock moves."""
    make_firmware(bundle, "posix", tmp_path / "posix")
    firmware = load_firmware(tmp_path / "posix", "posix")
    board = dataclasses.replace(load_board("posix"), clock_hz=64_000_000)
    clip = Clip("noise", random_clip(1, bundle.model_samples))
    cycles = measured_cycles(f"proc://{firmware.image}", firmware, board, clip)
    assert cycles > 0
    stale = dataclasses.replace(firmware, build_id="00" * 32)
    with pytest.raises(StaleFirmwareError, match="posix runs build"):
        measured_cycles(f"proc://{firmware.image}", stale, board, clip)


def test_a_clock_that_stands_still_is_refused(run: Run, bundle: Bundle, build: Path) -> None:
    port = f"emu://nano33?image={build / 'firmware.elf'}"
    words = ["bench", "--board", "nano33", "--model", bundle.path, "--build", build]
    code, _, error = run(*words, "--port", port)
    assert code == 2
    assert error == (
        f"--port {port} tells no cycles: the board has no clock that moves (emulators have none).\n"
        "  Count in the emulator only:  sernet-edge bench --board nano33"
    )


def test_a_boards_cycles_stand_beside_the_estimate(
    run: Run, bundle: Bundle, build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sernet_edge.commands.bench.measured_cycles", lambda *_: 9_600_000)
    words = ["bench", "--board", "nano33", "--model", bundle.path, "--build", build]
    _, out, _ = run(*words, "--port", "/dev/ttyACM0")
    assert "measured on the board: 9,600,000 cycles, duty cycle 50.0 %, without the link" in out
    _, out, _ = run(*words, "--port", "/dev/ttyACM0", "--json")
    assert json.loads(out)["measured_cycles"] == 9_600_000


def test_instructions_of_a_block_are_counted() -> None:
    assert count_instructions(bytes.fromhex("4018 21fb0230 7047")) == 3
    assert count_instructions(b"") == 0


def test_refusals(run: Run, measured: Path, tmp_path: Path, build: Path) -> None:
    file = measured / "bench.json"
    cases = [
        (["bench"], "Which board? Name it:  --board nano33"),
        (
            ["bench", "--board", "posix"],
            "posix is a process of this machine: its instructions are not those of a board.\n"
            "  Name a microcontroller:  --board nano33",
        ),
        (["bench", "--board", "nano"], "There is no board 'nano'."),
        (
            ["bench", *["--compare", file] * 3],
            "--compare: two benchmarks at most; 3 given.",
        ),
        (
            ["bench", "--board", "nano33", "--compare", file, "--compare", file],
            "--compare with two files measures nothing: leave out all the others but --json, "
            "or one of the files.",
        ),
        (
            ["bench", "--board", "nano33", "--build", build, "--toolchain", "gcc"],
            "--build and --port exclude --toolchain and the budgets: that firmware is built.",
        ),
        (
            ["bench", "--board", "nano33", "--build", tmp_path],
            f"There is no firmware in {tmp_path}: it has no manifest.json.",
        ),
        (
            ["bench", "--board", "nano33", "--build", build],
            f"{build} was not built from the model emodb-3s",
        ),
    ]
    for words, text in cases:
        code, out, error = run(*words)
        assert code != 0
        assert error.startswith(text)
        assert out == ""


def test_unicorn_is_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sernet_edge.commands.bench.importlib.util.find_spec", lambda name: None)
    code, _, error = run("bench", "--board", "nano33")
    assert code == 2
    assert error.startswith("The Python package unicorn is needed to emulate a board")


def test_a_board_without_an_emulator_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    board = dataclasses.replace(load_board("nano33"), port="stm32")
    monkeypatch.setattr("sernet_edge.commands.bench.load_board", lambda name: board)
    code, _, error = run("bench", "--board", "nano33")
    assert code == 2
    assert error.startswith(
        "nano33 has no emulator that counts; these have one: microbit_v2, mps2-"
    )
