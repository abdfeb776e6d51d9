"""The firmware in build/NAME: its manifest, and whether it is still what was built."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError, SernetError, StaleFirmwareError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.link.answers import DeviceInfo
from sernet_gen.arduino import SKETCH_IMAGE, SOURCES
from sernet_gen.choices import read_choices
from sernet_gen.constants import render_constants

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 2
_SHOWN_FILES = 5


@dataclass(frozen=True)
class Firmware:
    """A build as its manifest describes it; `image` is the file that was linked.

    `tensors`: names in the order of sn_tap; `made_tensors`: those that the firmware makes.
    `choices`: how its layers run, as `write_choices` of sernet_gen gives it. `generated`: the
    constants' folder. `sketch`: the Arduino sketch of the same build, a firmware of its own, whose
    image is there once arduino-cli has compiled it. `live`: it takes streams without an end.
    """

    folder: Path
    board: str
    build_id: str
    model: str
    image: Path
    tensors: tuple[str, ...]
    made_tensors: tuple[str, ...]
    choices: dict[str, Any]
    compiler: str
    files: dict[str, str]
    generated: str = "generated"
    sketch: "Firmware | None" = None
    live: bool = False

    @property
    def rebuild(self) -> str:
        """The command that makes the build anew."""
        live = " --live" if self.live else ""
        return f"Build it anew:  sernet-edge build --board {self.board}{live}"


def load_firmware(folder: Path, board: str) -> Firmware:
    """Read the manifest of the build in `folder`.

    Raises InputError for a folder without a readable manifest, or with that of another board.
    """
    path = folder / MANIFEST
    build = f"Build it first:  sernet-edge build --board {board}"
    try:
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"There is no firmware in {folder}: it has no {MANIFEST}.", build
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"The manifest {path} is not readable: {error}.", build) from error
    if not isinstance(manifest, dict) or manifest.get("format") != MANIFEST_FORMAT:
        seen = manifest.get("format") if isinstance(manifest, dict) else type(manifest).__name__
        raise InputError(
            f"The manifest {path} has format {seen}; this version reads {MANIFEST_FORMAT}.", build
        )
    try:
        firmware = Firmware(
            folder,
            str(manifest["board"]),
            str(manifest["build_id"]),
            str(manifest["model"]),
            folder / str(manifest["image"]),
            tuple(str(name) for name in manifest["tensors"]),
            tuple(str(name) for name in manifest["made_tensors"]),
            dict(manifest["choices"].items()),
            str(manifest["compiler"]),
            {str(name): str(digest) for name, digest in manifest["files"].items()},
            live=manifest.get("live") is True,
        )
        firmware = _with_sketch(firmware, manifest.get("arduino"))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"The manifest {path} lacks {error}.", build) from error
    if str(manifest["image"]) not in firmware.files:
        raise InputError(
            f"The manifest {path} names the image {manifest['image']}, but not its SHA-256.", build
        )
    if firmware.board != board:
        raise InputError(
            f"{folder} holds the firmware of {firmware.board}, not of {board}.",
            f"Name its board:  --board {firmware.board}\nor another folder:  --build DIR",
        )
    return firmware


def _with_sketch(firmware: Firmware, arduino: Any) -> Firmware:
    """Add the sketch that the manifest's part `arduino` describes; None: the build has none."""
    if arduino is None:
        return firmware
    compiled = arduino["compiled"]
    sketch = replace(
        firmware,
        build_id=str(arduino["build_id"]),
        image=firmware.folder / SKETCH_IMAGE,
        made_tensors=tuple(str(name) for name in arduino["made_tensors"]),
        choices=dict(arduino["choices"].items()),
        compiler="" if compiled is None else str(compiled["compiler"]),
        generated=SOURCES,
    )
    return replace(firmware, sketch=sketch)


def running(firmware: Firmware, info: DeviceInfo) -> Firmware:
    """Return the sketch of `firmware` if this is what the board says that it runs; else
    `firmware`."""
    sketch = firmware.sketch
    return firmware if sketch is None or info.build_id != sketch.build_id else sketch


def changed_files(firmware: Firmware) -> list[str]:
    """Return the files of the build that are missing or not what the manifest says."""
    changed = []
    for name, expected in sorted(firmware.files.items()):
        try:
            seen = hashlib.sha256((firmware.folder / name).read_bytes()).hexdigest()
        except OSError:
            seen = "missing"
        if seen != expected:
            changed.append(name)
    return changed


def check_files(firmware: Firmware) -> None:
    """Raise StaleFirmwareError unless every file is what the manifest says."""
    changed = changed_files(firmware)
    if changed:
        more = f" and {len(changed) - _SHOWN_FILES} more" if len(changed) > _SHOWN_FILES else ""
        raise StaleFirmwareError(
            f"{firmware.folder} has changed since it was built: "
            f"{len(changed)} of {len(firmware.files)} files differ from its manifest "
            f"({', '.join(changed[:_SHOWN_FILES])}{more}).",
            f"{firmware.rebuild}\nor measure it as it is:  --any-build",
        )


def check_model(firmware: Firmware, bundle: Bundle) -> None:
    """Raise StaleFirmwareError unless the build's constants are those of `bundle`."""
    cure = f"Name its model:  --model DIR\n{firmware.rebuild}"
    start = f"{firmware.folder} was not built from the model {bundle.name} at {bundle.path}"
    try:
        choices = read_choices(read_qmodel(bundle.int8), firmware.choices)
        sources = render_constants(bundle, choices, live=firmware.live).sources
    except SernetError as error:
        if not firmware.choices:
            raise
        raise StaleFirmwareError(
            f"{start}, whose layers cannot run as that build's do: {error.message} "
            f"(It was built from {firmware.model}.)",
            cure,
        ) from error
    for name, text in sources.items():
        path = f"{firmware.generated}/{name}"
        if firmware.files.get(path) != hashlib.sha256(text.encode()).hexdigest():
            raise StaleFirmwareError(
                f"{start}: {path} would be another file (it was built from {firmware.model}).", cure
            )


def check_identity(firmware: Firmware, info: DeviceInfo) -> None:
    """Raise StaleFirmwareError unless the board that answered runs `firmware`."""
    if info.board != firmware.board:
        raise StaleFirmwareError(
            f"This board says it is {info.board}, not {firmware.board}.",
            f"Name the board that is there:  --board {info.board}\nor another port:  --port URL",
        )
    if info.build_id != firmware.build_id:
        sketch = firmware.sketch
        other = f" (its Arduino sketch {sketch.build_id[:8]})" if sketch is not None else ""
        raise StaleFirmwareError(
            f"{info.board} runs build {info.build_id[:8]}, but {firmware.folder} is "
            f"{firmware.build_id[:8]}{other}.",
            "The firmware on the board was not made from the files here.\n"
            f"Flash it:  sernet-edge flash --board {firmware.board}\n"
            "or measure it as it is:  --any-build",
        )
