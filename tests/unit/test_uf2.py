"""UF2 files, block by block."""

import struct

import pytest

from sernet_gen.uf2 import UF2_FAMILIES, uf2_file


def test_every_block_has_its_place() -> None:
    content = bytes(range(256)) + b"end"
    file = uf2_file(content, 0x10000000, UF2_FAMILIES["RP2040"])
    assert len(file) == 2 * 512
    for number, page in enumerate((content[:256], b"end".ljust(256, b"\0"))):
        block = file[512 * number : 512 * (number + 1)]
        assert struct.unpack_from("<8I", block) == (
            0x0A324655, 0x9E5D5157, 0x2000, 0x10000000 + 256 * number, 256, number, 2, 0xE48BFF56
        )  # fmt: skip
        assert block[32:288] == page
        assert block[288:508] == bytes(220)
        assert block[508:] == struct.pack("<I", 0x0AB16F30)


def test_an_address_within_a_page_is_refused() -> None:
    with pytest.raises(ValueError, match="0x10000080 is no multiple of 256"):
        uf2_file(b"x", 0x10000080, UF2_FAMILIES["RP2040"])
