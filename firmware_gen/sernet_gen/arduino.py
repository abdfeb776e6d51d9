"""The Arduino library of a firmware and the sketch that answers `verify`, as files.

The library holds the runtime that every firmware has, each file behind a header that has it
compiled for speed, the generated constants, and ports/arduino. An Arduino core compiles every
file below src/, with src/ as the only folder of includes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from string import Template
from typing import Any

from sernet_gen import assets
from sernet_gen.board import ArduinoCore, Board, Microphone
from sernet_gen.config_source import SHARED_PORT, Identity, render_config, render_identity
from sernet_gen.constants import Constants
from sernet_gen.csyntax import abi_lock
from sernet_gen.files import content_id, copied_tree
from sernet_gen.planner.budgets import Budgets, board_budgets

FOLDER = "arduino"
LIBRARY = f"{FOLDER}/SernetEdge"
SOURCES = f"{LIBRARY}/src"
SKETCH_NAME = "SernetVerify"
SKETCH = f"{FOLDER}/{SKETCH_NAME}"
SKETCH_IMAGE = f"{FOLDER}/sketch.bin"

_IDENTITY = f"{SOURCES}/sn_identity.c"
_NO_ID = "0" * 64
# The runtime's own main program: an Arduino core has one, which calls the sketch.
_MAIN = "sn_main.c"
# Of the shared port, what needs no startup of ours.
_SHARED_FILES = ("cyccnt.c", "sn_cortexm.h")
_OPTIMIZED = b'#include "sn_optimize.h"\n'


@dataclass(frozen=True)
class Sketch:
    """Library and sketch: `files` by path relative to the build's folder, and the id that the
    sketch's firmware says in HELLO."""

    core: ArduinoCore
    constants: Constants
    files: Mapping[str, bytes]
    build_id: str

    def manifest(self, compiled: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what manifest.json tells of the sketch; `compiled` as `CompiledSketch` has it."""
        return {
            "build_id": self.build_id,
            "core": self.core.core,
            "fqbn": self.core.fqbn,
            "library": LIBRARY,
            "sketch": SKETCH,
            "made_tensors": list(self.constants.made_tensors),
            "choices": dict(self.constants.choices),
            "compiled": None if compiled is None else dict(compiled),
        }


def make_sketch(constants: Constants, board: Board, core: ArduinoCore) -> Sketch:
    """Lay out library and sketch for `board`; the same arguments give the same bytes."""
    files = {**_library(constants, board), **_words(constants, board, core)}
    identity = Identity(
        board.name,
        board.clock_hz,
        constants.model_rows,
        constants.clip_samples,
        constants.run_budget_ms,
        constants.classes,
    )
    # As in a firmware's own id, the identity takes part with an id of zeros.
    anonymous = {**files, _IDENTITY: render_identity(identity, _NO_ID).encode()}
    build_id = content_id(anonymous, [core.fqbn])
    files[_IDENTITY] = render_identity(identity, build_id).encode()
    return Sketch(core, constants, dict(sorted(files.items())), build_id)


def sketch_budgets(board: Board, core: ArduinoCore, wanted: Budgets) -> Budgets:
    """Return `wanted` with the flash that the core leaves on `board`, if that is less."""
    assert board.memory is not None
    flash = board_budgets(board).but(wanted).flash
    left = board.memory.flash.length - core.flash_bytes
    return replace(wanted, flash=left if flash is None else min(flash, left))


def _library(constants: Constants, board: Board) -> dict[str, bytes]:
    runtime = copied_tree(assets.runtime_dir(), SOURCES)
    runtime.pop(f"{SOURCES}/{_MAIN}", None)
    optimized = {
        path: _OPTIMIZED + content if path.endswith(".c") else content
        for path, content in runtime.items()
    }
    port = assets.ports_dir() / FOLDER
    shared = copied_tree(assets.ports_dir() / SHARED_PORT, f"{SOURCES}/{SHARED_PORT}")
    generated = {
        **constants.sources,
        "sn_config.h": render_config(
            board, constants.arena_bytes, constants.kept_samples, constants.live
        ),
        "sn_sketch_sizes.h": _render_sizes(constants, board.microphone),
    }
    return {
        **optimized,
        **{path: text for path, text in shared.items() if path.endswith(_SHARED_FILES)},
        **copied_tree(port / "src", SOURCES, "*"),
        **copied_tree(port / "examples", f"{LIBRARY}/examples", "*.ino"),
        **copied_tree(port / SKETCH_NAME, SKETCH, "*.ino"),
        **{f"{SOURCES}/{name}": text.encode() for name, text in generated.items()},
    }


def _render_sizes(constants: Constants, microphone: Microphone | None) -> str:
    lines = [
        f"#define SN_CLASSES {len(constants.classes)}u",
        f"#define SN_MODEL_ROWS {constants.model_rows}u",
        f"#define SN_CLIP_LENGTH {constants.clip_samples}u",
    ]
    if microphone is not None:
        # Half a decibel a step, as the PDM library of the nRF52840 passes it on to the peripheral.
        lines.append(f"#define SN_MICROPHONE_GAIN {40 + 2 * microphone.gain_db}")
    defines = "\n".join(lines)
    return (
        "// Generated: what the memory of a sketch is laid out by, and the microphone's gain.\n"
        "#ifndef SN_SKETCH_SIZES_H\n#define SN_SKETCH_SIZES_H\n\n"
        f'#include "sn_status.h"\n\n{abi_lock()}\n{defines}\n\n#endif\n'
    )


def _words(constants: Constants, board: Board, core: ArduinoCore) -> dict[str, bytes]:
    """Return the texts that are not C: the library's description, and what to do with it all."""
    known = {
        "board": board.name,
        "core": core.core,
        "fqbn": core.fqbn,
        "architecture": core.core.partition(":")[2],
        "model": constants.model,
        "classes": ", ".join(constants.classes),
    }
    places = {
        "library.properties.in": f"{LIBRARY}/library.properties",
        "README.md.in": f"{FOLDER}/README.md",
    }
    port = assets.ports_dir() / FOLDER
    return {
        place: Template((port / name).read_text(encoding="utf-8")).substitute(known).encode()
        for name, place in places.items()
    }
