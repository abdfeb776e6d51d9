"""Builds as far as flashing looks at them: a manifest that vouches for made-up images."""

import hashlib
import json
from pathlib import Path
from typing import Any

from fake_nano import make_image

BUILD_ID, SKETCH_ID = "11" * 32, "22" * 32


def write_build(
    folder: Path, board: str = "nano33", files: dict[str, bytes] | None = None, **changes: Any
) -> dict[str, bytes]:
    """Write a build of `board` into `folder`; returns its files. `changes` replace the
    manifest's parts."""
    if files is None:
        files = {
            "firmware.bin": make_image(9_000, BUILD_ID),
            "arduino/sketch.bin": make_image(12_345, SKETCH_ID, 2),
        }
    whole = {"firmware.elf": b"an image", **files}
    for name, content in whole.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    made: dict[str, Any] = {"made_tensors": ["input"], "choices": {}}
    manifest = {
        "format": 2,
        "board": board,
        "build_id": BUILD_ID,
        "model": "made",
        "image": "firmware.elf",
        "compiler": "cc",
        "tensors": ["input"],
        **made,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()},
    }
    if board == "nano33":
        compiled = {"image": "arduino/sketch.bin", "compiler": "arduino-cli"}
        manifest["arduino"] = {"build_id": SKETCH_ID, **made, "compiled": compiled}
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))
    return whole
