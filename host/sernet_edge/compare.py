"""Counts the bytes in which two runs of the network differ, and finds the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sernet_cal.qmodel_types import Tensor
from sernet_cal.requantize import Int8Array

_AXES = {1: ("value",), 2: ("row", "coefficient"), 3: ("row", "column", "channel")}


@dataclass(frozen=True)
class Difference:
    """The first byte that differs: `values` of the two `sides` at `position` of a clip's tensor.

    `position`: (row, column, channel) of a row tensor, (row, coefficient) of the features, (value,)
    of a vector.
    """

    clip: str
    tensor: str
    position: tuple[int, ...]
    sides: tuple[str, str]
    values: tuple[int, int]

    def __str__(self) -> str:
        """Return one sentence for a person."""
        names = _AXES[len(self.position)]
        where = ", ".join(f"{name} {at}" for name, at in zip(names, self.position, strict=True))
        (left, right), (first, second) = self.sides, self.values
        return f"{self.clip}: {self.tensor} at {where}: {left} {first}, {right} {second}"


@dataclass
class Tally:
    """What has been compared so far: `left` against `right`, tensor by tensor.

    `differing`: bytes per tensor, in the order of the tensors; `compared`: all bytes looked at.
    """

    left: str
    right: str
    tensors: tuple[Tensor, ...]
    differing: list[int] = field(init=False)
    compared: int = 0
    first: Difference | None = None

    def __post_init__(self) -> None:
        self.differing = [0] * len(self.tensors)

    @property
    def total(self) -> int:
        """Bytes that differ in all tensors."""
        return sum(self.differing)

    def add(self, clip: str, left: Sequence[Int8Array | None], right: Sequence[Int8Array]) -> None:
        """Compare every tensor of one clip but those that `left` does not make (None)."""
        pairs = zip(left, right, strict=True)
        for place, (one, other) in enumerate(pairs):
            if one is not None:
                self.add_tensor(clip, place, one, other.reshape(-1))
                self.compared += one.size

    def add_tensor(self, clip: str, place: int, left: Int8Array, right: Int8Array) -> None:
        """Compare one tensor; `right` may be flat. Missing bytes count as different ones."""
        flat, other = left.reshape(-1), right.reshape(-1)
        common = min(len(flat), len(other))
        wrong = np.flatnonzero(flat[:common] != other[:common])
        self.differing[place] += len(wrong) + max(len(flat), len(other)) - common
        if len(wrong) and self.first is None:
            at = int(wrong[0])
            position = tuple(int(index) for index in np.unravel_index(at, left.shape))
            values = int(flat[at]), int(other[at])
            name = self.tensors[place].name
            self.first = Difference(clip, name, position, (self.left, self.right), values)
