"""The image that is flashed, checked against its manifest before anything is written."""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sernet_cal.errors import DoesNotFitError, InputError, StaleFirmwareError
from sernet_edge.firmware import Firmware
from sernet_gen.arduino import SKETCH_IMAGE
from sernet_gen.arduino_cli import NotThere, find_arduino_cli
from sernet_gen.board import ArduinoCore, Board, Memory

Kind = Literal["arduino", "firmware"]

_BIN = "firmware.bin"
_WITHOUT = "Or flash the image without Arduino, which speaks on the board's pins:  --image firmware"


@dataclass(frozen=True)
class Image:
    """A whole flash image: `content` belongs at `address`; `sha256` is of the content. `build` is
    the firmware, or the sketch, that a board with this image runs.
    """

    kind: Kind
    build: Firmware
    path: Path
    content: bytes
    address: int
    sha256: str


def kind_of(board: Board, asked: Kind | None) -> Kind:
    """Return which image `board` gets where `asked` does not say; raises InputError.

    A board with an Arduino core gets the sketch, which speaks over USB.
    """
    if asked == "arduino" and board.arduino is None:
        raise InputError(f"{board.name} has no Arduino sketch.", "Leave --image out.")
    return asked or ("firmware" if board.arduino is None else "arduino")


def load_image(firmware: Firmware, board: Board, kind: Kind) -> Image:
    """Read and check the image of `kind` in a build of `board`.

    Raises InputError for one that is missing or not linked for this board, StaleFirmwareError for
    one that is not of this build, DoesNotFitError for one that is larger than the flash.
    """
    memory = board.memory
    if memory is None:
        raise nothing_to_flash(board)
    build = firmware
    if kind == "arduino":
        if firmware.sketch is None:
            raise InputError(
                f"{firmware.folder} has no Arduino sketch.", f"{firmware.rebuild}\n{_WITHOUT}"
            )
        build = firmware.sketch
    path = build.image if kind == "arduino" else firmware.folder / _BIN
    content = _read(path, build, board)
    sha256 = _check_build(path, content, build)
    _check_place(path, content, memory, board)
    return Image(kind, build, path, content, memory.image_origin, sha256)


def read_beside(image: Image, name: str, board: Board) -> bytes:
    """Return a file of the image's build, checked against its manifest; raises as `load_image`."""
    path = image.build.folder / name
    content = _read(path, image.build, board)
    _check_build(path, content, image.build)
    return content


def nothing_to_flash(board: Board) -> InputError:
    """Return the error for a board that is no hardware."""
    what = "a process of this machine" if board.is_host else "a board of an emulator"
    return InputError(
        f"{board.name} is {what}: there is nothing to flash.",
        f"Run its firmware:  sernet-edge verify --board {board.name} --emulate",
    )


def _read(path: Path, build: Firmware, board: Board) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        hint = build.rebuild
        if board.arduino is not None and path.name == Path(SKETCH_IMAGE).name:
            hint = _compile_hint(build, board.arduino)
        raise InputError(f"There is no image {path}.", hint) from error
    except OSError as error:
        raise InputError(f"{path} is not readable: {error.strerror}.") from error


def _compile_hint(build: Firmware, core: ArduinoCore) -> str:
    cli = find_arduino_cli(core)
    cure = cli.text(core, build.folder) if isinstance(cli, NotThere) else build.rebuild
    return f"{cure}\n{_WITHOUT}"


def _check_build(path: Path, content: bytes, build: Firmware) -> str:
    """Return the SHA-256 of `content`. A file that the manifest does not list was compiled from
    the build's sources by somebody else: it has the build's id in it."""
    sha256 = hashlib.sha256(content).hexdigest()
    expected = build.files.get(path.relative_to(build.folder).as_posix())
    if expected is None and bytes.fromhex(build.build_id) not in content:
        raise StaleFirmwareError(
            f"{path} was not compiled from the sources beside it: it does not contain the id of "
            f"build {build.build_id[:8]}. Nothing was written.",
            build.rebuild,
        )
    if expected is not None and sha256 != expected:
        raise StaleFirmwareError(
            f"{path} is not what was built: its SHA-256 is {sha256[:8]}..., the manifest's "
            f"{expected[:8]}... Nothing was written.",
            build.rebuild,
        )
    return sha256


def _check_place(path: Path, content: bytes, memory: Memory, board: Board) -> None:
    room = memory.flash.origin + memory.flash.length - memory.image_origin
    if len(content) > room:
        raise DoesNotFitError(
            f"{path} has {len(content):,} bytes; {board.name} has room for {room:,}. "
            "Nothing was written."
        )
    vectors = memory.flash.origin - memory.image_origin
    if len(content) < vectors + 8:
        raise _no_image(path, f"it has {len(content)} bytes")
    stack, start = struct.unpack_from("<2I", content, vectors)
    ram, origin = memory.ram, memory.flash.origin
    if not ram.origin < stack <= ram.origin + ram.length:
        raise _no_image(path, f"its stack would begin at 0x{stack:08x}, outside the RAM")
    if not (start & 1 and origin < start < memory.image_origin + len(content)):
        raise _no_image(
            path, f"it would start at 0x{start:08x}, outside the image at 0x{origin:08x}"
        )


def _no_image(path: Path, why: str) -> InputError:
    return InputError(f"{path} is no image for this board: {why}. Nothing was written.")
