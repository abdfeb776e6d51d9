"""What a firmware takes beside the tables and the arena of its network, board by board.

The sizes are measured, by `sernet-edge plan --board NAME --update-runtime FILE`; that they still
hold is tested.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import reduce
from pathlib import Path
from typing import Any

from sernet_gen.assets import runtime_sizes


@dataclass(frozen=True)
class Runtime:
    """Bytes: `flash` of code and all other constants, `winograd` of these what only plans with
    Winograd have, `ram` of variables without the arena and a kept clip, `stack` at worst."""

    flash: int
    winograd: int
    ram: int
    stack: int


def runtime_of(board: str, extras: Sequence[str] = ()) -> Runtime:
    """Return the sizes of `board`; `extras`: what its firmware has that others have not, as in
    HELLO.

    Of one that was never measured, the largest of the others; what a firmware with `extras` takes
    more, likewise, of those with the same ones if there are any.
    """
    table = {_split(key): Runtime(**sizes) for key, sizes in _read(runtime_sizes()).items()}
    if (board, tuple(extras)) in table:
        return table[board, tuple(extras)]
    plain = {name: sizes for (name, more), sizes in table.items() if not more}
    found = plain[board] if board in plain else _largest(plain.values())
    if not extras:
        return found
    differences = {
        key: _combined(sizes, plain[key[0]], lambda whole, part: max(0, whole - part))
        for key, sizes in table.items()
        if key[1]
    }
    same = [sizes for key, sizes in differences.items() if key[1] == tuple(extras)]
    more = _largest(same or differences.values())
    return _combined(found, more, lambda part, rest: part + rest)


def _split(key: str) -> tuple[str, tuple[str, ...]]:
    """Return the board and the extras of a key of the table."""
    board, *extras = key.split()
    return board, tuple(extras)


def _largest(known: Iterable[Runtime]) -> Runtime:
    return reduce(lambda left, right: _combined(left, right, max), known)


def _combined(left: Runtime, right: Runtime, combine: Callable[[int, int], int]) -> Runtime:
    names = [field.name for field in fields(Runtime)]
    return Runtime(*(combine(getattr(left, name), getattr(right, name)) for name in names))


def with_runtime(path: Path, board: str, runtime: Runtime, extras: Sequence[str] = ()) -> str:
    """Return the content of the table in `path` (none yet: empty) with the sizes of `board`."""
    table = _read(path) if path.exists() else {}
    table[" ".join([board, *extras])] = asdict(runtime)
    return json.dumps(dict(sorted(table.items())), indent=2) + "\n"


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
