"""The sizes of Winograd's tiles: F(m x n, 3x3) with m and n each 4 or 2."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sernet_gen.kernels.choice import TileName

# G of F(4, 3) at the points 0, 1, -1, 2, -2, infinity, in the smallest integers; of F(2, 3), which
# has the points 0, 1, -1, infinity, the rows 0, 1, 2 and 5.
_G_OF_4 = np.array([[1, 0, 0], [1, 1, 1], [1, -1, 1], [1, 2, 4], [1, -2, 4], [0, 0, 1]], np.int64)
_G = {4: _G_OF_4, 2: _G_OF_4[[0, 1, 2, 5]]}
# The transforms along a side scale a sum by 24 = 3 * 2**3, or 2 = 2**1.
_SCALE_BITS = {4: 3, 2: 1}

LARGEST_POINTS = 36


@dataclass(frozen=True)
class Tile:
    """Outputs of the convolution that are made together: `height` rows of `width`."""

    height: int
    width: int

    @property
    def point_rows(self) -> int:
        """Rows of its points."""
        return self.height + 2

    @property
    def point_columns(self) -> int:
        """Columns of its points."""
        return self.width + 2

    @property
    def points(self) -> int:
        """Products of a tile for each input and output channel."""
        return self.point_rows * self.point_columns

    @property
    def scale_bits(self) -> int:
        """Bits by which sums are scaled when they are exact, modulo 2**32: sn_winograd_scale."""
        return _SCALE_BITS[self.height] + _SCALE_BITS[self.width]

    @property
    def sum_limit(self) -> int:
        """Sums below this come out exact."""
        return int(2 ** (31 - self.scale_bits))

    @property
    def down(self) -> npt.NDArray[np.int64]:
        """G along a column of taps, int64 [point_rows, 3]."""
        return _G[self.height]

    @property
    def across(self) -> npt.NDArray[np.int64]:
        """G along a row of taps, int64 [point_columns, 3]."""
        return _G[self.width]


@cache
def tile_of(name: TileName) -> Tile:
    """Return the tile that a choice names, height x width."""
    height, width = name.split("x")
    return Tile(int(height), int(width))
