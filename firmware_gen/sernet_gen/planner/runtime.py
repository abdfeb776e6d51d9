"""What a firmware takes beside the tables and the arena of its network, board by board.

The sizes are measured, by `sernet-edge plan --board NAME --update-runtime FILE`; that they still
hold is tested.
"""

import json
from dataclasses import asdict, dataclass, fields
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


def runtime_of(board: str) -> Runtime:
    """Return the sizes of `board`; of one that was never measured, the largest of the others."""
    table = _read(runtime_sizes())
    known = [Runtime(**table[board])] if board in table else [Runtime(**r) for r in table.values()]
    names = [field.name for field in fields(Runtime)]
    return Runtime(*(max(getattr(one, name) for one in known) for name in names))


def with_runtime(path: Path, board: str, runtime: Runtime) -> str:
    """Return the content of the table in `path` (none yet: empty) with the sizes of `board`."""
    table = _read(path) if path.exists() else {}
    table[board] = asdict(runtime)
    return json.dumps(dict(sorted(table.items())), indent=2) + "\n"


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
