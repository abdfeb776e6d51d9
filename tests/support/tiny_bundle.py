"""A model bundle that is real in every part but tiny, and its firmware, for end-to-end tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_models import small_sernet

from sernet_cal import features
from sernet_cal.bundle import Bundle, load_bundle, write_bundle
from sernet_cal.qmodel import read_qmodel
from sernet_gen.board import load_board
from sernet_gen.choices import host_choices
from sernet_gen.generate import Build, generate
from sernet_gen.toolchain import host_compiler

CLIP_SECONDS = 0.3
SANITIZERS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def make_bundle(folder: Path, seed: int = 3, form: str = "stream") -> Bundle:
    """Write a bundle with random weights into `folder`; its float model is the int8 one."""
    rows = features.frame_count(features.clip_samples(CLIP_SECONDS))
    network = small_sernet(seed, rows, features.COEFFICIENTS)
    front_end = {
        "form": form,
        "window": "hann",
        "mean": [-60.0] + [0.0] * 39,
        "deviation": [40.0] + [6.0] * 39,
        "clip": 4.0,
    }
    if form == "paper":
        front_end |= {"mean": [0.0] * 40, "deviation": [1.0] * 40, "clip": 10.0}
    card = {
        "name": f"tiny-{form}-{seed}",
        "classes": ["calm", "angry", "sad", "glad"],
        "clip_seconds": CLIP_SECONDS,
        "front_end": front_end,
    }
    write_bundle(folder, card, network, network)
    return load_bundle(folder)


def make_firmware(
    bundle: Bundle,
    board: str,
    folder: Path,
    is_fused: bool = False,
    with_sketch: bool = False,
    live: bool = False,
) -> Build:
    """Build `bundle` for `board` in `folder`, each layer alone; `is_fused`: in one with others,
    as is fastest on this machine. `with_sketch`: with the Arduino library too. `live`: for streams
    too."""
    choices = host_choices(read_qmodel(bundle.int8), live) if is_fused else {}
    return generate(
        bundle, load_board(board), folder, choices=choices, with_sketch=with_sketch, live=live
    )


def once_a_board(
    make: Callable[[str, Path], object], folders: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Return what gives the folder of a board's build; `make` fills each folder once."""
    made: dict[str, Path] = {}

    def build(board: str) -> Path:
        if board not in made:
            made[board] = folders.mktemp(board) / "build"
            make(board, made[board])
        return made[board]

    return build


def sanitized_program(build: Build, folder: Path) -> Path:
    """Compile a posix build once more, with ASan and UBSan; returns the program."""
    program = folder / "sanitized"
    flags = build.manifest["flags"]
    includes = [word for word in flags["compile"] if word.startswith("-I")]
    sources = [name for name in build.manifest["files"] if name.endswith(".c")]
    arguments = ["-std=c99", *SANITIZERS, *includes, *sources, *flags["libraries"]]
    host_compiler().run([*arguments, "-o", str(program)], "compile with sanitizers", build.folder)
    return program


def random_clip(seed: int, samples: int) -> np.ndarray:
    """Return noise that swells, int16 [samples]."""
    random = np.random.default_rng(seed)
    loudness = np.linspace(10, 12_000, samples)
    return np.clip(random.normal(0, 1, samples) * loudness, -32768, 32767).astype(np.int16)
