"""From a model bundle and a board to a folder with a compiled firmware."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sernet_cal.bundle import Bundle
from sernet_cal.errors import DoesNotFitError
from sernet_cal.qmodel import read_qmodel
from sernet_gen.arduino import SKETCH_IMAGE, Sketch, make_sketch, sketch_budgets
from sernet_gen.arduino_cli import ArduinoCli, NotThere, compile_sketch, find_arduino_cli
from sernet_gen.board import ArduinoCore, Board
from sernet_gen.choices import Choices, host_choices
from sernet_gen.compile import OBJECTS, Progress, compile_project, silent
from sernet_gen.compiler import Compiler
from sernet_gen.constants import Constants, check_front_end, render_constants
from sernet_gen.planner.budgets import NO_BUDGETS, Budgets
from sernet_gen.planner.firmware import FirmwarePlan, plan_firmware
from sernet_gen.project import MANIFEST, Project, make_project
from sernet_gen.publish import staged_folder
from sernet_gen.report import MemoryReport
from sernet_gen.tflm import check_arena, render_tflm, tflm_arena
from sernet_gen.toolchain import find_toolchain

TFLM_SIZES = "tflm.json"


@dataclass(frozen=True)
class Build:
    """A finished build: its folder, the content of its manifest.json, and its sizes.

    `sketch_note`: of a board with an Arduino core, why there is no sketch or no image of it, and
    what changes that; "" where there is nothing to tell.
    """

    folder: Path
    manifest: Mapping[str, Any]
    report: MemoryReport
    sketch_note: str = ""


def generate(
    bundle: Bundle,
    board: Board,
    out_dir: Path,
    toolchain: str | None = None,
    progress: Progress = silent,
    choices: Choices | None = None,
    budgets: Budgets = NO_BUDGETS,
    with_sketch: bool = False,
    live: bool = False,
) -> Build:
    """Write and compile the firmware of `bundle` for `board` into `out_dir`, all or nothing.

    `toolchain` as for `find_toolchain`, `choices` as for `plan_model`; without them, the plan of
    the board within `budgets` (for what is None in them, within the board's own). `with_sketch`: of
    a board with an Arduino core, the sketch too, compiled where arduino-cli is installed. `live`:
    for streams without an end as well as for clips. Raises ModelError, ToolchainError,
    DoesNotFitError and InputError (the folder); an earlier build in `out_dir` then stays as it was.
    """
    if live:
        check_front_end(bundle)
    compiler = find_toolchain(board.core, toolchain)
    planned = None
    if choices is None and not board.is_host:
        planned = plan_firmware(read_qmodel(bundle.int8), board, budgets, live)
    constants = _constants(bundle, choices, planned, live)
    if board.arduino is None or not with_sketch:
        return generate_constants(constants, board, out_dir, compiler, progress)
    try:
        sketch = _sketch(bundle, board, board.arduino, constants, planned, budgets)
    except DoesNotFitError as error:
        build = generate_constants(constants, board, out_dir, compiler, progress)
        return replace(build, sketch_note=_no_room(board.arduino, error))
    found = find_arduino_cli(board.arduino)
    cli = found if isinstance(found, ArduinoCli) else None
    build = generate_constants(constants, board, out_dir, compiler, progress, sketch, cli)
    note = found.text(board.arduino, out_dir) if isinstance(found, NotThere) else ""
    return replace(build, sketch_note=note)


def _constants(
    bundle: Bundle, choices: Choices | None, planned: FirmwarePlan | None, live: bool
) -> Constants:
    if choices is not None:
        return render_constants(bundle, choices, live=live)
    if planned is None:
        model = read_qmodel(bundle.int8)
        return render_constants(bundle, host_choices(model, live), live=live)
    return render_constants(bundle, planned.chosen.choices, planned.run_budget_ms, live)


def _sketch(
    bundle: Bundle,
    board: Board,
    core: ArduinoCore,
    constants: Constants,
    planned: FirmwarePlan | None,
    budgets: Budgets,
) -> Sketch:
    """Return the sketch of the firmware's `constants`, or of a plan that leaves the core its flash;
    raises DoesNotFitError when there is none."""
    beside_core = sketch_budgets(board, core, budgets)
    assert beside_core.flash is not None
    if planned is not None and planned.flash_bytes > beside_core.flash:
        smaller = plan_firmware(read_qmodel(bundle.int8), board, beside_core, constants.live)
        constants = _constants(bundle, None, smaller, constants.live)
    return make_sketch(constants, board, core)


def _no_room(core: ArduinoCore, error: DoesNotFitError) -> str:
    return (
        f"There is no Arduino sketch: its core takes {core.flash_bytes:,} bytes of flash, and the "
        f"network does not fit beside it. {error}"
    )


def generate_constants(
    constants: Constants,
    board: Board,
    out_dir: Path,
    compiler: Compiler,
    progress: Progress = silent,
    sketch: Sketch | None = None,
    cli: ArduinoCli | None = None,
) -> Build:
    """As `generate`, from a model that is C already, with a compiler that is already found.

    `sketch`: written beside the firmware, and compiled by `cli`.
    """
    project = make_project(constants, board, compiler)
    with staged_folder(out_dir, MANIFEST) as stage:
        _write(stage, project.files)
        built, report = compile_project(project, stage, progress)
        shutil.rmtree(stage / OBJECTS)
        _write(stage, built)
        manifest = project.manifest(built)
        if sketch is not None:
            manifest = _with_sketch(project, built, sketch, cli, stage)
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        _write(stage, {MANIFEST: text.encode()})
    return Build(out_dir, manifest, report)


def _with_sketch(
    project: Project,
    built: Mapping[str, bytes],
    sketch: Sketch,
    cli: ArduinoCli | None,
    stage: Path,
) -> dict[str, Any]:
    """Write the files of `sketch` into `stage`, compile them, and return the manifest of all."""
    _write(stage, sketch.files)
    made = {**built, **sketch.files}
    compiled = None
    if cli is not None:
        image = compile_sketch(cli, sketch, stage)
        made[SKETCH_IMAGE] = image.image
        _write(stage, {SKETCH_IMAGE: image.image})
        compiled = image.manifest()
    return {**project.manifest(made), "arduino": sketch.manifest(compiled)}


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
