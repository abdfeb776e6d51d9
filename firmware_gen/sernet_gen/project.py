"""A firmware project: every file of build/NAME/ as text, and the build id that names them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sernet_gen import assets
from sernet_gen.board import Board
from sernet_gen.compiler import Compiler
from sernet_gen.config_source import (
    SHARED_PORT,
    Identity,
    render_config,
    render_identity,
    render_linker_script,
)
from sernet_gen.constants import Constants
from sernet_gen.files import content_id, copied_tree, sha256
from sernet_gen.flags import LINKER_SCRIPT, Flags, build_flags
from sernet_gen.makefile import render_makefile
from sernet_gen.ports import port_folders

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 2
IDENTITY = "generated/sn_identity.c"
_NO_ID = "0" * 64


@dataclass(frozen=True)
class Project:
    """All of a project but what the compiler makes: `files` by path relative to its folder."""

    board: Board
    constants: Constants
    compiler: Compiler
    flags: Flags
    files: Mapping[str, bytes]
    build_id: str

    @property
    def image(self) -> str:
        """The name of the linked image."""
        return image_name(self.board)

    @property
    def sources(self) -> tuple[str, ...]:
        """The C files, sorted: the order of compiling and linking."""
        return c_sources(self.files)

    def manifest(self, built: Mapping[str, bytes]) -> dict[str, Any]:
        """Return manifest.json's content; `built` are the images, hashed like the files."""
        constants = self.constants
        hashed = {**self.files, **built}
        return {
            "format": MANIFEST_FORMAT,
            "board": self.board.name,
            "build_id": self.build_id,
            "model": constants.model,
            "classes": list(constants.classes),
            "clip_samples": constants.clip_samples,
            "model_rows": constants.model_rows,
            "front_end": constants.front_end,
            "live": constants.live,
            "tensors": list(constants.tensors),
            "made_tensors": list(constants.made_tensors),
            "choices": dict(constants.choices),
            "image": self.image,
            "compiler": self.compiler.title,
            "flags": _flag_words(self.flags),
            "files": {path: sha256(content) for path, content in sorted(hashed.items())},
        }


def image_name(board: Board) -> str:
    """Return the file name of the linked image of `board`."""
    return "firmware" if board.is_host else "firmware.elf"


def c_sources(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the C files among `paths`, sorted."""
    return tuple(sorted(path for path in paths if path.endswith(".c")))


def make_project(constants: Constants, board: Board, compiler: Compiler) -> Project:
    """Lay out the project for `board`; the same arguments give the same bytes."""
    flags = build_flags(board, compiler)
    files = {**_handwritten(board), **_generated(constants, board)}
    files["Makefile"] = render_makefile(
        compiler.portable_command, image_name(board), c_sources([*files, IDENTITY]), flags
    ).encode()
    identity = Identity(
        board.name,
        board.clock_hz,
        constants.model_rows,
        constants.clip_samples,
        constants.run_budget_ms,
        constants.classes,
    )
    # The identity takes part with an id of zeros: it cannot hold the hash of itself.
    anonymous = {**files, IDENTITY: render_identity(identity, _NO_ID).encode()}
    build_id = _build_id(anonymous, flags, compiler)
    files[IDENTITY] = render_identity(identity, build_id).encode()
    return Project(board, constants, compiler, flags, dict(sorted(files.items())), build_id)


def _handwritten(board: Board) -> dict[str, bytes]:
    files = copied_tree(assets.runtime_dir(), "runtime")
    roots = (board.port,) if board.is_host else (SHARED_PORT, board.port)
    for family in port_folders(*roots):
        files |= copied_tree(assets.ports_dir() / family, f"ports/{family}")
    return files


def _generated(constants: Constants, board: Board) -> dict[str, bytes]:
    config = render_config(board, constants.arena_bytes, constants.kept_samples, constants.live)
    texts = {f"generated/{name}": text for name, text in constants.sources.items()}
    texts["generated/sn_config.h"] = config
    if not board.is_host:
        texts[LINKER_SCRIPT] = render_linker_script(board)
    return {path: text.encode() for path, text in texts.items()}


def _flag_words(flags: Flags) -> dict[str, list[str]]:
    return {
        "compile": list(flags.compile),
        "link": list(flags.link),
        "libraries": list(flags.libraries),
    }


def _build_id(files: Mapping[str, bytes], flags: Flags, compiler: Compiler) -> str:
    """The hash of all files, the flags and the compiler's version."""
    words = [*flags.compile, *flags.link, *flags.libraries, compiler.title]
    return content_id(files, words)
