"""Intel HEX files, record by record, and as binutils write them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sernet_gen.intel_hex import hex_file

OBJCOPY = "arm-none-eabi-objcopy"


def test_a_small_file() -> None:
    assert hex_file(bytes(range(34)), 0x08010000).decode().splitlines() == [
        ":020000040801F1",
        ":20000000" + bytes(range(32)).hex().upper() + "F0",
        ":0200200020219D",
        ":00000001FF",
    ]


@pytest.mark.skipif(not shutil.which(OBJCOPY), reason=f"needs {OBJCOPY}")
@pytest.mark.parametrize(
    ("address", "size"), [(0, 70_000), (0xFFF8, 24), (0x10000000, 1), (0x20, 0)]
)
def test_binutils_read_it_back(address: int, size: int, tmp_path: Path) -> None:
    content = bytes(index * 31 % 251 for index in range(size))
    (tmp_path / "a.hex").write_bytes(hex_file(content, address))
    command = [OBJCOPY, "-I", "ihex", "-O", "binary", "a.hex", "a.bin"]
    if size:
        subprocess.run(command, cwd=tmp_path, check=True)
        assert (tmp_path / "a.bin").read_bytes() == content
    lines = hex_file(content, address).decode().split()
    assert all(sum(bytes.fromhex(line[1:])) & 0xFF == 0 for line in lines)
    assert lines[-1] == ":00000001FF"
