"""Consistent Overhead Byte Stuffing: any bytes in, bytes without a zero out (as sn_cobs.c)."""

_LONGEST_CODE = 255


def encode(body: bytes) -> bytes:
    """Return `body` without zeros, 1 byte in 254 longer (Cheshire & Baker, SIGCOMM 1997)."""
    encoded = bytearray()
    blocks = body.split(b"\0")
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        while len(block) >= _LONGEST_CODE - 1 and not (last and len(block) == _LONGEST_CODE - 1):
            encoded.append(_LONGEST_CODE)
            encoded += block[: _LONGEST_CODE - 1]
            block = block[_LONGEST_CODE - 1 :]
        encoded.append(len(block) + 1)
        encoded += block
    return bytes(encoded)


def decode(encoded: bytes) -> bytes | None:
    """Return what was encoded, or None where `encoded` (without zeros) is no COBS."""
    body = bytearray()
    read = 0
    while read < len(encoded):
        code = encoded[read]
        end = read + code
        if code == 0 or end > len(encoded):
            return None
        body += encoded[read + 1 : end]
        read = end
        if code != _LONGEST_CODE and read < len(encoded):
            body.append(0)
    return bytes(body)
