"""The Arduino library and its sketch as files: what is in them, where they go, whose they are."""

import dataclasses
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_bundle import make_bundle, make_firmware

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError, SernetError, StaleFirmwareError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.firmware import check_files, check_identity, check_model, load_firmware, running
from sernet_edge.link.answers import DeviceInfo
from sernet_gen import assets, generate
from sernet_gen.arduino import LIBRARY, SOURCES, Sketch, make_sketch, sketch_budgets
from sernet_gen.board import ArduinoCore, Board, load_board, read_board
from sernet_gen.constants import Constants
from sernet_gen.generate import Build
from sernet_gen.planner.budgets import NO_BUDGETS, Budgets
from sernet_gen.planner.firmware import plan_firmware
from sernet_gen.report import MemoryReport

Make = Callable[..., Constants]
# The firmware's constants, the sketch, and the note.
LaidOut = tuple[Constants, Sketch | None, str]


def sketch(constants: Constants, board: Board | None = None) -> Sketch:
    board = board or load_board("nano33")
    assert board.arduino is not None
    return make_sketch(constants, board, board.arduino)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def build(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return make_firmware(
        bundle, "nano33", tmp_path_factory.mktemp("nano33") / "build", with_sketch=True
    )


def test_the_library_is_what_arduino_expects(build: Build) -> None:
    library = build.folder / LIBRARY
    described = dict(
        line.split("=", 1) for line in (library / "library.properties").read_text().splitlines()
    )
    assert described["name"] == library.name == "SernetEdge"
    assert re.fullmatch(r"\d+\.\d+\.\d+", described["version"])
    assert described["architectures"] == "mbed_nano"
    assert described["sentence"] == "Tells emotions in speech: calm, angry, sad, glad."
    assert {"author", "maintainer", "paragraph", "category", "includes"} <= described.keys()
    for sketch in build.folder.rglob("*.ino"):
        assert sketch.stem == sketch.parent.name  # or Arduino does not take it for a sketch
    assert {path.name for path in (library / "examples").iterdir()} == {
        "ClassifyMicrophone",
        "EmotionLight",
    }


def test_every_include_is_found_from_src_alone(build: Build) -> None:
    sources = build.folder / SOURCES
    for path in sources.rglob("*.*"):
        for name in re.findall(r'^#include "(.+?)"', path.read_text(), re.MULTILINE):
            assert (sources / name).is_file(), f"{path.name} includes {name}"


def test_the_runtime_in_the_library_is_the_runtime(build: Build) -> None:
    runtime = assets.runtime_dir()
    names = {path.relative_to(runtime).as_posix() for path in runtime.rglob("*.[ch]")}
    for name in names - {"sn_main.c"}:
        copied = (build.folder / SOURCES / name).read_text(encoding="utf-8")
        first = '#include "sn_optimize.h"\n' if name.endswith(".c") else ""
        assert copied == first + (runtime / name).read_text(encoding="utf-8"), name
    assert not (build.folder / SOURCES / "sn_main.c").exists()


def test_the_same_arguments_give_the_same_files(echo_constants: Make) -> None:
    first, second = sketch(echo_constants()), sketch(echo_constants())
    assert (first.files, first.build_id) == (second.files, second.build_id)
    assert list(first.files) == sorted(first.files)


def test_no_file_names_a_place_of_this_machine(build: Build, tmp_path: Path) -> None:
    for path in (build.folder / "arduino").rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        for place in (str(build.folder), str(Path.home()), str(assets.boards_dir().parent)):
            assert place not in text, path.name


def test_the_manifest_has_every_file_and_the_sketch_as_a_firmware(build: Build) -> None:
    manifest = json.loads((build.folder / "manifest.json").read_text())
    emitted = {
        path.relative_to(build.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (build.folder / "arduino").rglob("*")
        if path.is_file()
    }
    assert emitted.items() <= manifest["files"].items()
    arduino = manifest["arduino"]
    assert arduino["build_id"] not in ("0" * 64, manifest["build_id"])
    assert arduino["library"] == "arduino/SernetEdge"
    assert arduino["sketch"] == "arduino/SernetVerify"
    assert (arduino["core"], arduino["fqbn"]) == (
        "arduino:mbed_nano",
        "arduino:mbed_nano:nano33ble",
    )
    identity = (build.folder / SOURCES / "sn_identity.c").read_text()
    octets = bytes(int(octet, 16) for octet in re.findall(r"0x([0-9a-f]{2}),", identity))
    assert octets.hex() == arduino["build_id"]
    assert '"nano33"' in identity


def test_the_bare_firmware_does_not_change_by_it(
    build: Build, bundle: Bundle, tmp_path: Path
) -> None:
    alone = make_firmware(bundle, "nano33", tmp_path / "alone")
    assert "arduino" not in alone.manifest
    assert not (tmp_path / "alone" / "arduino").exists()
    both = build.manifest
    assert alone.manifest["build_id"] == both["build_id"]
    for name, digest in alone.manifest["files"].items():
        assert both["files"][name] == digest


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the ports in the place of the true ones."""
    copy = tmp_path / "ports"
    shutil.copytree(assets.ports_dir(), copy)
    monkeypatch.setattr(assets, "ports_dir", lambda: copy)
    return copy


def test_whatever_goes_in_changes_the_sketchs_id(
    echo_constants: Make, echo_runtime: Path, ports: Path
) -> None:
    board = load_board("nano33")
    core = ArduinoCore("arduino:mbed_nano", "arduino:mbed_nano:nano33ble:opt=fast", 90_000)
    ids = [
        sketch(echo_constants()).build_id,
        sketch(echo_constants(classes=("joy", "anger"))).build_id,
        sketch(echo_constants(arena_bytes=1008)).build_id,
        sketch(echo_constants(sources={"x.c": "int x;\n"})).build_id,
        sketch(echo_constants(clip_samples=16_000)).build_id,
        sketch(echo_constants(run_budget_ms=1)).build_id,
        sketch(echo_constants(), dataclasses.replace(board, clock_hz=1)).build_id,
        sketch(echo_constants(), dataclasses.replace(board, arduino=core)).build_id,
    ]
    changed = [
        echo_runtime / "sn_port.h",
        *(path for path in (ports / "arduino").rglob("*.*") if path.is_file()),
        ports / "cortexm" / "cyccnt.c",
    ]
    for path in changed:
        content = path.read_text()
        path.write_text(content + "\n")
        ids.append(sketch(echo_constants()).build_id)
        path.write_text(content)
    assert sketch(echo_constants()).build_id == ids[0]
    assert len(changed) > 12
    assert len(set(ids)) == len(ids)


def device(board: str, build_id: str) -> DeviceInfo:
    """Return what a board says in HELLO; only who it is matters here."""
    fields = {field.name: 0 for field in dataclasses.fields(DeviceInfo)}
    return DeviceInfo(**fields | {"board": board, "build_id": build_id, "classes": ()})  # type: ignore[arg-type]


def test_either_firmware_of_a_build_is_its_own(build: Build) -> None:
    firmware = load_firmware(build.folder, "nano33")
    made = firmware.sketch
    assert made is not None
    assert made.image == build.folder / "arduino" / "sketch.bin"
    bare, arduino = device("nano33", firmware.build_id), device("nano33", made.build_id)
    assert running(firmware, bare) is firmware
    assert running(firmware, arduino) is made
    check_identity(firmware, bare)
    check_identity(made, arduino)
    other = device("nano33", "ab" * 32)
    with pytest.raises(StaleFirmwareError) as error:
        check_identity(running(firmware, other), other)
    assert str(error.value).startswith(
        f"nano33 runs build abababab, but {build.folder} is {firmware.build_id[:8]} "
        f"(its Arduino sketch {made.build_id[:8]}).\n"
    )
    with pytest.raises(StaleFirmwareError):
        check_identity(made, bare)


def test_the_sketch_must_be_made_from_the_model_too(
    build: Build, bundle: Bundle, tmp_path: Path
) -> None:
    firmware = load_firmware(build.folder, "nano33")
    assert firmware.sketch is not None
    check_model(firmware.sketch, bundle)
    other = make_bundle(tmp_path / "other", seed=8)
    with pytest.raises(StaleFirmwareError, match=r"arduino/SernetEdge/src/sn_\w+\.[ch] would be"):
        check_model(firmware.sketch, other)


def test_every_changed_file_of_the_sketch_is_refused(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(build.folder, folder)
    firmware = load_firmware(folder, "nano33")
    check_files(firmware)
    names = [name for name in firmware.files if name.startswith("arduino/")]
    assert len(names) > 50
    for name in names:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content + b" ")
        with pytest.raises(StaleFirmwareError, match=rf"files differ.*\({re.escape(name)}\)"):
            check_files(firmware)
        (folder / name).write_bytes(content)


def test_a_manifest_whose_sketch_is_no_sketch_is_refused(build: Build, tmp_path: Path) -> None:
    manifest = json.loads((build.folder / "manifest.json").read_text())
    del manifest["arduino"]["build_id"]
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError) as error:
        load_firmware(tmp_path, "nano33")
    assert str(error.value) == (
        f"The manifest {path} lacks 'build_id'.\n"
        "  Build it first:  sernet-edge build --board nano33"
    )


def test_the_core_takes_of_the_flash() -> None:
    board = load_board("nano33")
    assert board.memory is not None
    assert board.arduino is not None
    left = board.memory.flash.length - board.arduino.flash_bytes
    assert left < board.memory.flash.budget
    assert sketch_budgets(board, board.arduino, Budgets()).flash == left
    assert sketch_budgets(board, board.arduino, Budgets(flash=1_000)).flash == 1_000
    wanted = Budgets(flash=10**6, ram=5, latency_ms=7.0)
    assert sketch_budgets(board, board.arduino, wanted) == Budgets(left, 5, 7.0)


def board_with_core_of(flash_bytes: int) -> Board:
    board = load_board("nano33")
    assert board.arduino is not None
    core = dataclasses.replace(board.arduino, flash_bytes=flash_bytes)
    return dataclasses.replace(board, arduino=core)


@pytest.fixture
def laid_out(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Callable[[Board], LaidOut]:
    """Return what plans and lays out the firmware of a board and its sketch; compiles nothing."""

    def lay_out(board: Board) -> LaidOut:
        seen: list[tuple[Constants, Sketch | None]] = []

        def keep(constants: Constants, *_more: object) -> Build:
            seen.append((constants, next((m for m in _more if isinstance(m, Sketch)), None)))
            return Build(Path("build"), {}, MemoryReport(0, 0, 0, None, ()))

        monkeypatch.setattr(generate, "generate_constants", keep)
        made = generate.generate(bundle, board, Path("build"), with_sketch=True)
        ((constants, sketch),) = seen
        return constants, sketch, made.sketch_note

    return lay_out


def test_the_sketch_gets_a_plan_that_fits_beside_its_core(
    bundle: Bundle, laid_out: Callable[[Board], LaidOut]
) -> None:
    board = load_board("nano33")
    constants, sketch, _ = laid_out(board)
    assert sketch is not None
    assert sketch.constants is constants
    needed = plan_firmware(read_qmodel(bundle.int8), board, NO_BUDGETS).flash_bytes
    same, sketch, _ = laid_out(board_with_core_of(983_040 - needed + 1))
    assert sketch is not None
    assert same.choices == constants.choices
    assert sketch.constants.choices != constants.choices


def test_a_network_that_does_not_fit_beside_the_core_is_told(
    laid_out: Callable[[Board], LaidOut],
) -> None:
    _, sketch, note = laid_out(board_with_core_of(983_040 - 20_000))
    assert sketch is None
    assert note.startswith(
        "There is no Arduino sketch: its core takes 963,040 bytes of flash, and the network does "
        "not fit beside it. No plan of this network keeps to all of these: 20,000 bytes of flash"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('fqbn = "arduino:', 'fqnb = "arduino:', "unknown key arduino.fqnb.\n  The nearest is"),
        ("flash_bytes = 94_208\n", "", "lacks the key arduino.flash_bytes."),
        ("flash_bytes = 94_208", 'flash_bytes = "much"', "arduino.flash_bytes is 'much'"),
    ],
)
def test_mistakes_in_a_boards_core_are_named(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    text = (assets.boards_dir() / "nano33" / "board.toml").read_text()
    assert old in text
    path = tmp_path / "nano33" / "board.toml"
    path.parent.mkdir()
    path.write_text(text.replace(old, new))
    with pytest.raises(SernetError, match=re.escape(message)):
        read_board(path)
