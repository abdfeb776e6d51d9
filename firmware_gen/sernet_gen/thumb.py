"""Reading just enough Thumb-2 for the stack report: calls, stack growth, addresses of functions.

Encodings: Armv7-M Architecture Reference Manual (DDI 0403), chapter A7.
"""

from dataclasses import dataclass

_BYTES_OF_WORD = 4
_FRAME_POINTER = 7


@dataclass(frozen=True)
class Step:
    """What one instruction means for the stack report.

    `size`: 2 or 4 bytes. `growth`: bytes that it pushes. `target`: address that it branches to,
    `is_call` whether it comes back. `indirect`: the target is in a register. `unbounded`: the stack
    grows by a register's value. `stack_from`: the register that the stack pointer is set from;
    `frame_copy`: (register, bytes) that may be set so, and then grows the stack by these at most.
    `low`, `high`: (register, half word) of MOVW and MOVT.
    """

    size: int
    growth: int = 0
    target: int | None = None
    indirect: bool = False
    unbounded: bool = False
    stack_from: int | None = None
    frame_copy: tuple[int, int] | None = None
    low: tuple[int, int] | None = None
    high: tuple[int, int] | None = None


def decode(first: int, second: int, address: int) -> Step:
    """Decode the instruction at `address` from its half words (`second` only for wide ones)."""
    return _wide(first, second, address) if is_wide(first) else _narrow(first, address)


def is_wide(first: int) -> bool:
    """Return whether the instruction with this first half word has two (A5.1)."""
    return first >> 11 in (0b11101, 0b11110, 0b11111)


def _narrow(word: int, address: int) -> Step:
    if word & 0xFE00 == 0xB400:  # PUSH {registers, lr}
        return Step(2, growth=_BYTES_OF_WORD * (word & 0x1FF).bit_count())
    if word & 0xFF80 == 0xB080:  # SUB SP, SP, #imm7 * 4
        return Step(2, growth=_BYTES_OF_WORD * (word & 0x7F))
    if word & 0xFF87 == 0x4780:  # BLX register
        return Step(2, indirect=True)
    if word & 0xFF87 == 0x4700:  # BX register: a tail call unless it is BX LR
        return Step(2, indirect=(word >> 3 & 0xF) != 14)
    if word & 0xFF87 == 0x4685:  # MOV SP, register; from the frame pointer it only goes back
        register = word >> 3 & 0xF
        return Step(2, stack_from=None if register == _FRAME_POINTER else register)
    if word & 0xFF78 == 0x4668:  # MOV register, SP
        return Step(2, frame_copy=((word >> 4 & 8) | (word & 7), 0))
    if word & 0xFF87 == 0x4485:  # ADD SP, register, of either sign
        return Step(2, unbounded=True)
    if word & 0xF800 == 0xE000:  # B, 11 bits
        return Step(2, target=address + 4 + _signed((word & 0x7FF) << 1, 12))
    if word & 0xF000 == 0xD000 and word >> 8 & 0xF < 14:  # B<condition>, 8 bits
        return Step(2, target=address + 4 + _signed((word & 0xFF) << 1, 9))
    return Step(2)


def _wide(first: int, second: int, address: int) -> Step:
    if first >> 11 == 0b11110 and second & 0x8000:
        return _wide_branch(first, second, address)
    if first == 0xE92D:  # PUSH.W (STMDB SP!)
        return Step(4, growth=_BYTES_OF_WORD * (second & 0x5FFF).bit_count())
    if first == 0xF84D and second & 0x0FFF == 0x0D04:  # STR register, [SP, #-4]!
        return Step(4, growth=_BYTES_OF_WORD)
    if first == 0xE96D:  # STRD a, b, [SP, #-imm8 * 4]!
        return Step(4, growth=_BYTES_OF_WORD * (second & 0xFF))
    if first & 0xFFBF == 0xED2D and second & 0x0E00 == 0x0A00:  # VPUSH
        return Step(4, growth=_BYTES_OF_WORD * (second & 0xFF))
    if first & 0xFBEF == 0xF1AD and second & 0x8F00 == 0x0D00:  # SUB.W SP, SP, #expanded
        return Step(4, growth=_expanded(first, second))
    if first & 0xFBFF == 0xF2AD and second & 0x8F00 == 0x0D00:  # SUBW SP, SP, #imm12
        return Step(4, growth=_immediate12(first, second))
    if first & 0xFBFF in (0xF1A7, 0xF2A7) and not second & 0x8000:  # SUB register, R7, #imm
        return Step(4, frame_copy=(second >> 8 & 0xF, 0))
    if first == 0xF36F and second & 0xF0C0 == 0:  # BFC register, #0, #bits: aligns a copy of SP
        aligned_bytes = 2 << (second & 0x1F)
        return Step(4, frame_copy=(second >> 8 & 0xF, aligned_bytes - _BYTES_OF_WORD))
    if first & 0xFFEF == 0xEBAD and second & 0x0F00 == 0x0D00:  # SUB.W SP, SP, register
        return Step(4, unbounded=True)
    if first & 0xFB70 == 0xF240 and not second & 0x8000:  # MOVW (F240) and MOVT (F2C0)
        half = (second >> 8 & 0xF, (first & 0xF) << 12 | _immediate12(first, second))
        return Step(4, high=half) if first & 0x80 else Step(4, low=half)
    return Step(4)


def _wide_branch(first: int, second: int, address: int) -> Step:
    sign, j1, j2 = first >> 10 & 1, second >> 13 & 1, second >> 11 & 1
    if second & 0x5000 in (0x5000, 0x1000):  # BL, B.W
        i1, i2 = 1 - (j1 ^ sign), 1 - (j2 ^ sign)
        offset = sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
        return Step(4, target=address + 4 + _signed(offset, 25))
    if second & 0x5000 == 0 and first >> 6 & 0xF < 14:  # B<condition>.W
        offset = sign << 20 | j2 << 19 | j1 << 18 | (first & 0x3F) << 12 | (second & 0x7FF) << 1
        return Step(4, target=address + 4 + _signed(offset, 21))
    return Step(4)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _immediate12(first: int, second: int) -> int:
    return (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF


def _expanded(first: int, second: int) -> int:
    """ThumbExpandImm of the manual: a byte, repeated or rotated."""
    value = _immediate12(first, second)
    byte, kind = value & 0xFF, value >> 8
    if value >> 10 == 0:
        return (byte, byte * 0x00010001, byte * 0x01000100, byte * 0x01010101)[kind]
    rotation, bits = value >> 7, 0x80 | value & 0x7F
    return (bits >> rotation | bits << (32 - rotation)) & 0xFFFFFFFF
