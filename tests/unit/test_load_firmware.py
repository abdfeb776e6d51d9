"""Manifests that do not vouch for their image."""

import json
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.errors import InputError
from sernet_edge.firmware import load_firmware

MANIFEST: dict[str, Any] = {
    "format": 2,
    "board": "nano33",
    "build_id": "00" * 32,
    "model": "made",
    "image": "firmware.elf",
    "compiler": "arm-none-eabi-gcc 12.2.1",
    "tensors": ["input"],
    "made_tensors": ["input"],
    "choices": {},
    "files": {"firmware.elf": "00" * 32},
}


@pytest.mark.parametrize(
    ("changes", "image"),
    [
        ({"files": {}}, "firmware.elf"),
        ({"image": "../other/firmware.elf"}, "../other/firmware.elf"),
    ],
)
def test_an_image_without_a_hash_is_refused(
    tmp_path: Path, changes: dict[str, Any], image: str
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST))
    assert load_firmware(tmp_path, "nano33").image == tmp_path / "firmware.elf"
    path.write_text(json.dumps(MANIFEST | changes))
    with pytest.raises(InputError) as caught:
        load_firmware(tmp_path, "nano33")
    assert str(caught.value) == (
        f"The manifest {path} names the image {image}, but not its SHA-256.\n"
        "  Build it first:  sernet-edge build --board nano33"
    )
