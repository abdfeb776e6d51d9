"""Which tiles of a Winograd strip meet the transformed weights together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# Rows and columns of a tile's outputs.
TILE = 4

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

    `is_edge`: the picture's last column alone, of which a tile has a third of the points.
    """

    column: int
    columns: int
    tile_row: int
    tile_rows: int
    is_edge: bool = False

    @property
    def points(self) -> int:
        """Products of a tile for each input and output channel."""
        return 12 if self.is_edge else 36

    @property
    def tiles(self) -> int:
        """Tiles of the rectangle."""
        return self.columns * self.tile_rows


def choose_batches(columns: int, tile_rows: int, lanes: int) -> tuple[Batch, ...]:
    """Return the fastest cover of `columns` x `tile_rows` tiles by batches.

    Stripes of columns, each cut into batches from top to bottom. `lanes`: output channels that lie
    side by side (2 or 4).
    """
    batches: list[Batch] = []
    column = 0
    for width in _stripes(columns, tile_rows, lanes)[1]:
        tile_row = 0
        for height in _cuts(tile_rows, width, lanes)[1]:
            batches.append(Batch(column * TILE, width, tile_row, height))
            tile_row += height
        column += width
    return tuple(batches)


@cache
def _stripes(columns: int, tile_rows: int, lanes: int) -> tuple[float, tuple[int, ...]]:
    """Return the least cost of covering `columns` columns, and the widths of its stripes."""
    best: tuple[float, tuple[int, ...]] = (0.0, ())
    for width in range(min(columns, max(_PRODUCTS[lanes])), 0, -1):
        rest = _stripes(columns - width, tile_rows, lanes)
        cost = _cuts(tile_rows, width, lanes)[0] + rest[0]
        if not best[1] or cost < best[0]:
            best = (cost, (width, *rest[1]))
    return best


@cache
def _cuts(tile_rows: int, width: int, lanes: int) -> tuple[float, tuple[int, ...]]:
    """Return the least cost of a stripe `width` tiles wide, and the heights of its batches."""
    best: tuple[float, tuple[int, ...]] = (0.0, ())
    for height in range(min(tile_rows, max(_PRODUCTS[lanes]) // width), 0, -1):
        rest = _cuts(tile_rows - height, width, lanes)
        cost = _PRODUCTS[lanes][height * width] + _BATCH + rest[0]
        if not best[1] or cost < best[0]:
            best = (cost, (height, *rest[1]))
    return best
