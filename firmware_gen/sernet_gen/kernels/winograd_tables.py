"""The numbers of sn_winograd's tables: transformed weights, biases, and the bound of the sums."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sernet_cal.qmodel_types import Convolution, QModel
from sernet_cal.requantize import INT8_MAX, INT8_MIN, Int8Array, Int64Array
from sernet_gen.kernels.choice import Group
from sernet_gen.kernels.winograd_tiles import Tile

# SN_WINOGRAD_OFFSET and SN_WINOGRAD_EDGE_OFFSET of sn_winograd.h.
OFFSET, EDGE_OFFSET = 14_080, 4_096
# SN_WINOGRAD_RAISED of sn_winograd_transform.h.
RAISED = 8_192
_LARGEST_PLAIN_SHIFT = 23
# A planner asks for the same layers' bounds again and again.
_REMEMBERED = 64
# Sums of weights in the tables are int16.
_WEIGHT_SUM_LIMIT = 2**15


def transformed(weights: Int8Array, tile: Tile) -> npt.NDArray[np.uint32]:
    """Return G g G' as words of two int16, uint32 [out / 4, points, pairs, 4]."""
    points = _points(weights, tile)
    halves = points.transpose(0, 1, 2, 4, 3) & 0xFFFF  # of a quad: (0, 2), then (1, 3)
    words = (halves[..., 0] | halves[..., 1] << 16).reshape(
        -1, 4, tile.points, halves[0, 0].size // 2
    )
    return np.ascontiguousarray(words.transpose(0, 2, 3, 1).astype(np.uint32))


def transformed_v6m(weights: Int8Array, tile: Tile) -> npt.NDArray[np.uint32]:
    """Return G g G' as Armv6-M wants it, uint32 [out / 2, points, 1 + pairs, 2].

    The first words are minus the sum of the products of the halves behind them, RAISED included:
    see sn_winograd_products_v6m.c.
    """
    points = _points(weights, tile)
    low, high = (part.reshape(len(weights), tile.points, -1) for part in np.moveaxis(points, 3, 0))
    starts = -(low * (high + RAISED)).sum(axis=2, keepdims=True)
    words = np.concatenate([starts, (low << 16) + high + RAISED], axis=2) & 0xFFFFFFFF
    pairs = words.reshape(-1, 2, *words.shape[1:]).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pairs.astype(np.uint32))


def _points(weights: Int8Array, tile: Tile) -> Int64Array:
    """Return G g G', int64 [out, points, quads, 2, 2]: of a quad (0, 1), then (2, 3)."""
    kernels = weights.astype(np.int64)
    points: Int64Array = np.einsum("ia,oabc,jb->oijc", tile.down, kernels, tile.across)
    return points.reshape(len(kernels), tile.points, -1, 2, 2)


def quads(weights: Int8Array) -> npt.NDArray[np.uint8]:
    """Return the weights plus 128 as sn_winograd wants them, uint8 [out, quads, 9, 4]."""
    out, _, _, into = weights.shape
    taps = (weights.astype(np.int64) + 128).astype(np.uint8).reshape(out, 9, into // 4, 4)
    return np.ascontiguousarray(taps.transpose(0, 2, 1, 3))


def limits(group: Group) -> tuple[int, int]:
    """Return the lowest and the highest output of a convolution and its pool together."""
    low, high = group.convolutions[0].low, group.convolutions[0].high
    for pool in group.pools:
        low = min(max(low, pool.low), pool.high)
        high = min(max(high, pool.low), pool.high)
    return low, high


def is_plain(model: QModel, group: Group) -> bool:
    """Return whether the short requantisation gives every output of `group`."""
    operator = group.convolutions[0]
    zero_point = model.traced[operator.output].zero_point
    shifts = operator.shifts
    return (
        (*limits(group), zero_point) == (INT8_MIN, INT8_MAX, INT8_MIN)
        and bool((shifts <= 0).all())
        and bool((shifts >= -_LARGEST_PLAIN_SHIFT).all())
    )


@lru_cache(_REMEMBERED)
def sum_bound(operator: Convolution, input_zero: int) -> int:
    """Return the largest size of any channel's sum, bias included, over all int8 inputs."""
    flat = operator.weights.reshape(len(operator.weights), -1).astype(np.int64)
    positive, negative = np.maximum(flat, 0).sum(axis=1), np.minimum(flat, 0).sum(axis=1)
    low, high = INT8_MIN - input_zero, INT8_MAX - input_zero
    most = positive * high + negative * low + operator.bias
    least = positive * low + negative * high + operator.bias
    return int(np.maximum(abs(most), abs(least)).max())


def biases(operator: Convolution, input_zero: int) -> Int64Array:
    """Return the biases of u * g with u = x + 128, int64 [out], not yet scaled."""
    kernels = operator.weights.astype(np.int64)
    bias: Int64Array = operator.bias - (input_zero - INT8_MIN) * kernels.sum(axis=(1, 2, 3))
    return bias


def raised_sums(operator: Convolution) -> Int64Array:
    """Return the sums of the weights that meet OFFSET, int64 [out, 4].

    At the last two outputs of the last two rows of a tile those are the taps that reach the last
    two pixels of the last two rows of its input, in channels 0 and 1 of every quad.
    """
    low = _low_channels(operator.weights).sum(axis=3)
    parts = [low[:, 4 - row :, 4 - column :] for row in (2, 3) for column in (2, 3)]
    return np.stack([part.sum(axis=(1, 2)) for part in parts], axis=1)


def edge_sums(operator: Convolution) -> Int64Array:
    """Return the sums of weights that the last column needs, int64 [out, 3].

    Column 0: those of the third tap across, which meets padding; columns 1 and 2: those that meet
    EDGE_OFFSET at the last two outputs along time.
    """
    beyond = operator.weights[:, :, 2].astype(np.int64).sum(axis=(1, 2))
    low = _low_channels(operator.weights)[:, :, :2].sum(axis=(2, 3))
    return np.stack([beyond, low[:, 2], low[:, 1] + low[:, 2]], axis=1)


def _low_channels(weights: Int8Array) -> Int64Array:
    """Return the weights of channels 0 and 1 of every quad, int64 [out, 3, 3, into / 2]."""
    kernels = weights.astype(np.int64).reshape(*weights.shape[:3], -1, 4)[..., :2]
    return kernels.reshape(*weights.shape[:3], -1)


def sum_refusal(operator: Convolution, input_zero: int, tile: Tile) -> str | None:
    """Return why sums with the operator's weights may not come out, or None."""
    bound = sum_bound(operator, input_zero)
    if bound >= tile.sum_limit:
        return (
            f"run by Winograd F({tile.height}x{tile.width}): with its weights a sum may reach "
            f"{bound:,}, and only sums below {tile.sum_limit:,} come out exact"
        )
    return None


@lru_cache(_REMEMBERED)
def weight_sum_refusal(operator: Convolution, has_edge: bool) -> str | None:
    """Return why the tables cannot hold the sums of the operator's weights, or None."""
    sums = [raised_sums(operator), *([edge_sums(operator)] if has_edge else [])]
    largest = max(int(abs(part).max()) for part in sums)
    if largest >= _WEIGHT_SUM_LIMIT:
        return (
            f"run by Winograd: some of its weights add up to {largest:,}, and its tables hold only "
            f"sums below {_WEIGHT_SUM_LIMIT:,}"
        )
    return None


def edge_table(group: Group) -> str:
    """Return the C of `edges_N`, an sn_winograd_edge_channel for each output channel."""
    rows = edge_sums(group.convolutions[0]).tolist()
    lines = "".join(f"    {{{beyond}, {{{two}, {three}}}}},\n" for beyond, two, three in rows)
    return f"static const sn_winograd_edge_channel edges_{group.output}[] = {{\n{lines}}};\n"


def channel_table(model: QModel, group: Group, tile: Tile) -> str:
    """Return the C of `channels_N`, an sn_winograd_channel for each output channel."""
    operator = group.convolutions[0]
    bias = biases(operator, model.traced[operator.input].zero_point)
    scaled = _wrapped(bias << tile.scale_bits)
    numbers = zip(
        scaled, raised_sums(operator), operator.multipliers, -operator.shifts, strict=True
    )
    lines = ""
    for bias, raised, multiplier, right in numbers:
        sums = ", ".join(map(str, raised))
        lines += f"    {{{_literal(int(bias))}, {{{sums}}}, {multiplier}, {right}}},\n"
    name = f"channels_{group.output}"
    return f"static const sn_winograd_channel {name}[] = {{\n{lines}}};\n"


def _wrapped(values: Int64Array) -> Int64Array:
    """Return `values` modulo 2^32, as int32 holds them."""
    wrapped: Int64Array = (values + 2**31) % 2**32 - 2**31
    return wrapped


def _literal(value: int) -> str:
    """Return an int32 as C reads it: there is no literal for the lowest one."""
    return str(value) if value > -(2**31) else "-2147483647 - 1"
