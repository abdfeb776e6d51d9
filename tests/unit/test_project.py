"""Firmware projects: the same bytes anywhere, all or nothing, and a manifest that is true."""

import dataclasses
import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sernet_cal.errors import DoesNotFitError, ExitCode, InputError, SernetError, ToolchainError
from sernet_gen import assets
from sernet_gen.board import Board, load_board
from sernet_gen.compiler import Compiler
from sernet_gen.config_source import c_string
from sernet_gen.constants import Constants
from sernet_gen.csyntax import RUNTIME_ABI
from sernet_gen.elf import read_image
from sernet_gen.generate import Build, generate_constants
from sernet_gen.project import make_project
from sernet_gen.toolchain import ARM_GCC, find_toolchain

Make = Callable[..., Constants]

TOOLCHAINS = [
    pytest.param(
        "gcc", marks=pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
    ),
    pytest.param(
        "zig",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
        ),
    ),
]


def build(constants: Constants, out: Path, board: Board | str, word: str | None = None) -> Build:
    board = load_board(board) if isinstance(board, str) else board
    return generate_constants(constants, board, out, find_toolchain(board.core, word))


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_two_builds_in_two_places_are_the_same_bytes(
    word: str, echo_constants: Make, tmp_path: Path
) -> None:
    first = build(echo_constants(), tmp_path / "a", "nano33", word)
    build(echo_constants(), tmp_path / "deeper" / "b", "nano33", word)
    assert tree(tmp_path / "a") == tree(tmp_path / "deeper" / "b")
    assert {"firmware.elf", "firmware.bin", "firmware.map", "Makefile"} <= tree(first.folder).keys()


def test_two_host_builds_are_the_same_bytes(echo_constants: Make, tmp_path: Path) -> None:
    build(echo_constants(), tmp_path / "a", "posix")
    build(echo_constants(), tmp_path / "b", "posix")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_no_file_holds_a_path_of_this_machine(
    word: str, echo_constants: Make, tmp_path: Path
) -> None:
    files = tree(build(echo_constants(), tmp_path / "out", "nano33", word).folder)
    for name, content in files.items():
        for path in (str(tmp_path), str(Path.home()), str(assets.boards_dir().parent)):
            assert path.encode() not in content, name


def test_the_manifest_hashes_every_other_file(echo_constants: Make, tmp_path: Path) -> None:
    result = build(echo_constants(kept_samples=48_000), tmp_path / "out", "posix")
    files = tree(result.folder)
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest == result.manifest
    assert manifest["files"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())
    }
    assert (manifest["format"], manifest["board"], manifest["image"]) == (2, "posix", "firmware")
    assert manifest["classes"] == ["anger", "joy"]
    assert manifest["tensors"] == ["input", "scores"]
    assert re.fullmatch("[0-9a-f]{64}", manifest["build_id"])


def test_the_firmware_carries_the_build_id(echo_constants: Make, tmp_path: Path) -> None:
    result = build(echo_constants(), tmp_path / "out", "posix")
    spoken = subprocess.run(
        [result.folder / "firmware"], input=b"ab", capture_output=True, check=True
    ).stdout
    assert spoken == bytes.fromhex(result.manifest["build_id"]) + b"ready\nbc"


def fake_compiler(version: str = "1.0") -> Compiler:
    return Compiler(ARM_GCC, version, "gcc", ("none",), ("-mcpu=cortex-m4",))


def build_id(constants: Constants, board: Board, compiler: Compiler) -> str:
    return make_project(constants, board, compiler).build_id


def test_whatever_goes_in_changes_the_build_id(echo_constants: Make, echo_runtime: Path) -> None:
    board = load_board("nano33")
    ids = [
        build_id(echo_constants(), board, fake_compiler()),
        build_id(echo_constants(classes=("joy", "anger")), board, fake_compiler()),
        build_id(echo_constants(arena_bytes=1008), board, fake_compiler()),
        build_id(echo_constants(sources={"x.c": "int x;\n"}), board, fake_compiler()),
        build_id(echo_constants(clip_samples=16_000), board, fake_compiler()),
        build_id(echo_constants(), load_board("mps2-an386"), fake_compiler()),
        build_id(echo_constants(), dataclasses.replace(board, clock_hz=1), fake_compiler()),
        build_id(echo_constants(), board, fake_compiler("1.1")),
        build_id(
            echo_constants(), board, dataclasses.replace(fake_compiler(), target_flags=("-mx",))
        ),
    ]
    assert build_id(echo_constants(), board, fake_compiler()) == ids[0]
    main = echo_runtime / "sn_main.c"
    main.write_text(main.read_text() + "\n")
    ids.append(build_id(echo_constants(), board, fake_compiler()))
    assert len(set(ids)) == len(ids)


def test_a_failed_build_leaves_the_earlier_one(
    echo_constants: Make, echo_runtime: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build(echo_constants(), out, "posix")
    before = tree(out)
    (echo_runtime / "sn_main.c").write_text("int main(void) { return nothing; }\n")
    with pytest.raises(ToolchainError, match=r"could not compile runtime/sn_main\.c"):
        build(echo_constants(), out, "posix")
    assert tree(out) == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_new_build_replaces_the_earlier_one_whole(echo_constants: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(echo_constants(sources={"old.c": "extern int old;\nint old;\n"}), out, "posix")
    build(echo_constants(), out, "posix")
    assert not (out / "generated" / "old.c").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_of_the_user_is_not_replaced(echo_constants: Make, tmp_path: Path) -> None:
    out = tmp_path / "precious"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError) as error:
        build(echo_constants(), out, "posix")
    assert str(error.value) == (
        f"{out} is there already and is no build of ours (it has no manifest.json).\n"
        "  Choose another folder:  --out DIR"
    )
    assert (out / "thesis.txt").read_text() == "years of work"


def test_a_folder_that_cannot_be_written_is_named(echo_constants: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "deeper" / "out"
    with pytest.raises(InputError) as error:
        build(echo_constants(), out, "posix")
    assert str(error.value) == (
        f"{out} cannot be written: Not a directory.\n  Choose another folder:  --out DIR"
    )


def shrunk(flash: int = 0xF0000, ram: int = 0x40000, stack: int = 8192) -> Board:
    board = load_board("nano33")
    assert board.memory is not None
    memory = dataclasses.replace(
        board.memory,
        flash=dataclasses.replace(board.memory.flash, length=flash),
        ram=dataclasses.replace(board.memory.ram, length=ram, stack=stack),
    )
    return dataclasses.replace(board, memory=memory)


TOO_SMALL = {
    "flash": (shrunk(flash=512), {}, "it exceeds flash by "),
    "ram": (shrunk(ram=9000), {}, "it exceeds RAM with kept clip and reserved stack by "),
    "stack": (shrunk(stack=64), {}, "it exceeds worst stack of the reserved by "),
    "clip": (
        shrunk(),
        {"kept_samples": 7 * 16_000, "front_end": "paper", "arena_bytes": 65_536},
        "it exceeds RAM with kept clip and reserved stack by ",
    ),
}


@pytest.mark.parametrize("word", TOOLCHAINS)
@pytest.mark.parametrize("case", TOO_SMALL)
def test_what_does_not_fit_is_told_with_the_table(
    case: str, word: str, echo_constants: Make, tmp_path: Path
) -> None:
    board, changes, message = TOO_SMALL[case]
    with pytest.raises(DoesNotFitError) as error:
        build(echo_constants(**changes), tmp_path / "out", board, word)
    assert error.value.exit_code == ExitCode.DOES_NOT_FIT
    text = str(error.value)
    assert text.startswith("The firmware does not fit nano33: " + message)
    assert re.search(r"\n +used +board has +margin\n  flash +[\d,]+", text)
    assert "--model MODEL, --board NAME" in text
    assert ("keeps the whole clip (224,000 bytes)" in text) == (case == "clip")
    assert ("memory.ram.stack in the board's file" in text) == (case != "flash")
    assert not (tmp_path / "out").exists()


def test_another_complaint_of_the_linker_is_shown_as_it_is(
    echo_constants: Make, echo_runtime: Path, tmp_path: Path
) -> None:
    main = "int main(void);\nextern int gone(void);\nint main(void) { return gone(); }\n"
    (echo_runtime / "sn_main.c").write_text(main)
    with pytest.raises(ToolchainError, match=r"could not link firmware\.elf") as error:
        build(echo_constants(), tmp_path / "out", "nano33")
    assert "gone" in error.value.hint


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_a_core_without_its_dsp_instructions_stops_the_build(
    word: str, echo_constants: Make, tmp_path: Path
) -> None:
    board = load_board("nano33")
    compiler = find_toolchain(board.core, word)
    plain = {"gcc": ("-mcpu=cortex-m3", "-mthumb"), "zig": (*compiler.target_flags[:2],)}[word]
    if word == "zig":
        plain = ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m3")
    with pytest.raises(ToolchainError, match="but the compiler was not told so: check its -mcpu"):
        generate_constants(
            echo_constants(),
            board,
            tmp_path / "out",
            dataclasses.replace(compiler, target_flags=plain),
        )


@pytest.mark.skipif(
    not (shutil.which("make") and shutil.which(ARM_GCC)), reason=f"needs make and {ARM_GCC}"
)
@pytest.mark.parametrize("board", ["nano33", "posix"])
def test_the_makefile_gives_the_same_image(
    board: str, echo_constants: Make, tmp_path: Path
) -> None:
    result = build(echo_constants(), tmp_path / "out", board, "gcc")
    images = [name for name in ("firmware", "firmware.elf", "firmware.bin")]
    images = [name for name in images if (result.folder / name).exists()]
    before = {name: (result.folder / name).read_bytes() for name in images}
    subprocess.run(["make", "-s", "clean", "all"], cwd=result.folder, check=True)
    assert {name: (result.folder / name).read_bytes() for name in images} == before


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_the_kept_clip_is_counted_apart(word: str, echo_constants: Make, tmp_path: Path) -> None:
    without = build(echo_constants(), tmp_path / "a", "nano33", word).report
    kept = build(echo_constants(kept_samples=48_000), tmp_path / "b", "nano33", word).report
    assert (without.clip_bytes, kept.clip_bytes) == (0, 96_000)
    assert abs(kept.ram_bytes - without.ram_bytes) < 16


def test_a_damaged_installation_is_named(
    echo_constants: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "runtime_dir", lambda: tmp_path / "gone")
    with pytest.raises(SernetError, match="The installation is damaged: there is no C code in"):
        make_project(echo_constants(), load_board("nano33"), fake_compiler())


def test_generated_and_handwritten_c_agree_on_the_abi() -> None:
    status = (assets.runtime_dir() / "sn_status.h").read_text(encoding="utf-8")
    assert f"#define SN_RUNTIME_ABI {RUNTIME_ABI}\n" in status


def test_strings_are_safe_in_c() -> None:
    assert c_string('fear "ß\\?') == '"fear \\042\\303\\237\\134\\077"'


def test_an_image_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.elf").write_bytes(b"no ELF")
    with pytest.raises(InputError, match="is no readable ELF image"):
        read_image(tmp_path / "x.elf")
