"""Compiling a sketch with arduino-cli, where it and the board's core are installed."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import ToolchainError
from sernet_gen.arduino import LIBRARY, SKETCH, SKETCH_IMAGE, SKETCH_NAME, Sketch
from sernet_gen.board import ArduinoCore
from sernet_gen.elf import read_image

ARDUINO_CLI = "arduino-cli"
_HOME = "https://arduino.github.io/arduino-cli"
# Of what arduino-cli prints, the last lines tell what went wrong.
_SHOWN_LINES = 20
# What the core reserves of the RAM but no variable fills.
_RESERVED = (".heap", ".stack")


@dataclass(frozen=True)
class ArduinoCli:
    """An arduino-cli that has the board's core, with the versions of both."""

    path: str
    version: str
    core: str

    @property
    def title(self) -> str:
        """Name and version for messages."""
        return f"{ARDUINO_CLI} {self.version}"


@dataclass(frozen=True)
class NotThere:
    """Why a sketch cannot be compiled, in words, and the steps that change it."""

    reason: str
    cures: tuple[str, ...]

    def text(self, core: ArduinoCore, folder: Path) -> str:
        """Return what to tell a person whose build is in `folder`."""
        words = compile_command(core, folder.as_posix())
        command = " ".join([*words[:-1], "--upload", "--port PORT", words[-1]])
        lines = [
            f"The Arduino sketch is not compiled: {self.reason}",
            *(f"  {cure}" for cure in self.cures),
            f"Then build again, or compile it and write it to the board:  {command}",
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class CompiledSketch:
    """The sketch's image for the bootloader, and bytes of flash and of variables with the core."""

    image: bytes
    flash_bytes: int
    ram_bytes: int
    compiler: str

    def manifest(self) -> dict[str, Any]:
        """Return what manifest.json tells of it."""
        return {
            "image": SKETCH_IMAGE,
            "flash_bytes": self.flash_bytes,
            "ram_bytes": self.ram_bytes,
            "compiler": self.compiler,
        }


def compile_command(core: ArduinoCore, folder: str = "") -> list[str]:
    """Return the command that compiles the sketch of the build in `folder`, "" for here."""
    prefix = f"{folder}/" if folder else ""
    library = f"{prefix}{LIBRARY}"
    return [ARDUINO_CLI, "compile", "--fqbn", core.fqbn, "--library", library, f"{prefix}{SKETCH}"]


def find_arduino_cli(core: ArduinoCore) -> ArduinoCli | NotThere:
    """Return the arduino-cli on PATH if it has `core`; else what is missing."""
    install_core = f"Install the core:  {ARDUINO_CLI} core install {core.core}"
    path = shutil.which(ARDUINO_CLI)
    if path is None:
        reason = f"{ARDUINO_CLI} is not on PATH."
        return NotThere(reason, (f"Install it:  {_HOME}", install_core))
    version = re.search(r"Version: *(\S+)", _answer([path, "version"]))
    if version is None:
        reason = f"{path} does not tell its version as {ARDUINO_CLI} does."
        return NotThere(reason, (f"Install it anew:  {_HOME}", install_core))
    for line in _answer([path, "core", "list"]).splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == core.core:
            return ArduinoCli(path, version[1], f"{core.core} {words[1]}")
    reason = f"{ARDUINO_CLI} {version[1]} does not have the core {core.core}."
    return NotThere(reason, (install_core,))


def compile_sketch(cli: ArduinoCli, sketch: Sketch, folder: Path) -> CompiledSketch:
    """Compile the sketch whose files lie in `folder`.

    Raises ToolchainError with arduino-cli's last lines when it fails, and when it compiled
    something else than the library in `folder`.
    """
    command = compile_command(sketch.core)
    with tempfile.TemporaryDirectory(prefix="sernet-edge-") as name:
        out = Path(name) / "out"
        places = ["--build-path", f"{name}/work", "--output-dir", str(out)]
        _run(cli, [cli.path, *command[1:-1], *places, command[-1]], folder)
        image_path, elf_path = (out / f"{SKETCH_NAME}.ino.{kind}" for kind in ("bin", "elf"))
        for path in (image_path, elf_path):
            if not path.is_file():
                raise ToolchainError(
                    f"{cli.title} compiled the sketch, but left no {path.name}.",
                    f"Install the core anew:  {ARDUINO_CLI} core install {sketch.core.core}",
                )
        image = image_path.read_bytes()
        variables = sum(
            section.size
            for section in read_image(elf_path).sections
            if section.writable and not section.name.startswith(_RESERVED)
        )
    if bytes.fromhex(sketch.build_id) not in image:
        raise ToolchainError(
            f"{cli.title} did not compile the library of this build: the image does not hold its "
            f"build id {sketch.build_id[:8]}.",
            "Is another library of this name installed? Remove it:  "
            f"{ARDUINO_CLI} lib uninstall SernetEdge",
        )
    return CompiledSketch(image, len(image), variables, f"{cli.title}, {cli.core}")


def _run(cli: ArduinoCli, command: Sequence[str], folder: Path) -> None:
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolchainError(
            f"{cli.title} does not start: {error.strerror}.", f"Install it anew:  {_HOME}"
        ) from error
    if result.returncode:
        lines = result.stdout.splitlines()[-_SHOWN_LINES:] or ["(it printed nothing)"]
        raise ToolchainError(
            f"{cli.title} could not compile the sketch {SKETCH_NAME} "
            f"(exit {result.returncode}). Its last lines:",
            "\n".join(lines),
        )


def _answer(command: Sequence[str]) -> str:
    """Return what `command` prints; empty when it does not start or fails."""
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            check=False,
        )  # fmt: skip
    except OSError:
        return ""
    return result.stdout if result.returncode == 0 else ""
