"""How much of a board's memory an image takes, and what to do when it is too much."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import DoesNotFitError, InputError
from sernet_gen.board import Board
from sernet_gen.elf import Image, read_image
from sernet_gen.stack import StackUse, worst_stack

KEPT_CLIP = "sn_kept_clip"


@dataclass(frozen=True)
class Row:
    """One line of the table: `used` of `limit` bytes (None: no limit is known).

    `key`: the name for machines. `is_goal`: the limit is what we want to stay below, not what the
    board has.
    """

    key: str
    name: str
    used: int
    limit: int | None
    is_goal: bool = False

    @property
    def margin(self) -> int | None:
        """Bytes that are left; negative when it does not fit."""
        return None if self.limit is None else self.limit - self.used


@dataclass(frozen=True)
class MemoryReport:
    """Sizes in bytes. `ram_bytes`: all variables without the kept clip (`clip_bytes`).

    `stack`: None for a host process, whose operating system gives it as much as it wants.
    `rows`: every limit of the board beside what the image takes.
    """

    flash_bytes: int
    ram_bytes: int
    clip_bytes: int
    stack: StackUse | None
    rows: tuple[Row, ...]

    @property
    def stack_bytes(self) -> int | None:
        """The worst stack, with one exception on top."""
        return None if self.stack is None else self.stack.total_bytes

    @property
    def fits(self) -> bool:
        """Whether the board has enough of everything, our own goals aside."""
        return not self.missing

    @property
    def missing(self) -> tuple[Row, ...]:
        """The rows that exceed the board."""
        return tuple(row for row in self.rows if not row.is_goal and (row.margin or 0) < 0)

    def to_json(self) -> dict[str, Any]:
        """Return the sizes as `build --json` prints them."""
        return {
            "flash_bytes": self.flash_bytes,
            "ram_bytes": self.ram_bytes,
            "clip_bytes": self.clip_bytes,
            "stack_bytes": self.stack_bytes,
            "margins": {row.key: row.margin for row in self.rows if row.margin is not None},
            "stack_chain": [list(step) for step in self.stack.chain] if self.stack else None,
        }


def measure(image: Image, frames: Mapping[str, int], board: Board) -> MemoryReport:
    """Compare `image` with the memory of `board`; `frames` as `stack.read_frames` gives them."""
    memory = board.memory
    assert memory is not None
    clip = image.symbol_size(KEPT_CLIP)
    variables = image.ram_bytes - clip
    stack = worst_stack(image, frames)
    flash = image.flash_bytes
    whole = variables + clip + memory.ram.stack
    static = variables + stack.total_bytes
    rows = (
        Row("flash", "flash", flash, memory.flash.length),
        Row("flash_goal", "flash (goal)", flash, memory.flash.budget, is_goal=True),
        Row("ram", "RAM with kept clip and reserved stack", whole, memory.ram.length),
        Row(
            "ram_goal", "variables and worst stack (goal)", static, memory.ram.budget, is_goal=True
        ),
        Row("stack", "worst stack of the reserved", stack.total_bytes, memory.ram.stack),
    )
    return MemoryReport(flash, variables, clip, stack, rows)


def host_report(path: Path) -> MemoryReport:
    """Return the sizes of the host process at `path`, without limits."""
    try:
        image = read_image(path)
    except InputError:  # not every system's programs are ELF files
        return MemoryReport(path.stat().st_size, 0, 0, None, ())
    clip = image.symbol_size(KEPT_CLIP)
    variables = image.ram_bytes - clip
    rows = (
        Row("flash", "code and constants", image.flash_bytes, None),
        Row("ram", "variables with kept clip", variables + clip, None),
    )
    return MemoryReport(image.flash_bytes, variables, clip, None, rows)


def table_text(rows: tuple[Row, ...]) -> str:
    """Return the rows as aligned text: name, used, limit, margin."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  {'used':>10} {'board has':>10} {'margin':>10}"]
    for row in rows:
        limit = "" if row.limit is None else f"{row.limit:,}"
        margin = "" if row.margin is None else f"{row.margin:,}"
        lines.append(f"{row.name:{width}}  {row.used:>10,} {limit:>10} {margin:>10}".rstrip())
    return "\n".join(lines)


def does_not_fit(report: MemoryReport, board: str, front_end: str) -> DoesNotFitError:
    """Return the error for an image that is too large, with the table and the cures."""
    missing = {row.key for row in report.missing}
    worst = ", ".join(f"{row.name} by {-(row.margin or 0):,} bytes" for row in report.missing)
    cures = ["Take a model with fewer filters or a larger board:  --model MODEL, --board NAME"]
    if report.clip_bytes and "ram" in missing:
        cures.append(
            f"or a model for shorter clips: the `{front_end}` front-end keeps the whole clip "
            f"({report.clip_bytes:,} bytes); the `stream` form keeps nothing."
        )
    if missing & {"ram", "stack"}:
        cures.append("The stack is reserved by memory.ram.stack in the board's file.")
    return DoesNotFitError(
        f"The firmware does not fit {board}: it exceeds {worst}.",
        "\n".join([table_text(report.rows), *cures]),
    )
