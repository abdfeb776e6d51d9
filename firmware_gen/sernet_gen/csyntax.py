"""The little C syntax that the generated constants need: literals, arrays, the ABI lock."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

LINE_WIDTH = 100
# The value of SN_RUNTIME_ABI in sn_status.h that all generated files are made for.
RUNTIME_ABI = 2
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
    words = [str(value) for value in _checked(ctype, name, values)]
    return _array(ctype, name, words, static, aligned)


def c_pairs(
    ctype: str, member: str, name: str, values: npt.NDArray[np.integer], *, static: bool = True
) -> str:
    """Return the constant array `name` of the struct `ctype` of two `member`s; `values` [n, 2].

    Raises ValueError as `c_array` does.
    """
    flat = _checked(member, name, values)
    words = [f"{{{a}, {b}}}" for a, b in zip(flat[0::2], flat[1::2], strict=True)]
    return _array(ctype, name, words, static, 0)


def _checked(ctype: str, name: str, values: npt.NDArray[np.integer] | Iterable[int]) -> list[int]:
    flat = [int(value) for value in np.asarray(values).ravel()]
    low, high = _RANGES[ctype]
    if not flat or min(flat) < low or max(flat) > high:
        raise ValueError(f"{name}: {len(flat)} values do not fit {ctype}")
    return flat


def _array(ctype: str, name: str, words: list[str], static: bool, aligned: int) -> str:
    storage = "static " if static else ""
    alignment = f" __attribute__((aligned({aligned})))" if aligned else ""
    return f"{storage}const {ctype} {name}[{len(words)}]{alignment} = {{\n{_wrapped(words)}}};\n"


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


def c_struct(ctype: str, name: str, fields: Mapping[str, object], *, static: bool = True) -> str:
    """Return the definition of the constant `name` of the struct `ctype`, with named fields."""
    head = f"{'static ' if static else ''}const {ctype} {name} = {{\n"
    return head + "".join(f"    .{key} = {value},\n" for key, value in fields.items()) + "};\n"


def abi_lock(abi: int = RUNTIME_ABI) -> str:
    """Return the lines that stop a compiler when runtime and generated file do not match."""
    return (
        f"#if SN_RUNTIME_ABI != {abi}\n"
        "#error Generated for another runtime: run `sernet-edge build` again.\n"
        "#endif\n"
    )
