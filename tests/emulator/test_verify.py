"""`sernet-edge verify` end to end: a tiny model on every emulated board, and every refusal."""

import dataclasses
import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from elftools.elf.elffile import ELFFile
from tiny_bundle import make_bundle, make_firmware, once_a_board, random_clip

from sernet_cal.bundle import Bundle
from sernet_cal.errors import SernetError
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_edge.cli import cli
from sernet_edge.references import References
from sernet_gen.board import load_board

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
needs_qemu = pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")

Run = Callable[..., tuple[int, str, str]]

EMULATE = ["--emulate"]
MPS2 = ["--port", "emu://mps2-an386?image={}"]
STANDS_STILL = "the board has no clock that moves (emulators have none)"
NOT_ITS_OWN = "QEMU's clock is this machine's: it tells nothing of the board"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def builds(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a board's build; each is made once."""
    return once_a_board(
        lambda board, folder: make_firmware(bundle, board, folder), tmp_path_factory
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three recordings: short, exact, long."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for samples in (1500, 4800, 7000):
        path = folder / f"noise-{samples}.wav"
        soundfile.write(path, random_clip(samples, samples), 16_000, subtype="PCM_16")
    return folder


@pytest.fixture
def run(bundle: Bundle, data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs `verify` with the tiny model: (exit code, stdout, error message)."""

    def verify(board: str, build: Path, *more: str, model: Path | None = None) -> Any:
        fixed = ["--board", board, "--build", str(build), "--model", str(model or bundle.path)]
        where = [] if "--data" in more else ["--data", str(data)]
        capsys.readouterr()
        try:
            cli.main(["verify", *fixed, *where, *more], standalone_mode=False)
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().out, ""
        except SernetError as error:
            return int(error.exit_code), capsys.readouterr().out, str(error)
        return 0, capsys.readouterr().out, ""

    return verify


@pytest.mark.parametrize(
    ("board", "where", "no_time"),
    [
        pytest.param("nano33", EMULATE, STANDS_STILL, marks=needs_unicorn, id="nano33"),
        pytest.param("mps2-an386", EMULATE, NOT_ITS_OWN, marks=needs_qemu, id="mps2-qemu"),
        pytest.param("mps2-an386", MPS2, STANDS_STILL, marks=needs_unicorn, id="mps2-unicorn"),
        pytest.param("posix", EMULATE, None, id="posix"),
    ],
)
def test_every_byte_is_equal(
    board: str, where: list[str], no_time: str | None, run: Run, builds: Callable[[str], Path]
) -> None:
    folder = builds(board)
    options = [word.format(folder / "firmware.elf") for word in where]
    code, out, error = run(board, folder, *options, "--json")
    assert (code, error) == (0, "")
    result = json.loads(out)
    assert (result["board"], result["clips"], result["byte_exact_clips"]) == (board, 3, 3)
    assert result["build_id"] == json.loads((folder / "manifest.json").read_text())["build_id"]
    assert (result["any_build"], result["differences"]) == (False, [])
    assert result["link"]["device"]["frames"] > 10
    assert 0.0 <= result["float_agreement"] <= 1.0
    assert result["device_ms_reason"] == no_time
    assert (result["device_ms"] is None) == (no_time is not None)
    assert result["device_ms"] is None or len(result["device_ms"]) == 3


@pytest.mark.parametrize("board", [pytest.param("nano33", marks=needs_unicorn), "posix"])
def test_fused_layers_are_compared_by_what_they_make(
    board: str, bundle: Bundle, run: Run, tmp_path: Path
) -> None:
    made = make_firmware(bundle, board, tmp_path / "fused", is_fused=True).manifest
    assert made["choices"]["concat"]["algorithm"] == "first_layer"
    missing = set(made["tensors"]) - set(made["made_tensors"])
    assert missing == {f"{kind}_{n}" for kind in ("conv", "average_pool") for n in (1, 2, 3)}
    code, out, error = run(board, tmp_path / "fused", "--emulate", "--json")
    assert (code, error) == (0, "")
    result = json.loads(out)
    assert (result["byte_exact_clips"], result["differences"]) == (3, [])
    assert result["tensors"] - result["compared_tensors"] == len(missing)


def test_the_table_is_for_people(run: Run, builds: Callable[[str], Path]) -> None:
    code, out, _ = run("posix", builds("posix"), "--emulate", "--limit", "2")
    assert code == 0
    assert "noise-1500" in out
    assert "byte for byte equal to the integer reference: 2 of 2 clips in 16 of 16 tensors\n" in out
    assert "link: host frames" in out


@needs_unicorn
def test_instructions_and_stack(run: Run, builds: Callable[[str], Path]) -> None:
    counts = []
    for _ in range(2):
        code, out, _ = run("nano33", builds("nano33"), "--emulate", "--count", "--json")
        assert code == 0
        result = json.loads(out)
        counts.append(result["instructions_per_clip"])
        assert 300 < result["stack_high_water_bytes"] < 8192
    assert counts[0] == counts[1]
    assert counts[0] > 1_000_000


def test_counting_needs_the_emulator(run: Run, builds: Callable[[str], Path]) -> None:
    code, _, error = run("posix", builds("posix"), "--emulate", "--count")
    assert code == 2
    assert "--count: instructions can be counted in the emulator of this program only." in error


def symbol(image: Path, name: str) -> int:
    """Return the address of `name` in an ELF file."""
    with image.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        (found,) = table.get_symbol_by_name(name)
        return int(found["st_value"])


def with_changed_weight(bundle: Bundle, layer: int, delta: int) -> list[np.ndarray]:
    """Return the tensors of the longest clip when layer's first weight is changed in the flash.

    The flash holds the bias with the zero point folded in, so that stays what it was.
    """
    model = read_qmodel(bundle.int8)
    operator = model.operators[layer]
    weights, bias = operator.weights.copy(), operator.bias.copy()
    weights[0, 0, 0, 0] += delta
    bias[0] += model.traced[operator.input].zero_point * delta
    changed = dataclasses.replace(operator, weights=weights, bias=bias)
    operators = tuple(changed if at == layer else op for at, op in enumerate(model.operators))
    broken = dataclasses.replace(model, operators=operators)
    rows = References(bundle).expect(random_clip(4800, 4800)).tensors[0]
    return run_reference(broken, rows.reshape(rows.shape[:2]))


@needs_unicorn
def test_one_wrong_weight_in_the_flash_is_found(
    bundle: Bundle, run: Run, builds: Callable[[str], Path], tmp_path: Path
) -> None:
    """The first tensor, the first position and both values are named."""
    folder = builds("nano33")
    model = read_qmodel(bundle.int8)
    layer = next(at for at, op in enumerate(model.operators) if op.output == 8)
    operator = model.operators[layer]
    image = bytearray((folder / "firmware.bin").read_bytes())
    address = symbol(folder / "firmware.elf", f"weights_{operator.output}") - 0x10000
    old = int(operator.weights[0, 0, 0, 0])
    assert image[address] == old % 256
    delta = 100 if old < 0 else -100
    image[address] = (old + delta) % 256
    broken = tmp_path / "broken.bin"
    broken.write_bytes(bytes(image))

    code, out, _ = run("nano33", folder, "--port", f"emu://nano33?image={broken}", "--json")
    assert code == 1
    result = json.loads(out)
    assert result["byte_exact_clips"] == 0
    (found,) = [item for item in result["differences"] if item["clip"] == "noise-4800"]
    good = References(bundle).expect(random_clip(4800, 4800)).tensors[operator.output]
    bad = with_changed_weight(bundle, layer, delta)[operator.output]
    first = np.argwhere(good != bad)[0]
    assert found["tensor"] == model.traced[operator.output].name
    assert found["position"] == first.tolist()
    assert (found["reference"], found["board"]) == (good[tuple(first)], bad[tuple(first)])
    code, out, _ = run("nano33", folder, "--port", f"emu://nano33?image={broken}")
    assert code == 1
    assert f"DIFFERS  noise-4800: {found['tensor']} at row {first[0]}, column {first[1]}" in out


def test_every_changed_file_is_refused(
    run: Run, builds: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(builds("posix"), folder)
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert len(files) > 30
    for name in files:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content + b" ")
        code, _, error = run("posix", folder, "--emulate")
        assert code == 4, name
        assert f"1 of {len(files)} files differ from its manifest ({name})" in error
        (folder / name).write_bytes(content)
    (folder / files.popitem()[0]).unlink()
    code, _, error = run("posix", folder, "--emulate")
    assert code == 4
    assert "sernet-edge build --board posix\n  or measure it as it is:  --any-build" in error


def test_another_model_is_refused(run: Run, builds: Callable[[str], Path], tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "other", seed=8)
    code, _, error = run("posix", builds("posix"), "--emulate", model=other.path)
    assert code == 4
    assert "was not built from the model tiny-stream-8" in error
    assert "would be another file (it was built from tiny-stream-3)" in error


def test_a_fused_build_of_another_model_is_refused(
    run: Run, bundle: Bundle, builds: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(builds("posix"), folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["choices"] = {"conv_77": {"algorithm": "direct"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, _, error = run("posix", folder, "--emulate")
    assert code == 4
    assert error.startswith(
        f"{folder} was not built from the model tiny-stream-3 at {bundle.path}, whose layers "
        "cannot run as that build's do: There is a choice for conv_77, but the model has no layer "
        "of this name. (It was built from tiny-stream-3.)\n  Name its model:  --model DIR\n"
    )


@pytest.fixture
def other_build(tmp_path: Path) -> tuple[Bundle, Path]:
    """Another model's firmware for posix."""
    other = make_bundle(tmp_path / "other-model", seed=8)
    make_firmware(other, "posix", tmp_path / "other-build")
    return other, tmp_path / "other-build" / "firmware"


def test_stale_firmware_is_refused(
    run: Run, builds: Callable[[str], Path], other_build: tuple[Bundle, Path]
) -> None:
    folder = builds("posix")
    code, _, error = run("posix", folder, "--port", f"proc://{other_build[1]}")
    assert code == 4
    manifest = json.loads((folder / "manifest.json").read_text())
    assert f"but {folder} is {manifest['build_id'][:8]}." in error
    assert error.startswith("posix runs build ")
    assert error.rstrip().endswith(
        "The firmware on the board was not made from the files here.\n"
        "  Flash it:  sernet-edge flash --board posix\n  or measure it as it is:  --any-build"
    )


def test_any_build_measures_and_is_marked(
    run: Run, builds: Callable[[str], Path], other_build: tuple[Bundle, Path]
) -> None:
    port = f"proc://{other_build[1]}"
    code, out, _ = run("posix", builds("posix"), "--port", port, "--any-build", "--json")
    result = json.loads(out)
    assert (code, result["any_build"], result["byte_exact_clips"]) == (1, True, 0)
    code, out, _ = run(
        "posix", builds("posix"), "--port", port, "--any-build", model=other_build[0].path
    )
    assert code == 0
    assert "--any-build: not compared with the files here" in out


@needs_unicorn
def test_the_wrong_board_is_refused(run: Run, builds: Callable[[str], Path]) -> None:
    port = f"proc://{builds('posix') / 'firmware'}"
    code, _, error = run("nano33", builds("nano33"), "--port", port)
    assert code == 4
    assert error.startswith("This board says it is posix, not nano33.")
    assert "--board posix" in error


def test_other_classes_are_refused(
    run: Run, builds: Callable[[str], Path], bundle: Bundle, tmp_path: Path
) -> None:
    shutil.copytree(bundle.path, tmp_path / "renamed")
    card = tmp_path / "renamed" / "card.json"
    card.write_text(card.read_text().replace("calm", "bored"))
    code, _, error = run(
        "posix", builds("posix"), "--emulate", "--any-build", model=tmp_path / "renamed"
    )
    assert code == 2
    assert "The board tells calm, angry, sad, glad apart; the model" in error


def test_float_agreement_can_be_asked_for(
    run: Run, builds: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sernet_edge.verify.report.Verification.float_agreement", 0.5)
    folder = builds("posix")
    assert run("posix", folder, "--emulate", "--min-float-agreement", "0.5")[0] == 0
    assert run("posix", folder, "--emulate", "--min-float-agreement", "0.9")[0] == 1


def test_where_is_the_board(
    run: Run, builds: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, error = run("posix", builds("posix"))
    assert code == 2
    assert "Where is the board? Neither --port nor --emulate says so." in error
    board = dataclasses.replace(load_board("posix"), emulator="none")
    monkeypatch.setattr("sernet_edge.commands.verify.load_board", lambda name: board)
    code, _, error = run("posix", builds("posix"), "--emulate")
    assert code == 3
    assert error == "posix has no emulator.\n  Connect the board:  --port URL"
    code, _, error = run("posix", builds("posix"), "--port", "x", "--emulate")
    assert code == 2
    assert "--port and --emulate exclude each other" in error


def test_ports_that_do_not_answer(run: Run, builds: Callable[[str], Path], tmp_path: Path) -> None:
    code, _, error = run("posix", builds("posix"), "--port", "/dev/does-not-exist")
    assert code == 3
    assert "There is no port /dev/does-not-exist." in error
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    code, _, error = run("posix", builds("posix"), "--port", f"proc://{silent}")
    assert code == 3
    assert "to HELLO: asked 7 times" in error


def test_builds_that_are_none(run: Run, builds: Callable[[str], Path], tmp_path: Path) -> None:
    code, _, error = run("posix", tmp_path / "none", "--emulate")
    assert code == 2
    assert "it has no manifest.json" in error
    assert "sernet-edge build --board posix" in error
    for content, text in (
        ("{", "is not readable"),
        ("[]", "has format list; this version reads 2"),
        ('{"format": 7}', "has format 7; this version reads 2"),
        ('{"format": 2}', "lacks 'board'"),
    ):
        (tmp_path / "manifest.json").write_text(content)
        code, _, error = run("posix", tmp_path, "--emulate")
        assert code == 2
        assert text in error
    code, _, error = run("nano33", builds("posix"), "--emulate")
    assert code == 2
    assert "holds the firmware of posix, not of nano33." in error


@pytest.mark.parametrize(
    ("name", "samples", "rate", "text"),
    [
        ("rate", random_clip(1, 4000).astype(float) / 4e4, 1000, "is sampled at 1000 Hz; 4000"),
        ("short", random_clip(1, 1000).astype(float) / 4e4, 16_000, "is too short: 1000 samples"),
        ("silent", np.zeros(4000), 16_000, "is silent: all its 4000 samples are zero"),
        ("nan", np.full(4000, np.nan), 16_000, "holds 4000 values that are not finite"),
    ],
)
def test_bad_clips_are_refused(
    name: str,
    samples: np.ndarray,
    rate: int,
    text: str,
    run: Run,
    builds: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    soundfile.write(folder / "clip.wav", samples, rate, subtype="FLOAT")
    code, _, error = run("posix", builds("posix"), "--emulate", "--data", str(folder))
    assert code == 2
    assert text in error
