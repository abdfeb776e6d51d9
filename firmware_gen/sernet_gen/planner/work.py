"""How much of each unit of work a run of a step takes: what costs.py has the prices for."""

from sernet_cal.qmodel_types import (
    Concatenation,
    Convolution,
    FullyConnected,
    Mean,
    Pool,
    QModel,
    VectorOperator,
)
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.direct import PIXELS, block_count
from sernet_gen.kernels.first_layer import window_of
from sernet_gen.kernels.winograd_layout import PARTS, batches_of, lanes_of, points_of
from sernet_gen.kernels.winograd_tiles import LARGEST_POINTS, tile_of
from sernet_gen.planner.costs import FLASH_WORDS, Work
from sernet_gen.steps import Step


def work_of_run(model: QModel, step: Step) -> Work:
    """Return the units of work of one run of `step`, all rows of which are in the clip."""
    part, choice = step.part, step.choice
    if not isinstance(part, Group):
        return _plain_work(model, part, choice.rows)
    match choice.algorithm:
        case "winograd":
            return _winograd(model, part, choice)
        case "direct":
            return _direct(model, part.convolutions[0], choice)
        case "first_layer":
            return _first_layer(model, part, step)


def work_of_vector(model: QModel, operator: VectorOperator) -> Work:
    """Return the units of work of an operator behind the mean."""
    if isinstance(operator, FullyConnected):
        size = int(operator.weights.size)
        return {"dense_products": size, FLASH_WORDS: size}
    return {"softmax_values": model.traced[operator.output].channels}


def _winograd(model: QModel, group: Group, choice: Choice) -> Work:
    operator = group.convolutions[0]
    made, read = operator.weights.shape[0], operator.weights.shape[3]
    batches, lanes = batches_of(model, group, choice), lanes_of(group, choice)
    points = tile_of(choice.tile).points
    tiles = sum(batch.tiles * points_of(choice, batch) for batch in batches) / LARGEST_POINTS
    work: dict[str, float] = {
        "winograd_run": 1,
        "winograd_input": tiles * read,
        "winograd_output": tiles * made,
        "winograd_batch": len(batches) * made // lanes,
    }
    stored = made - choice.apart if choice.weights == "transformed" else 0
    for batch in batches:
        for width, channels in ((4, stored), (2, made - stored)):
            if channels:
                unit = f"winograd_products_{width}x{batch.tiles}"
                work[unit] = work.get(unit, 0) + points_of(choice, batch) * (read // 2) * channels
    times = len(batches) if choice.by_batch or stored else 1
    weights = times * read * (made - stored)
    work |= _weights_made(choice, weights, points / LARGEST_POINTS)
    work[FLASH_WORDS] = work.get(FLASH_WORDS, 0) + len(batches) * points * (read // 2) * stored
    work[FLASH_WORDS] += 8 * made * tiles
    return work


def _weights_made(choice: Choice, weights: int, share: float) -> Work:
    """Return the work of transforming so many windows of weights to a `share` of the most points;
    those beside transformed ones are made in thirds."""
    if not weights:
        return {}
    parts = PARTS.get(choice.weights, tile_of(choice.tile).point_rows // 2)
    unit = {1: "winograd_weights", 2: "winograd_halves", 3: "winograd_thirds"}[parts]
    return {unit: share * weights, FLASH_WORDS: parts * 9 * weights / 4}


def _direct(model: QModel, operator: Convolution, choice: Choice) -> Work:
    width = model.traced[operator.input].width
    triples = -(-choice.rows * width // PIXELS)
    pairs = -(-operator.weights.shape[0] // 2)
    blocks = block_count(operator)
    return {
        "direct_run": 1,
        "direct_products": triples * pairs * blocks,
        "direct_output": triples * pairs,
        "direct_gather": triples * blocks,
        "direct_taps": triples * operator.kernel[0] * operator.kernel[1],
        FLASH_WORDS: triples * pairs * (8 * blocks + 8),
    }


def _first_layer(model: QModel, group: Group, step: Step) -> Work:
    width = model.traced[group.input].width
    blocks = step.rows * -(-width // 4)
    work: dict[str, float] = {"first_widen": step.run_window * width, "first_block": blocks}
    for operator in group.convolutions:
        steps, channels = window_of(operator).steps, operator.weights.shape[0]
        for unit, count in (
            ("first_products", steps * channels),
            ("first_output", channels),
            ("first_gather", steps),
            (FLASH_WORDS, (2 * steps + 4) * channels),
        ):
            work[unit] = work.get(unit, 0) + blocks * count
    return work


def _plain_work(model: QModel, part: Pool | Concatenation | Mean, rows: int) -> Work:
    match part:
        case Pool():
            area = part.kernel[0] * part.kernel[1]
            made = rows * model.traced[part.output].row_bytes
            return {"pool_values": made * area, "pool_output": made}
        case Concatenation():
            return {"concatenation_bytes": rows * model.traced[part.output].row_bytes}
        case Mean():
            return {"mean_values": rows * model.traced[part.input].row_bytes}
