"""Tables of sn_first_layer: convolutions of the one-channel input, pools, concatenation in one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import Convolution, Pool, QModel, row_geometry, same_padding
from sernet_cal.requantize import INT8_MAX, INT8_MIN, Int64Array
from sernet_gen.csyntax import c_array, c_struct
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.scaling import is_plain, rounding_terms
from sernet_gen.kernels.weighted import folded_bias

MOST_PATHS = 4
# Keeps the difference of two doubled sums, up to 4 * 255 * 128 for each tap, far inside int32; the
# doubled sums themselves are, because read_qmodel holds sums below 2**30.
MOST_TAPS = 121
# Steps with the data of four columns in FPU registers; longer windows run in C.
_ASSEMBLY_STEPS = range(2, 8)
_COLUMNS = 4
_WORD_BYTES = 4
_HELIUM_TAPS = 16
# What sn_first_layer_v6m.c has steps for, and RAISED there.
_V6M_TAPS, _V6M_RAISED = 16, 512
# The sign bit of an int32.
_LAST_CHANNEL = 2**31
_PATH_BYTES, _TABLE_BYTES = 44, 48


@dataclass(frozen=True)
class Window:
    """How a path reads its input: words of two values, one above the other or side by side."""

    is_vertical: bool
    steps: int


def refusal(model: QModel, group: Group, choice: Choice) -> str | None:
    """Return why `group` cannot run as the first layer, or None."""
    source = model.traced[group.input]
    if source.channels != 1:
        return f"run as a first layer: its input has {source.channels} channels, not 1"
    if choice.weights != "int8":
        return "run as a first layer with transformed weights: it has one form of weights only"
    if not group.pools:
        return "run as a first layer: it has no pools"
    if len(group.convolutions) > MOST_PATHS:
        return (
            f"run as a first layer: it has {len(group.convolutions)} paths, more than {MOST_PATHS}"
        )
    return _pool_refusal(group) or _kernel_refusal(group)


def _pool_refusal(group: Group) -> str | None:
    first = group.pools[0]
    for pool in group.pools:
        if pool.kernel != (2, 2) or pool.stride != (2, 2):
            shape = "{}x{} in steps of {}x{}".format(*pool.kernel, *pool.stride)
            return f"run as a first layer: a pool is {shape}, not 2x2 in steps of 2x2"
        if (pool.kind, pool.low, pool.high) != (first.kind, first.low, first.high):
            return "run as a first layer: its pools are not of one kind"
    return None


def _kernel_refusal(group: Group) -> str | None:
    for operator in group.convolutions:
        rows, columns = operator.kernel
        if rows % 2 == 0 or columns % 2 == 0 or not 1 < rows * columns <= MOST_TAPS:
            return (
                f"run as a first layer: a window is {rows}x{columns}, and it takes odd sizes with "
                f"3 to {MOST_TAPS} values"
            )
    return None


def workspace_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes for the widened rows of a run, and for the words of a row of windows."""
    above, below = _reach(group)
    rows = 2 * choice.rows + above + below
    steps = max(window_of(operator).steps for operator in group.convolutions)
    columns = _whole_blocks(model, group)
    return 2 * rows * _pitch(model, group) + _WORD_BYTES * columns * steps


def flash_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes of the constant tables, without those for Helium and Armv6-M."""
    words = sum(
        len(operator.bias) * (2 * window_of(operator).steps + 4) for operator in group.convolutions
    )
    return _WORD_BYTES * words + _PATH_BYTES * len(group.convolutions) + _TABLE_BYTES


def shapes(model: QModel, group: Group, choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return for which numbers of steps, before which pool, assembly is made."""
    steps = {window_of(operator).steps for operator in _plain(model, group)}
    pool = group.pools[0].kind.upper()
    return tuple(
        ("SN_FIRST_LAYER_STEPS_LIST", f"{number}, {pool}")
        for number in sorted(steps)
        if number in _ASSEMBLY_STEPS
    )


def render(model: QModel, group: Group, choice: Choice, workspace: int) -> str:
    """Return the C of the tables: an sn_first_layer."""
    place, source = group.output, model.traced[group.input]
    above, below = _reach(group)
    pool = group.pools[0]
    streams = [_streams(model, operator, pool) for operator in group.convolutions]
    fields: dict[str, object] = {
        "rows": choice.rows,
        "width": source.width,
        "channels": model.traced[place].channels,
        "rows_above": above,
        "rows_below": below,
        "left": _left(model, group),
        "pitch": _pitch(model, group),
        "input_zero": source.zero_point,
        "pool_low": pool.low,
        "pool_high": pool.high,
        "is_average": int(pool.kind == "average"),
        "workspace": workspace,
        "path_count": len(group.convolutions),
        "paths": f"paths_{place}",
    }
    paths = "".join(_path_entries(model, group))
    return (
        "".join(streams)
        + f"static const sn_first_layer_path paths_{place}[] = {{\n{paths}}};\n"
        + c_struct("sn_first_layer", f"operator_{place}", fields)
    )


def _path_entries(model: QModel, group: Group) -> Iterator[str]:
    first_channel = 0
    for operator in group.convolutions:
        window, left = window_of(operator), _columns_left(model, operator)
        kernel = operator.kernel
        numbers = (
            *(int(window.is_vertical), window.steps, *kernel, row_geometry(operator)[2], left),
            *(len(operator.bias), first_channel, model.traced[operator.output].zero_point),
            *(operator.low, operator.high, int(_is_plain(model, operator, group.pools[0]))),
        )
        words = ", ".join(str(number) for number in numbers)
        has_table = _has_helium(model, operator, group.pools[0])
        table = f"helium_{operator.output}" if has_table else "0"
        yield f"    {{{words}, stream_{operator.output},\n"
        yield f"#if SN_MVE\n     {table},\n#endif\n"
        pairs = f"pairs_{operator.output}" if _has_pairs(model, operator, group.pools[0]) else "0"
        yield f"#if SN_V6M\n     {pairs},\n#endif\n    }},\n"
        first_channel += len(operator.bias)


def window_of(operator: Convolution) -> Window:
    """Return the direction of the pairs that needs fewer words, vertical where both are equal."""
    rows, columns = operator.kernel
    vertical, horizontal = columns * ((rows + 1) // 2), rows * ((columns + 1) // 2)
    return Window(vertical < horizontal, min(vertical, horizontal))


def stream(model: QModel, operator: Convolution) -> npt.NDArray[np.int64]:
    """Return the words of sn_first_layer_path.stream, int64 [out, 2 * steps + 4]."""
    weights = 2 * operator.weights[:, :, :, 0].astype(np.int64)
    lines = weights.transpose(0, 2, 1) if window_of(operator).is_vertical else weights
    first, second = (np.pad(lines, ((0, 0), (0, 0), pad)) for pad in ((0, 1), (1, 0)))
    even = _pairs(first).reshape(len(weights), -1)
    change = _pairs(second - first).reshape(len(weights), -1)
    words = np.stack([even, change], axis=2).reshape(len(weights), -1)
    bias = 2 * folded_bias(model, operator)
    round_term, right = rounding_terms(model, operator)
    tail = np.stack([operator.multipliers, round_term, right & 0xFF], axis=1)
    tail[-1, -1] -= _LAST_CHANNEL
    return np.concatenate([words[:, :3], bias[:, None], words[:, 3:], tail], axis=1)


def _streams(model: QModel, operator: Convolution, pool: Pool) -> str:
    place = operator.output
    text = c_array("int32_t", f"stream_{place}", stream(model, operator))
    if _has_helium(model, operator, pool):
        words = c_array("int32_t", f"helium_{place}", helium(model, operator), aligned=4)
        text += f"#if SN_MVE\n{words}#endif\n"
    if _has_pairs(model, operator, pool):
        words = c_array("int32_t", f"pairs_{place}", pairs_v6m(model, operator))
        text += f"#if SN_V6M\n{words}#endif\n"
    return text


def helium(model: QModel, operator: Convolution) -> npt.NDArray[np.int32]:
    """Return the words of sn_first_layer_path.helium, int32 [out / 4, 28]."""
    count = len(operator.weights)
    flat = operator.weights.reshape(count, -1)
    taps = np.pad(flat, ((0, 0), (0, _HELIUM_TAPS - flat.shape[1])))
    words = np.ascontiguousarray(taps).view("<i4").reshape(count // 4, -1)
    terms = folded_bias(model, operator), operator.multipliers, operator.shifts
    rows = [np.asarray(term, np.int32).reshape(-1, 4) for term in terms]
    return np.concatenate([words.astype(np.int32), *rows], axis=1)


def _has_helium(model: QModel, operator: Convolution, pool: Pool) -> bool:
    fits = operator.weights[0].size <= _HELIUM_TAPS and operator.kernel[1] < _HELIUM_TAPS
    return fits and len(operator.weights) % 4 == 0 and _is_plain(model, operator, pool)


def pairs_v6m(model: QModel, operator: Convolution) -> Int64Array:
    """Return the words of sn_first_layer_path.pairs, int64 [out, 4 + pairs of taps]."""
    flat = operator.weights.reshape(len(operator.weights), -1).astype(np.int64)
    taps = np.pad(flat, ((0, 0), (0, flat.shape[1] % 2)))
    first, second = taps[:, 0::2], taps[:, 1::2] + _V6M_RAISED
    starts = folded_bias(model, operator) - (first * second).sum(axis=1)
    tail = (operator.multipliers, *rounding_terms(model, operator))
    words: Int64Array = np.column_stack([starts, (first << 16) + second, *tail])
    return words


def _has_pairs(model: QModel, operator: Convolution, pool: Pool) -> bool:
    fits = operator.weights[0].size <= _V6M_TAPS and pool.kind == "max"
    return fits and _is_plain(model, operator, pool)


def _pairs(values: Int64Array) -> Int64Array:
    """Return neighbours as one int32, the first in the lower half; `values` [out, lines, even]."""
    low, high = values[..., 0::2] & 0xFFFF, values[..., 1::2]
    joined: Int64Array = (high << 16) + low
    return joined


def _plain(model: QModel, group: Group) -> list[Convolution]:
    pool = group.pools[0]
    return [operator for operator in group.convolutions if _is_plain(model, operator, pool)]


def _is_plain(model: QModel, operator: Convolution, pool: Pool) -> bool:
    return is_plain(model, operator) and (pool.low, pool.high) == (INT8_MIN, INT8_MAX)


def _reach(group: Group) -> tuple[int, int]:
    """Return the input rows that a convolution row reads above and below itself, at most."""
    tops = [row_geometry(operator)[2] for operator in group.convolutions]
    sizes = [operator.kernel[0] for operator in group.convolutions]
    return max(tops), max(size - 1 - top for size, top in zip(sizes, tops, strict=True))


def _columns_left(model: QModel, operator: Convolution) -> int:
    return same_padding(model.traced[operator.input].width, operator.kernel[1], 1)[1]


def _left(model: QModel, group: Group) -> int:
    return max(_columns_left(model, operator) for operator in group.convolutions)


def _pitch(model: QModel, group: Group) -> int:
    right = max(operator.kernel[1] // 2 for operator in group.convolutions)
    return -(-(_left(model, group) + _whole_blocks(model, group) + right) // 2) * 2


def _whole_blocks(model: QModel, group: Group) -> int:
    """Return the columns of the blocks that cover a row."""
    return -(-model.traced[group.input].width // _COLUMNS) * _COLUMNS
