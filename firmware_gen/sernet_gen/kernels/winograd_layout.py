"""How the workspace of a Winograd strip is laid out: batches of tiles, their words, the weights."""

from collections.abc import Mapping

from sernet_cal.qmodel_types import QModel
from sernet_gen.kernels.choice import Choice, Group, Weights
from sernet_gen.kernels.winograd_batches import Batch, choose_batches
from sernet_gen.kernels.winograd_tiles import LARGEST_POINTS, tile_of

# Words for the sums of a tile and an output channel (SN_WINOGRAD_SUMS), of which one call makes up
# to 8.
SUM_WORDS = LARGEST_POINTS
_SUM_SETS = 8
# Words for half transformed input, at the start of the workspace: 12 * SN_WINOGRAD_COLUMNS.
_COLUMN_WORDS = 216
# Points of an edge in a row of points.
_EDGE_POINTS = 2
# In how many parts, each of some rows of points, the run makes weights.
PARTS: Mapping[Weights, int] = {"int8": 1, "halves": 2, "thirds": 3}


def pool_of(group: Group) -> tuple[int, int]:
    """Return the rows and columns of the pool, (1, 1) for none."""
    return group.pools[0].kernel if group.pools else (1, 1)


def lanes_of(group: Group, choice: Choice) -> int:
    """Return how many output channels of transformed weights lie side by side."""
    return 4 if choice.weights == "transformed" else 2


def stored_channels(group: Group, choice: Choice) -> int:
    """Return the output channels whose weights are transformed in the tables."""
    channels = len(group.convolutions[0].weights)
    return channels - choice.apart if choice.weights == "transformed" else 0


def makes_weights(choice: Choice) -> bool:
    """Return whether the run makes weights."""
    return choice.weights != "transformed" or choice.apart > 0


def is_by_batch(choice: Choice) -> bool:
    """Return whether batch after batch is done, each with all channels."""
    return choice.by_batch or choice.weights == "transformed"


def in_parts(choice: Choice) -> bool:
    """Return whether the run makes weights a part at a time."""
    return choice.weights in ("halves", "thirds")


def rows_made(choice: Choice) -> int:
    """Return the rows of points whose weights the run makes at a time; as few as may be of those
    apart from transformed ones."""
    rows = tile_of(choice.tile).point_rows
    return rows // PARTS[choice.weights] if choice.weights in PARTS else 2


def points_of(choice: Choice, batch: Batch) -> int:
    """Return the products of a tile of `batch` for each input and output channel."""
    tile = tile_of(choice.tile)
    return tile.point_rows * _EDGE_POINTS if batch.is_edge else tile.points


def has_edge(model: QModel, group: Group, choice: Choice) -> bool:
    """Return whether the last column is made by sn_winograd_edge.h."""
    width = model.traced[group.input].width
    return choice.weights != "transformed" and width % tile_of(choice.tile).width == 1 and width > 1


def batches_of(model: QModel, group: Group, choice: Choice) -> tuple[Batch, ...]:
    """Return the batches of tiles of a run."""
    tile, width = tile_of(choice.tile), model.traced[group.input].width
    tile_rows, lanes = choice.rows * pool_of(group)[0] // tile.height, lanes_of(group, choice)
    is_edged = has_edge(model, group, choice)
    columns = width // tile.width if is_edged else -(-width // tile.width)
    batches = choose_batches(columns, tile_rows, lanes, tile.width, choice.together)
    if not is_edged:
        return batches
    step = min(choice.together, tile_rows)
    edges = (
        Batch(columns * tile.width, 1, row, min(step, tile_rows - row), is_edge=True)
        for row in range(0, tile_rows, step)
    )
    return (*batches, *edges)


def words_of(model: QModel, group: Group, choice: Choice, batch: Batch) -> int:
    """Return the words of the transformed input of `batch`."""
    return points_of(choice, batch) * (1 + model.traced[group.input].channels // 2) * batch.tiles


def scratch_words(model: QModel, group: Group, choice: Choice) -> int:
    """Return the words before the first values."""
    if not in_parts(choice):
        return _SUM_SETS * SUM_WORDS
    counts = [batch.tiles for batch in batches_of(model, group, choice)]
    tiles = max(counts) if is_by_batch(choice) else sum(counts)
    return max(_COLUMN_WORDS, 2 * SUM_WORDS * tiles)


def value_words(model: QModel, group: Group, choice: Choice) -> int:
    """Return the words up to the end of the values."""
    words = [words_of(model, group, choice, batch) for batch in batches_of(model, group, choice)]
    most = max(words) if is_by_batch(choice) else sum(words)
    return scratch_words(model, group, choice) + most


def weight_words(model: QModel, group: Group, choice: Choice) -> int:
    """Return the words of the weights of two output channels that the run makes."""
    rows = rows_made(choice) if makes_weights(choice) else 0
    return rows * weight_columns(model, group, choice) * model.traced[group.input].channels


def weight_columns(model: QModel, group: Group, choice: Choice) -> int:
    """Return the columns of the weights that the run makes: points, and taps beside an edge."""
    return tile_of(choice.tile).point_columns + has_edge(model, group, choice)
