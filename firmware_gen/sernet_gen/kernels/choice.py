"""What may be chosen for the operators of a network: which run as one, by what algorithm."""

from dataclasses import dataclass
from typing import Literal, Protocol

from sernet_cal.qmodel_types import Concatenation, Convolution, Pool, QModel

Algorithm = Literal["direct", "winograd", "first_layer"]
Weights = Literal["int8", "transformed", "halves", "thirds"]
TileName = Literal["4x4", "4x2", "2x4", "2x2"]


@dataclass(frozen=True, eq=False)
class Group:
    """Operators that run as one: convolutions of one input, their pools, their concatenation.

    Only the last operator's tensor exists when a group runs. With several convolutions each has a
    pool (or none has), and the concatenation joins them in the order of `convolutions`.
    """

    convolutions: tuple[Convolution, ...]
    pools: tuple[Pool, ...] = ()
    concatenation: Concatenation | None = None

    @property
    def input(self) -> int:
        """The tensor that the group reads."""
        return self.convolutions[0].input

    @property
    def output(self) -> int:
        """The tensor that the group makes."""
        last = self.concatenation or (self.pools or self.convolutions)[-1]
        return last.output


@dataclass(frozen=True)
class Choice:
    """How a group runs; the defaults can run any convolution alone, a row at a time.

    `rows`: rows of the group's output that one run makes, of which the first run leaves `early`
    out, because they lie above the clip (0 <= early < rows). `weights`: as they lie in flash, int8,
    or transformed when the tables are made. A kernel that transforms int8 weights in the run may do
    so in "halves" or "thirds", for less memory and more time. `apart`: output channels whose
    weights stay int8 beside transformed ones, for less flash. `tile`: height and width of
    Winograd's tiles; smaller ones save fewer products, and take less flash and memory. `together`:
    the most tiles that meet a weight together; fewer take less memory and more time. `by_batch`:
    weights that a run transforms are so anew for each such batch of tiles, likewise.
    """

    algorithm: Algorithm = "direct"
    rows: int = 1
    early: int = 0
    weights: Weights = "int8"
    apart: int = 0
    tile: TileName = "4x4"
    together: int = 4
    by_batch: bool = False


class Kernel(Protocol):
    """One algorithm: a module of this package has these functions."""

    def refusal(self, model: QModel, group: Group, choice: Choice) -> str | None:
        """Return why `group` cannot run so, as the end of "layer X cannot: ...", or None."""

    def workspace_bytes(self, model: QModel, group: Group, choice: Choice) -> int:
        """Return the bytes of arena, aligned to 4, that a run needs beside its rows."""

    def flash_bytes(self, model: QModel, group: Group, choice: Choice) -> int:
        """Return the bytes of the constant tables."""

    def shapes(self, model: QModel, group: Group, choice: Choice) -> tuple[tuple[str, str], ...]:
        """Return what sn_shapes.h lists for this layer: pairs (list name, "48, 3")."""

    def render(self, model: QModel, group: Group, choice: Choice, workspace: int) -> str:
        """Return the C of the tables; they end with `operator_N`, N the group's output tensor.

        `workspace`: its offset in the arena.
        """
