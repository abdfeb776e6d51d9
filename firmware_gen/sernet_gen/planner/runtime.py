"""What a firmware takes beside the tables and the arena of its network, board by board.

The sizes are measured, by `sernet-edge plan --board NAME --update-runtime FILE`; that they still
hold is tested.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from functools import reduce
from pathlib import Path
from typing import Any

from sernet_gen.assets import runtime_sizes

# Ends the key of what a board's firmware takes when it runs on streams without an end too.
_LIVE = " live"


@dataclass(frozen=True)
class Runtime:
    """Bytes: `flash` of code and all other constants, `winograd` of these what only plans with
    Winograd have, `ram` of variables without the arena and a kept clip, `stack` at worst."""

    flash: int
    winograd: int
    ram: int
    stack: int


def runtime_of(board: str, live: bool = False) -> Runtime:
    """Return the sizes of `board`, of a firmware that runs on streams too when it is `live`.

    Of one that was never measured, the largest of the others; what a live firmware takes more,
    likewise.
    """
    table = {name: Runtime(**sizes) for name, sizes in _read(runtime_sizes()).items()}
    if live and board + _LIVE in table:
        return table[board + _LIVE]
    plain = {name: sizes for name, sizes in table.items() if not name.endswith(_LIVE)}
    found = plain[board] if board in plain else _largest(plain.values())
    if not live:
        return found
    more = [
        _combined(sizes, plain[name.removesuffix(_LIVE)], lambda whole, part: whole - part)
        for name, sizes in table.items()
        if name.endswith(_LIVE)
    ]
    return _combined(found, _largest(more), lambda part, rest: part + rest)


def _largest(known: Iterable[Runtime]) -> Runtime:
    return reduce(lambda left, right: _combined(left, right, max), known)


def _combined(left: Runtime, right: Runtime, combine: Callable[[int, int], int]) -> Runtime:
    names = [field.name for field in fields(Runtime)]
    return Runtime(*(combine(getattr(left, name), getattr(right, name)) for name in names))


def with_runtime(path: Path, board: str, runtime: Runtime, live: bool = False) -> str:
    """Return the content of the table in `path` (none yet: empty) with the sizes of `board`."""
    table = _read(path) if path.exists() else {}
    table[board + _LIVE if live else board] = asdict(runtime)
    return json.dumps(dict(sorted(table.items())), indent=2) + "\n"


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
