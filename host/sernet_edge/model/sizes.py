"""How large a model is: its files, its weights, and the memory that it works in."""

from dataclasses import asdict, dataclass

from sernet_cal.bundle import Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Convolution, FullyConnected
from sernet_gen.plan import plan_model


@dataclass(frozen=True)
class Sizes:
    """All in bytes, except `parameters`: the number of weights and biases.

    `float_bytes`, `int8_bytes`: the two flatbuffers; `weight_bytes`: int8 weights and 32-bit
    biases; `row_by_row_arena_bytes`: the engine's memory, for clips of any length, when each layer
    runs alone, a row at a time. A board's plan takes what it may have, for speed.
    """

    float_bytes: int
    int8_bytes: int
    parameters: int
    weight_bytes: int
    row_by_row_arena_bytes: int

    def to_json(self) -> dict[str, int]:
        """Return the fields."""
        return asdict(self)


def sizes_of(bundle: Bundle) -> Sizes:
    """Return the sizes of `bundle`; raises ModelError for a model that the engine cannot run."""
    model = read_qmodel(bundle.int8)
    with_weights = [
        operator
        for operator in model.operators
        if isinstance(operator, (Convolution, FullyConnected))
    ]
    weights = sum(operator.weights.size for operator in with_weights)
    biases = sum(operator.bias.size for operator in with_weights)
    return Sizes(
        len(bundle.float32),
        len(bundle.int8),
        weights + biases,
        weights + 4 * biases,
        plan_model(model).arena_bytes,
    )
