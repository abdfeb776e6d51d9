"""The 3x3 convolution by exact integer Winograd F(4x4, 3x3), with its max pool: sn_winograd.h.

The mathematics is in that header. The tables hold no policy: which tiles meet the weights together
is chosen in winograd_batches, what the numbers are in winograd_tables.
"""

from collections.abc import Mapping

from sernet_cal.qmodel_types import Convolution, QModel
from sernet_gen.csyntax import c_array, c_struct
from sernet_gen.kernels.choice import Choice, Group, Weights
from sernet_gen.kernels.winograd_batches import TILE, Batch, choose_batches
from sernet_gen.kernels.winograd_tables import (
    channel_table,
    edge_table,
    is_plain,
    limits,
    quads,
    sum_refusal,
    transformed,
    transformed_v6m,
    weight_sum_refusal,
)

# Words for half transformed input, at the start of the workspace: 12 * SN_WINOGRAD_COLUMNS.
_COLUMN_WORDS = 216
# Words for the sums of a tile and an output channel, of which one call makes up to 8.
_SUM_WORDS, _SUM_SETS = 36, 8
_WORD_BYTES = 4
_CHANNEL_BYTES, _EDGE_BYTES, _BATCH_BYTES, _TABLE_BYTES = 20, 6, 28, 80
_POOLS = ((1, 1), (2, 1), (2, 2))
# Rows of points, of six, whose weights the run makes at a time.
_ROWS_MADE: Mapping[Weights, int] = {"int8": 6, "halves": 3, "thirds": 2, "transformed": 2}
_MOST_TILE_ROWS = 4


def refusal(model: QModel, group: Group, choice: Choice) -> str | None:
    """Return why `group` cannot run by Winograd with `choice`, or None."""
    if group.concatenation is not None or len(group.convolutions) != 1:
        return "run by Winograd: that is for one convolution, not for several joined ones"
    operator = group.convolutions[0]
    return (
        _shape_refusal(model, operator, lanes_of(group, choice))
        or _pool_refusal(group)
        or _rows_refusal(group, choice)
        or _apart_refusal(operator, choice)
        or sum_refusal(operator, model.traced[operator.input].zero_point)
        or weight_sum_refusal(operator, _has_edge(model, group, choice))
    )


def _shape_refusal(model: QModel, operator: Convolution, lanes: int) -> str | None:
    if operator.kernel != (3, 3):
        rows, columns = operator.kernel
        return f"run by Winograd: its window is {rows}x{columns}, not 3x3"
    into, out = model.traced[operator.input].channels, model.traced[operator.output].channels
    if into % 4:
        return f"run by Winograd: its {into} input channels are not a multiple of 4"
    if out % lanes:
        return f"run by Winograd: its {out} output channels are not a multiple of {lanes}"
    return None


def _pool_refusal(group: Group) -> str | None:
    if not group.pools:
        return None
    pool = group.pools[0]
    if pool.kind != "max":
        return f"run by Winograd together with its {pool.kind} pool: that is for max pools"
    if pool.stride != pool.kernel or pool.kernel not in _POOLS:
        shape = "{}x{} in steps of {}x{}".format(*pool.kernel, *pool.stride)
        return f"run by Winograd together with its pool: that is {shape}, not 2x1 or 2x2"
    return None


def _rows_refusal(group: Group, choice: Choice) -> str | None:
    rows = choice.rows * _pool(group)[0]
    if rows % TILE or not 1 <= rows // TILE <= _MOST_TILE_ROWS:
        return (
            f"run by Winograd {choice.rows} rows at a time: that is {rows} rows of the "
            "convolution, not 4, 8, 12 or 16"
        )
    return None


def _apart_refusal(operator: Convolution, choice: Choice) -> str | None:
    if choice.apart == 0:
        return None
    if choice.weights != "transformed":
        return "run by Winograd with channels apart: that is for transformed weights"
    if not 0 < choice.apart < len(operator.weights) or choice.apart % 4:
        return (
            f"run by Winograd with {choice.apart} channels apart: that is for multiples of 4 below "
            f"its {len(operator.weights)}"
        )
    return None


def workspace_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes of the transformed input, and of weights that are transformed in the run."""
    return _WORD_BYTES * (_value_words(model, group, choice) + _weight_words(model, group, choice))


def flash_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes of the constant tables."""
    operator = group.convolutions[0]
    weights = int(operator.weights.size) + 7 * int(operator.weights[: _stored(group, choice)].size)
    channels = _CHANNEL_BYTES * len(operator.weights)
    batches = _BATCH_BYTES * len(batches_of(model, group, choice))
    edges = _EDGE_BYTES * len(operator.weights) * _has_edge(model, group, choice)
    padding = model.traced[operator.input].row_bytes
    return weights + channels + edges + batches + padding + _TABLE_BYTES


def shapes(model: QModel, group: Group, choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return which pieces of assembly the layer takes: the pool, products by the tiles of a batch,
    of which some may lie outside the clip, and rows of weights that are made at a time."""
    tiles = {
        batch.columns * rows
        for batch in batches_of(model, group, choice)
        for rows in range(1, batch.tile_rows + 1)
    }
    found = [("SN_WINOGRAD_POOLS_LIST", "{}, {}".format(*_pool(group)))]
    if _stored(group, choice):
        found += [("SN_WINOGRAD_STORED_LIST", str(number)) for number in sorted(tiles)]
    if _makes(choice):
        step, rows = 56 if _has_edge(model, group, choice) else 48, _ROWS_MADE[choice.weights]
        found += [("SN_WINOGRAD_MADE_LIST", f"{number}, {step}") for number in sorted(tiles)]
        firsts = range(0, 6, rows)
        found += [("SN_WINOGRAD_WEIGHTS_LIST", f"{first}, {rows}, {step}") for first in firsts]
    return tuple(found)


def render(model: QModel, group: Group, choice: Choice, workspace: int) -> str:
    """Return the C of the tables: an sn_winograd. `workspace`: its offset in the arena."""
    operator, place = group.convolutions[0], group.output
    source = model.traced[operator.input]
    stored, has_edge = _stored(group, choice), _has_edge(model, group, choice)
    weights = ""
    if stored:
        name, part = f"transformed_{place}", operator.weights[:stored]
        v6m, others = (
            c_array("uint32_t", name, words) for words in (transformed_v6m(part), transformed(part))
        )
        weights += f"#if SN_V6M\n{v6m}#else\n{others}#endif\n"
    if _makes(choice):
        taps = quads(operator.weights[stored:])
        weights += c_array("uint8_t", f"weights_{place}", taps, aligned=4)
    fields = {
        **_fields(model, group, choice),
        "workspace": workspace,
        "batches": f"batches_{place}",
        "channels": f"channels_{place}",
        "edges": f"edges_{place}" if has_edge else "0",
        "transformed": f"transformed_{place}" if stored else "0",
        "weights": f"weights_{place}" if _makes(choice) else "0",
        "padding": f"padding_{place}",
    }
    return (
        channel_table(model, group)
        + (edge_table(group) if has_edge else "")
        + weights
        + c_array("int8_t", f"padding_{place}", [source.zero_point] * source.row_bytes, aligned=4)
        + _batch_table(model, group, choice)
        + c_struct("sn_winograd", f"operator_{place}", fields)
    )


def _fields(model: QModel, group: Group, choice: Choice) -> dict[str, object]:
    operator = group.convolutions[0]
    source, made = model.traced[operator.input], model.traced[operator.output]
    low, high = limits(group)
    return {
        "width": source.width,
        "input_channels": source.channels,
        "output_channels": made.channels,
        "rows": choice.rows,
        "tile_rows": choice.rows * _pool(group)[0] // TILE,
        "pool_rows": _pool(group)[0],
        "pool_columns": _pool(group)[1],
        "input_zero": source.zero_point,
        "output_zero": made.zero_point,
        "low": low,
        "high": high,
        "is_plain": int(is_plain(model, group)),
        "stored": _stored(group, choice),
        "made": _value_words(model, group, choice),
        "rows_made": _ROWS_MADE[choice.weights],
        "batch_count": len(batches_of(model, group, choice)),
    }


def _batch_table(model: QModel, group: Group, choice: Choice) -> str:
    """Return the C of `batches_N`.

    Where the run makes the weights, the values of all batches lie side by side; else each batch may
    overwrite the one before. Sums only stay while weights are made in parts.
    """
    lines, values, sums = "", _scratch_words(model, group, choice), 0
    for batch in batches_of(model, group, choice):
        place = (batch.column, batch.columns, batch.tile_row, batch.tile_rows)
        fields = (*place, int(batch.is_edge), values, sums)
        lines += f"    {{{', '.join(map(str, fields))}}},\n"
        if choice.weights != "transformed":
            values += _words_of(model, group, batch)
        if _in_parts(choice):
            sums += 2 * _SUM_WORDS * batch.tiles
    return f"static const sn_winograd_batch batches_{group.output}[] = {{\n{lines}}};\n"


def _pool(group: Group) -> tuple[int, int]:
    return group.pools[0].kernel if group.pools else (1, 1)


def lanes_of(group: Group, choice: Choice) -> int:
    """Return how many output channels of transformed weights lie side by side."""
    return 4 if choice.weights == "transformed" else 2


def _stored(group: Group, choice: Choice) -> int:
    """Return the output channels whose weights are transformed in the tables."""
    channels = len(group.convolutions[0].weights)
    return channels - choice.apart if choice.weights == "transformed" else 0


def _makes(choice: Choice) -> bool:
    """Return whether the run makes weights."""
    return choice.weights != "transformed" or choice.apart > 0


def _in_parts(choice: Choice) -> bool:
    return choice.weights in ("halves", "thirds")


def _has_edge(model: QModel, group: Group, choice: Choice) -> bool:
    """Return whether the last column is made by sn_winograd_edge.h."""
    width = model.traced[group.input].width
    return choice.weights != "transformed" and width % TILE == 1 and width > 1


def batches_of(model: QModel, group: Group, choice: Choice) -> tuple[Batch, ...]:
    """Return the batches of tiles of a run."""
    width, tile_rows = model.traced[group.input].width, choice.rows * _pool(group)[0] // TILE
    if _has_edge(model, group, choice):
        columns = width // TILE
        edge = Batch(columns * TILE, 1, 0, tile_rows, is_edge=True)
        return (*choose_batches(columns, tile_rows, lanes_of(group, choice)), edge)
    return choose_batches(-(-width // TILE), tile_rows, lanes_of(group, choice))


def _words_of(model: QModel, group: Group, batch: Batch) -> int:
    return batch.points * (1 + model.traced[group.input].channels // 2) * batch.tiles


def _scratch_words(model: QModel, group: Group, choice: Choice) -> int:
    """Return the words before the first values."""
    if not _in_parts(choice):
        return _SUM_SETS * _SUM_WORDS
    tiles = sum(batch.tiles for batch in batches_of(model, group, choice))
    return max(_COLUMN_WORDS, 2 * _SUM_WORDS * tiles)


def _value_words(model: QModel, group: Group, choice: Choice) -> int:
    """Return the words up to the end of the values."""
    words = [_words_of(model, group, batch) for batch in batches_of(model, group, choice)]
    most = max(words) if choice.weights == "transformed" else sum(words)
    return _scratch_words(model, group, choice) + most


def _weight_words(model: QModel, group: Group, choice: Choice) -> int:
    """Return the words of the weights of two output channels that the run makes."""
    rows = _ROWS_MADE[choice.weights] if _makes(choice) else 0
    columns = 7 if _has_edge(model, group, choice) else 6
    return rows * columns * model.traced[group.input].channels
