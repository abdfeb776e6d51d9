"""UF2: the file that boards with a drive of their own take to write their flash.

The format is Microsoft's (https://github.com/microsoft/uf2): blocks of 512 bytes, each with the
address of its own content.
"""

import struct

# Part -> its family id, from the list beside the format (RP2350: its Arm cores, secure state).
UF2_FAMILIES = {"RP2040": 0xE48BFF56, "RP2350": 0xE48BFF59}
_START, _SECOND, _END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY = 0x2000
_CONTENT_BYTES = 256
_FIELD_BYTES = 476


def uf2_file(content: bytes, address: int, family: int) -> bytes:
    """Return the UF2 file that writes `content` at `address`, padded to whole pages of 256 bytes;
    only a chip of `family` takes it.

    Raises ValueError for an `address` that begins no page.
    """
    if address % _CONTENT_BYTES:
        raise ValueError(f"0x{address:x} is no multiple of {_CONTENT_BYTES}")
    starts = range(0, len(content), _CONTENT_BYTES)
    blocks = []
    for number, start in enumerate(starts):
        head = (_START, _SECOND, _HAS_FAMILY, address + start, _CONTENT_BYTES)
        page = content[start : start + _CONTENT_BYTES].ljust(_FIELD_BYTES, b"\0")
        blocks.append(struct.pack("<8I", *head, number, len(starts), family))
        blocks.append(page + struct.pack("<I", _END))
    return b"".join(blocks)
