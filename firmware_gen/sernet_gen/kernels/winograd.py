"""The 3x3 convolution by exact integer Winograd, with its max pool: sn_winograd.h.

The mathematics is in that header. Here is no policy: which tiles meet the weights together is
chosen in winograd_batches, where they lie in winograd_layout; the numbers are in winograd_tables,
the sizes of tiles in winograd_tiles.
"""

from sernet_cal.qmodel_types import Convolution, QModel
from sernet_gen.csyntax import c_array, c_struct
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.winograd_layout import (
    SUM_WORDS,
    batches_of,
    has_edge,
    in_parts,
    is_by_batch,
    lanes_of,
    makes_weights,
    pool_of,
    rows_made,
    scratch_words,
    stored_channels,
    value_words,
    weight_columns,
    weight_words,
    words_of,
)
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
from sernet_gen.kernels.winograd_tiles import tile_of

_WORD_BYTES = 4
_CHANNEL_BYTES, _EDGE_BYTES, _BATCH_BYTES, _TABLE_BYTES = 20, 6, 28, 76
_POOLS = ((1, 1), (2, 1), (2, 2))
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
        or _weights_refusal(operator, choice)
        or sum_refusal(operator, model.traced[operator.input].zero_point, tile_of(choice.tile))
        or weight_sum_refusal(operator, has_edge(model, group, choice))
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
    rows, height = choice.rows * pool_of(group)[0], tile_of(choice.tile).height
    if rows % height or not 1 <= rows // height <= _MOST_TILE_ROWS:
        *some, last = (height * number for number in range(1, _MOST_TILE_ROWS + 1))
        return (
            f"run by Winograd F({choice.tile}) {choice.rows} rows at a time: that is {rows} rows "
            f"of the convolution, not {', '.join(map(str, some))} or {last}"
        )
    return None


def _weights_refusal(operator: Convolution, choice: Choice) -> str | None:
    tile = tile_of(choice.tile)
    if choice.weights == "thirds" and tile.point_rows % 3:
        return (
            f"run by Winograd F({choice.tile}) with weights in thirds: they have "
            f"{tile.point_rows} rows of points"
        )
    if choice.by_batch and choice.weights == "transformed":
        return "run by Winograd with transformed weights made by batch: they are made beforehand"
    if choice.together not in (1, 2, 3, 4):
        return f"run by Winograd {choice.together} tiles together: that is for 1 to 4"
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
    return _WORD_BYTES * (value_words(model, group, choice) + weight_words(model, group, choice))


def flash_bytes(model: QModel, group: Group, choice: Choice) -> int:
    """Return the bytes of the constant tables."""
    operator = group.convolutions[0]
    stored = int(operator.weights[: stored_channels(group, choice)].size)
    pairs = stored // operator.weights[0, :, :, 0].size
    weights = operator.weights.size - stored + 2 * tile_of(choice.tile).points * pairs
    channels = _CHANNEL_BYTES * len(operator.weights)
    batches = _BATCH_BYTES * len(batches_of(model, group, choice))
    edges = _EDGE_BYTES * len(operator.weights) * has_edge(model, group, choice)
    padding = model.traced[operator.input].row_bytes
    return int(weights) + channels + edges + batches + padding + _TABLE_BYTES


def shapes(model: QModel, group: Group, choice: Choice) -> tuple[tuple[str, str], ...]:
    """Return which pieces of assembly the layer takes: the pool, products by the tiles of a batch,
    of which some may lie outside the clip, and rows of weights that are made at a time."""
    tiles = {
        batch.columns * rows
        for batch in batches_of(model, group, choice)
        for rows in range(1, batch.tile_rows + 1)
    }
    tile = tile_of(choice.tile)
    sides = f"{tile.height}, {tile.width}"
    found = [("SN_WINOGRAD_TILES_LIST", sides)]
    found += [("SN_WINOGRAD_POOLS_LIST", "{}, {}, {}".format(sides, *pool_of(group)))]
    if stored_channels(group, choice):
        found += [("SN_WINOGRAD_STORED_LIST", str(number)) for number in sorted(tiles)]
    if makes_weights(choice):
        step, rows = 8 * weight_columns(model, group, choice), rows_made(choice)
        found += [("SN_WINOGRAD_MADE_LIST", f"{number}, {step}") for number in sorted(tiles)]
        firsts = range(0, tile.point_rows, rows)
        parts = (f"{tile.point_rows}, {first}, {rows}, {step}" for first in firsts)
        found += [("SN_WINOGRAD_WEIGHTS_LIST", part) for part in parts]
    return tuple(found)


def render(model: QModel, group: Group, choice: Choice, workspace: int) -> str:
    """Return the C of the tables: an sn_winograd. `workspace`: its offset in the arena."""
    operator, place = group.convolutions[0], group.output
    source = model.traced[operator.input]
    tile = tile_of(choice.tile)
    stored, is_edged = stored_channels(group, choice), has_edge(model, group, choice)
    weights = ""
    if stored:
        name, part = f"transformed_{place}", operator.weights[:stored]
        v6m, others = (
            c_array("uint32_t", name, words(part, tile)) for words in (transformed_v6m, transformed)
        )
        weights += f"#if SN_V6M\n{v6m}#else\n{others}#endif\n"
    if makes_weights(choice):
        taps = quads(operator.weights[stored:])
        weights += c_array("uint8_t", f"weights_{place}", taps, aligned=4)
    fields = {
        **_fields(model, group, choice),
        "workspace": workspace,
        "batches": f"batches_{place}",
        "channels": f"channels_{place}",
        "edges": f"edges_{place}" if is_edged else "0",
        "transformed": f"transformed_{place}" if stored else "0",
        "weights": f"weights_{place}" if makes_weights(choice) else "0",
        "padding": f"padding_{place}",
    }
    return (
        channel_table(model, group, tile)
        + (edge_table(group) if is_edged else "")
        + weights
        + c_array("int8_t", f"padding_{place}", [source.zero_point] * source.row_bytes, aligned=4)
        + _batch_table(model, group, choice)
        + c_struct("sn_winograd", f"operator_{place}", fields)
    )


def _fields(model: QModel, group: Group, choice: Choice) -> dict[str, object]:
    operator = group.convolutions[0]
    source, made = model.traced[operator.input], model.traced[operator.output]
    low, high = limits(group)
    tile = tile_of(choice.tile)
    return {
        "width": source.width,
        "input_channels": source.channels,
        "output_channels": made.channels,
        "rows": choice.rows,
        "tile_rows": choice.rows * pool_of(group)[0] // tile.height,
        "tile_height": tile.height,
        "tile_width": tile.width,
        "pool_rows": pool_of(group)[0],
        "pool_columns": pool_of(group)[1],
        "input_zero": source.zero_point,
        "output_zero": made.zero_point,
        "low": low,
        "high": high,
        "is_plain": int(is_plain(model, group)),
        "is_by_batch": int(is_by_batch(choice)),
        "stored": stored_channels(group, choice),
        "made": value_words(model, group, choice),
        "rows_made": rows_made(choice),
        "batch_count": len(batches_of(model, group, choice)),
    }


def _batch_table(model: QModel, group: Group, choice: Choice) -> str:
    """Return the C of `batches_N`.

    Where weights are made for a whole run, the values of all batches lie side by side; else each
    batch may overwrite the one before. Sums only stay while weights are made in parts.
    """
    lines, values, sums = "", scratch_words(model, group, choice), 0
    for batch in batches_of(model, group, choice):
        place = (batch.column, batch.columns, batch.tile_row, batch.tile_rows)
        fields = (*place, int(batch.is_edge), values, sums)
        lines += f"    {{{', '.join(map(str, fields))}}},\n"
        if not is_by_batch(choice):
            values += words_of(model, group, choice, batch)
        if in_parts(choice) and not is_by_batch(choice):
            sums += 2 * SUM_WORDS * batch.tiles
    return f"static const sn_winograd_batch batches_{group.output}[] = {{\n{lines}}};\n"
