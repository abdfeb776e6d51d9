"""Which tiles of a Winograd strip meet the transformed weights together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# Cycles (Cortex-M4) of the inner products for one word of input of every tile of a batch and two
# output channels, by the tiles of the batch; from REPORT's table, see tests.
_TWO_LANES: Mapping[int, float] = {1: 5.9, 2: 8.5, 3: 12.0, 4: 16.0}
# The same where four channels lie side by side, per two of them.
_FOUR_LANES: Mapping[int, float] = {1: 5.0, 2: 8.0, 3: 12.0}
_PRODUCTS = {2: _TWO_LANES, 4: _FOUR_LANES}
# What a batch costs beside that, so that fewer batches win where all else is equal.
_BATCH = 0.01


@dataclass(frozen=True)
class Batch:
    """A rectangle of tiles: `columns` across from output column `column` on, `tile_rows` down.

    `is_edge`: the picture's last column alone, of which a tile has two columns of points.
    """

    column: int
    columns: int
    tile_row: int
    tile_rows: int
    is_edge: bool = False

    @property
    def tiles(self) -> int:
        """Tiles of the rectangle."""
        return self.columns * self.tile_rows


def choose_batches(
    columns: int, tile_rows: int, lanes: int, width: int = 4, most: int = 4
) -> tuple[Batch, ...]:
    """Return the fastest cover of `columns` x `tile_rows` tiles, `width` outputs wide, by batches.

    Stripes of columns, each cut into batches from top to bottom. `lanes`: output channels that lie
    side by side (2 or 4). `most`: tiles of a batch.
    """
    batches: list[Batch] = []
    column = 0
    most = min(most, max(_PRODUCTS[lanes]))
    for wide in _stripes(columns, tile_rows, lanes, most)[1]:
        tile_row = 0
        for height in _cuts(tile_rows, wide, lanes, most)[1]:
            batches.append(Batch(column * width, wide, tile_row, height))
            tile_row += height
        column += wide
    return tuple(batches)


@cache
def _stripes(columns: int, tile_rows: int, lanes: int, most: int) -> tuple[float, tuple[int, ...]]:
    """Return the least cost of covering `columns` columns, and the widths of its stripes."""
    best: tuple[float, tuple[int, ...]] = (0.0, ())
    for width in range(min(columns, most), 0, -1):
        rest = _stripes(columns - width, tile_rows, lanes, most)
        cost = _cuts(tile_rows, width, lanes, most)[0] + rest[0]
        if not best[1] or cost < best[0]:
            best = (cost, (width, *rest[1]))
    return best


@cache
def _cuts(tile_rows: int, width: int, lanes: int, most: int) -> tuple[float, tuple[int, ...]]:
    """Return the least cost of a stripe `width` tiles wide, and the heights of its batches."""
    best: tuple[float, tuple[int, ...]] = (0.0, ())
    for height in range(min(tile_rows, most // width), 0, -1):
        rest = _cuts(tile_rows - height, width, lanes, most)
        cost = _PRODUCTS[lanes][height * width] + _BATCH + rest[0]
        if not best[1] or cost < best[0]:
            best = (cost, (height, *rest[1]))
    return best
