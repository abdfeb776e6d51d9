"""The little C syntax that the generated constants need: literals, arrays, the ABI lock."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

LINE_WIDTH = 100
_INDENT = "    "
_RANGES = {
    f"{prefix}int{bits}_t": (
        0 if prefix else -(1 << (bits - 1)),
        (1 << (bits if prefix else bits - 1)) - 1,
    )
    for prefix in ("", "u")
    for bits in (8, 16, 32, 64)
}


def c_array(
    ctype: str,
    name: str,
    values: npt.NDArray[np.integer] | Iterable[int],
    *,
    static: bool = True,
    aligned: int = 0,
) -> str:
    """Return the definition of the constant array `name` of the fixed-width type `ctype`.

    `values` of any shape are written flat, in C order; `aligned` > 0 asks for that alignment in
    bytes. Raises ValueError for a value that `ctype` cannot hold, and for an empty array.
    """
    flat = [int(value) for value in np.asarray(values).ravel()]
    low, high = _RANGES[ctype]
    if not flat or min(flat) < low or max(flat) > high:
        raise ValueError(f"{name}: {len(flat)} values do not fit {ctype}")
    storage = "static " if static else ""
    alignment = f" __attribute__((aligned({aligned})))" if aligned else ""
    head = f"{storage}const {ctype} {name}[{len(flat)}]{alignment} = {{\n"
    return head + _wrapped(str(value) for value in flat) + "};\n"


def _wrapped(words: Iterable[str]) -> str:
    lines: list[str] = []
    line = _INDENT
    for word in words:
        if len(line) + len(word) + 2 > LINE_WIDTH and line.strip():
            lines.append(line.rstrip())
            line = _INDENT
        line += f"{word}, "
    lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def abi_lock(abi: int) -> str:
    """Return the lines that stop a compiler when runtime and generated file do not match."""
    return (
        f"#if SN_RUNTIME_ABI != {abi}\n"
        "#error Generated for another runtime: run `sernet-edge build` again.\n"
        "#endif\n"
    )
