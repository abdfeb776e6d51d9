"""Images that are not what the manifest says, or not for the board: refused before anything."""

import struct
from pathlib import Path

import pytest
from fake_nano import make_image
from flash_builds import BUILD_ID, SKETCH_ID, write_build

from sernet_cal.errors import DoesNotFitError, InputError, SernetError, StaleFirmwareError
from sernet_edge.firmware import load_firmware
from sernet_edge.flash.image import Image, kind_of, load_image, nothing_to_flash
from sernet_gen.board import load_board

NANO = load_board("nano33")


def load(folder: Path, kind: str = "firmware") -> Image:
    assert kind in ("arduino", "firmware")
    return load_image(load_firmware(folder, "nano33"), NANO, kind)  # type: ignore[arg-type]


def test_both_images_of_the_nano(tmp_path: Path) -> None:
    write_build(tmp_path)
    firmware, sketch = load(tmp_path), load(tmp_path, "arduino")
    assert (firmware.path, len(firmware.content)) == (tmp_path / "firmware.bin", 9000)
    assert (sketch.path, len(sketch.content)) == (tmp_path / "arduino/sketch.bin", 12_345)
    assert (firmware.build.build_id, sketch.build.build_id) == (BUILD_ID, SKETCH_ID)
    assert firmware.address == sketch.address == 0x10000


def test_which_image_a_board_gets() -> None:
    assert kind_of(NANO, None) == "arduino"
    assert kind_of(NANO, "firmware") == "firmware"
    assert kind_of(load_board("pico"), None) == "firmware"
    with pytest.raises(InputError) as caught:
        kind_of(load_board("pico"), "arduino")
    assert str(caught.value) == "pico has no Arduino sketch.\n  Leave --image out."


def test_an_image_that_is_not_there(tmp_path: Path) -> None:
    write_build(tmp_path)
    (tmp_path / "firmware.bin").unlink()
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"There is no image {tmp_path / 'firmware.bin'}.\n"
        "  Build it anew:  sernet-edge build --board nano33"
    )


def test_a_sketch_that_nobody_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    write_build(tmp_path)
    (tmp_path / "arduino/sketch.bin").unlink()
    with pytest.raises(InputError) as caught:
        load(tmp_path, "arduino")
    text = str(caught.value)
    assert text.startswith(f"There is no image {tmp_path / 'arduino/sketch.bin'}.\n")
    assert "arduino-cli is not on PATH." in text
    assert "arduino-cli core install arduino:mbed_nano" in text
    assert "arduino-cli compile --fqbn arduino:mbed_nano:nano33ble" in text
    assert text.endswith(
        "Or flash the image without Arduino, which speaks on the board's pins:  --image firmware"
    )


def test_a_build_without_a_sketch(tmp_path: Path) -> None:
    write_build(tmp_path, arduino=None)
    with pytest.raises(InputError) as caught:
        load(tmp_path, "arduino")
    assert str(caught.value) == (
        f"{tmp_path} has no Arduino sketch.\n  Build it anew:  sernet-edge build --board nano33\n"
        "  Or flash the image without Arduino, which speaks on the board's pins:  --image firmware"
    )


def test_an_image_that_has_changed(tmp_path: Path) -> None:
    write_build(tmp_path)
    path = tmp_path / "firmware.bin"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StaleFirmwareError) as caught:
        load(tmp_path)
    assert f"{path} is not what was built: its SHA-256 is " in str(caught.value)
    assert "Nothing was written.\n  Build it anew:" in str(caught.value)


@pytest.mark.parametrize("is_its_own", [True, False])
def test_a_sketch_that_was_compiled_by_hand(tmp_path: Path, is_its_own: bool) -> None:
    write_build(tmp_path, files={})
    (tmp_path / "arduino").mkdir()
    content = make_image(9_999, SKETCH_ID if is_its_own else BUILD_ID)
    (tmp_path / "arduino/sketch.bin").write_bytes(content)
    if is_its_own:
        assert load(tmp_path, "arduino").content == content
        return
    with pytest.raises(StaleFirmwareError) as caught:
        load(tmp_path, "arduino")
    assert (
        "arduino/sketch.bin was not compiled from the sources beside it: it does not contain the "
        "id of build 22222222. Nothing was written."
    ) in str(caught.value)


IMAGE = make_image(9_000, BUILD_ID)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (IMAGE + bytes(0xF0000), DoesNotFitError, "has 992,040 bytes; nano33 has room for 983,040"),
        (b"short", InputError, "is no image for this board: it has 5 bytes."),
        (
            struct.pack("<2I", 0x20040004, 0x10101) + IMAGE[8:],
            InputError,
            "its stack would begin at 0x20040004, outside the RAM.",
        ),
        (
            struct.pack("<2I", 0x20040000, 0x20101) + IMAGE[8:],
            InputError,
            "it would start at 0x00020101, outside the image at 0x00010000.",
        ),
        (
            struct.pack("<2I", 0x20040000, 0x10100) + IMAGE[8:],
            InputError,
            "it would start at 0x00010100, outside",
        ),
    ],
)
def test_an_image_for_something_else(
    tmp_path: Path, content: bytes, kind: type[SernetError], text: str
) -> None:
    write_build(tmp_path, files={"firmware.bin": content})
    with pytest.raises(kind) as caught:
        load(tmp_path)
    assert text in str(caught.value)
    assert "Nothing was written." in str(caught.value)


@pytest.mark.parametrize(
    ("name", "what"),
    [("posix", "a process of this machine"), ("mps2-an386", "a board of an emulator")],
)
def test_a_board_that_is_no_hardware(name: str, what: str) -> None:
    assert str(nothing_to_flash(load_board(name))) == (
        f"{name} is {what}: there is nothing to flash.\n"
        f"  Run its firmware:  sernet-edge verify --board {name} --emulate"
    )
