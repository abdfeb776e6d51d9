"""From a model bundle and a board to a folder with a compiled firmware."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.bundle import Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_gen.board import Board
from sernet_gen.choices import Choices, host_choices
from sernet_gen.compile import OBJECTS, Progress, compile_project, silent
from sernet_gen.compiler import Compiler
from sernet_gen.constants import Constants, render_constants
from sernet_gen.planner.budgets import NO_BUDGETS, Budgets
from sernet_gen.planner.firmware import plan_firmware
from sernet_gen.project import MANIFEST, make_project
from sernet_gen.publish import staged_folder
from sernet_gen.report import MemoryReport
from sernet_gen.tflm import check_arena, render_tflm, tflm_arena
from sernet_gen.toolchain import find_toolchain

TFLM_SIZES = "tflm.json"


@dataclass(frozen=True)
class Build:
    """A finished build: its folder, the content of its manifest.json, and its sizes."""

    folder: Path
    manifest: Mapping[str, Any]
    report: MemoryReport


def generate(
    bundle: Bundle,
    board: Board,
    out_dir: Path,
    toolchain: str | None = None,
    progress: Progress = silent,
    choices: Choices | None = None,
    budgets: Budgets = NO_BUDGETS,
) -> Build:
    """Write and compile the firmware of `bundle` for `board` into `out_dir`, all or nothing.

    `toolchain` as for `find_toolchain`, `choices` as for `plan_model`; without them, the plan of
    the board within `budgets` (for what is None in them, within the board's own). Raises
    ModelError, ToolchainError, DoesNotFitError and InputError (the folder); an earlier build in
    `out_dir` then stays as it was.
    """
    compiler = find_toolchain(board.core, toolchain)
    constants = _constants(bundle, board, choices, budgets)
    return generate_constants(constants, board, out_dir, compiler, progress)


def _constants(
    bundle: Bundle, board: Board, choices: Choices | None, budgets: Budgets
) -> Constants:
    if choices is not None:
        return render_constants(bundle, choices)
    model = read_qmodel(bundle.int8)
    if board.is_host:
        return render_constants(bundle, host_choices(model))
    planned = plan_firmware(model, board, budgets)
    return render_constants(bundle, planned.chosen.choices, planned.run_budget_ms)


def generate_constants(
    constants: Constants,
    board: Board,
    out_dir: Path,
    compiler: Compiler,
    progress: Progress = silent,
) -> Build:
    """As `generate`, from a model that is C already, with a compiler that is already found."""
    project = make_project(constants, board, compiler)
    with staged_folder(out_dir, MANIFEST) as stage:
        _write(stage, project.files)
        built, report = compile_project(project, stage, progress)
        shutil.rmtree(stage / OBJECTS)
        _write(stage, built)
        manifest = project.manifest(built)
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        _write(stage, {MANIFEST: text.encode()})
    return Build(out_dir, manifest, report)


def generate_tflm(bundle: Bundle, board: Board, out_dir: Path) -> dict[str, Any]:
    """Write the model as source for TensorFlow Lite Micro into `out_dir`; returns its sizes.

    Raises DoesNotFitError when `board` cannot hold the arena, SernetError without tinymlgen.
    """
    arena = tflm_arena(bundle.int8)
    check_arena(arena, board)
    sources = render_tflm(bundle)
    result = {
        "board": board.name,
        "engine": "tflm",
        "model": bundle.name,
        "model_bytes": len(bundle.int8),
        "arena_bytes": arena.total,
        "arena_tensor_bytes": arena.tensors,
        "arena": arena.source,
        "out": out_dir.as_posix(),
        "files": sorted(sources),
    }
    with staged_folder(out_dir, TFLM_SIZES) as stage:
        _write(stage, {name: text.encode() for name, text in sources.items()})
        sizes = {key: value for key, value in result.items() if key != "out"}
        _write(stage, {TFLM_SIZES: (json.dumps(sizes, indent=2) + "\n").encode()})
    return result


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
