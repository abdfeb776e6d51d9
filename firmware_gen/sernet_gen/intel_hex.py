"""Intel HEX: the text file that debuggers and the drives of some boards take to write a flash.

The format is Intel's Hexadecimal Object File Format Specification, revision A (1988).
"""

_RECORD_BYTES = 32
_DATA, _END, _UPPER_ADDRESS = 0x00, 0x01, 0x04


def hex_file(content: bytes, address: int) -> bytes:
    """Return the file that writes `content` at `address` (32 bits)."""
    lines = []
    upper = None
    at = 0
    while at < len(content):
        place = address + at
        if place >> 16 != upper:
            upper = place >> 16
            lines.append(_record(_UPPER_ADDRESS, 0, upper.to_bytes(2, "big")))
        count = min(_RECORD_BYTES, 0x10000 - (place & 0xFFFF))  # no record crosses 64 KiB
        lines.append(_record(_DATA, place & 0xFFFF, content[at : at + count]))
        at += count
    lines.append(_record(_END, 0, b""))
    return "".join(f"{line}\n" for line in lines).encode()


def _record(kind: int, offset: int, data: bytes) -> str:
    body = bytes((len(data),)) + offset.to_bytes(2, "big") + bytes((kind,)) + data
    return f":{(body + bytes((-sum(body) & 0xFF,))).hex().upper()}"
