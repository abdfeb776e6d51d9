"""Places blocks of memory in one arena; those that are never in use together share bytes."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

BLOCK_ALIGNMENT = 4


@dataclass(frozen=True)
class Block:
    """`size` bytes; `times`: a bit mask of the moments at which they are in use."""

    key: Hashable
    size: int
    times: int


def place_blocks(blocks: Sequence[Block]) -> tuple[dict[Hashable, int], int]:
    """Return the offset of each block by its key, and the size of the arena in bytes.

    Blocks whose `times` overlap get disjoint bytes. Largest first, each at the lowest offset that
    is free at its times; deterministic.
    """
    offsets: dict[Hashable, int] = {}
    placed: list[tuple[int, int, int]] = []
    for block in sorted(blocks, key=lambda block: -block.size):
        size = -(-block.size // BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT
        offset = 0
        for start, end, times in sorted(placed):
            if times & block.times and start < offset + size and offset < end:
                offset = end
        offsets[block.key] = offset
        placed.append((offset, offset + size, block.times))
    return offsets, max((end for _, end, _ in placed), default=0)
