"""Compiling a project that lies in a folder: objects, image, flash image, map, memory report."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from sernet_cal.errors import DoesNotFitError, InputError, ToolchainError
from sernet_gen.board import Board
from sernet_gen.compiler import Compiler
from sernet_gen.config_source import render_linker_script
from sernet_gen.elf import Image, flash_image, read_image, symbol_map
from sernet_gen.flags import LINKER_SCRIPT
from sernet_gen.intel_hex import hex_file
from sernet_gen.project import Project
from sernet_gen.report import MemoryReport, does_not_fit, host_report, measure
from sernet_gen.stack import read_frames
from sernet_gen.uf2 import UF2_FAMILIES, uf2_file

# Called with (steps done, all steps, what comes next).
Progress = Callable[[int, int, str], None]

OBJECTS = "obj"
_ROOMY_BYTES = 0x0800_0000


def silent(done: int, total: int, step: str) -> None:
    """Show no progress."""


def compile_project(
    project: Project, folder: Path, progress: Progress = silent
) -> tuple[dict[str, bytes], MemoryReport]:
    """Compile and link the files of `project` in `folder`; returns (built files, memory report).

    Only relative paths reach the compiler, so the images do not depend on where `folder` is.
    Raises ToolchainError with the compiler's words, DoesNotFitError with the table.
    """
    compiler = replace(project.compiler, target_flags=())  # the flags have them already
    objects = _compile_sources(project, compiler, folder, progress)
    frames = read_frames(folder / OBJECTS)
    try:
        _link(project, compiler, objects, folder)
    except ToolchainError as error:
        overflow = _overflow(project, compiler, objects, folder, frames)
        if overflow is None:
            raise
        raise overflow from error
    steps = len(objects) + 1
    progress(steps, steps, "measure")
    path = folder / project.image
    if project.board.is_host:
        return {project.image: path.read_bytes()}, host_report(path)
    image = read_image(path)
    report = measure(image, frames, project.board)
    if not report.fits:
        raise does_not_fit(report, project.board.name, project.constants.front_end)
    built = {project.image: path.read_bytes(), "firmware.map": symbol_map(image).encode()}
    built |= _flashable(project.board, flash_image(image))
    return built, report


def _flashable(board: Board, content: bytes) -> dict[str, bytes]:
    """Return `content` as the files that the tools for flashing `board` take."""
    assert board.memory is not None
    origin = board.memory.image_origin
    match board.flash_tool:
        case "uf2":
            family = UF2_FAMILIES[board.part]
            return {"firmware.bin": content, "firmware.uf2": uf2_file(content, origin, family)}
        case "pyocd":
            return {"firmware.bin": content, "firmware.hex": hex_file(content, origin)}
        case _:
            return {"firmware.bin": content}


def _compile_sources(
    project: Project, compiler: Compiler, folder: Path, progress: Progress
) -> list[str]:
    sources = project.sources
    objects = [f"{OBJECTS}/{source.removesuffix('.c')}.o" for source in sources]
    for name in objects:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)

    def compile_one(pair: tuple[str, str]) -> None:
        source, target = pair
        arguments = [*project.flags.compile, "-c", source, "-o", target]
        compiler.run(arguments, f"compile {source}", cwd=folder)

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = pool.map(compile_one, zip(sources, objects, strict=True))
        for done, source in enumerate(sources):
            progress(done, len(sources) + 1, f"compile {source}")
            next(results)
    progress(len(sources), len(sources) + 1, f"link {project.image}")
    return objects


def _link(project: Project, compiler: Compiler, objects: list[str], folder: Path) -> None:
    flags = project.flags
    arguments = [*flags.link, *objects, "-o", project.image, *flags.libraries]
    compiler.run(arguments, f"link {project.image}", cwd=folder)


def _overflow(
    project: Project,
    compiler: Compiler,
    objects: list[str],
    folder: Path,
    frames: Mapping[str, int],
) -> DoesNotFitError | None:
    """Find out whether linking failed for want of memory, by linking for a roomier board.

    Returns the error with the whole table, or None when the linker's complaint was another.
    """
    image = _link_roomy(project, compiler, objects, folder)
    if image is None:
        return None
    report = measure(image, frames, project.board)
    if report.fits:
        return None
    return does_not_fit(report, project.board.name, project.constants.front_end)


def _link_roomy(
    project: Project, compiler: Compiler, objects: list[str], folder: Path
) -> Image | None:
    memory = project.board.memory
    if memory is None:
        return None
    flash, ram = memory.flash, memory.ram
    roomy = replace(
        memory,
        flash=replace(flash, length=_ROOMY_BYTES),
        ram=replace(ram, length=_ROOMY_BYTES),
    )
    script = folder / LINKER_SCRIPT
    true_script = script.read_bytes()
    board = replace(project.board, memory=roomy)
    try:
        script.write_text(render_linker_script(board), encoding="utf-8")
        _link(project, compiler, objects, folder)
        return read_image(folder / project.image)
    except (ToolchainError, InputError):
        return None
    finally:
        script.write_bytes(true_script)
