"""The strip kernels with Helium instructions, in QEMU's Cortex-M55."""

import numpy as np
import pytest
from mve_programs import NEEDS_HELIUM, run_cases
from strip_layers import RELU, LayerMaker, random_clip

from sernet_gen.kernels.choice import Choice, Group

pytestmark = NEEDS_HELIUM


def direct_layers():
    """Return layers with 1 to 9 blocks of 16 values, and 1 to 9 channels."""
    made = LayerMaker(5)
    for number in range(1, 10):
        limits = (-20, -20, 90) if number == 5 else RELU
        source = made.source(number % 4 + 1, 16 * number - 5 * (number % 2))
        conv = made.convolution(source, number, (1, 1), limits, extreme=number == 3)
        made.layer(Group((conv,)), Choice("direct", number % 3 + 1))
    conv = made.convolution(made.source(5, 16), 12, (3, 3))
    made.layer(Group((conv,)), Choice("direct", 2))
    return made


def first_layers():
    """Return layers that Helium runs, and others that it leaves to the other code."""
    made = LayerMaker(6)
    for width, rows, kind, count in ((40, 1, "max", 8), (6, 3, "max", 4), (5, 1, "max", 4),
                                     (8, 1, "average", 4), (8, 2, "max", 3)):  # fmt: skip
        source = made.source(width, 1)
        kernels = ((11, 1), (1, 9), (3, 3))
        convs = [
            made.convolution(source, count, kernel, extreme=kernel[0] == 1 and rows == 1)
            for kernel in kernels
        ]
        pools = [made.pool(conv, kind) for conv in convs]
        group = Group(tuple(convs), tuple(pools), made.concatenation(pools))
        made.layer(group, Choice("first_layer", rows, rows - 1))
    return made


def winograd_layers():
    """Return layers with tiles of each size, with weights of the tables and made in the run."""
    made = LayerMaker(7)
    for number, tile in enumerate(("4x4", "4x2", "2x4", "2x2")):
        for weights in ("transformed", "int8", "halves"):
            source = made.source(4 + 3 * number + len(weights) % 4, 8 + 12 * number)
            conv = made.convolution(source, 4, (3, 3), extreme=weights == "halves")
            group = Group((conv,), (made.pool(conv, "max"),))
            made.layer(group, Choice("winograd", 2, 1, weights, tile=tile))
    return made


@pytest.mark.parametrize("flags", [(), ("-DSN_PORTABLE",)], ids=["assembly", "portable"])
def test_winograd_strips_equal_the_reference(tmp_path, flags):
    made = winograd_layers()
    random = np.random.default_rng(3)
    clips = [random_clip(random, made.model, layer, 7) for layer in made.layers]
    found = run_cases(tmp_path, made.model, made.layers, clips, flags)
    assert found == [0] * len(made.layers)


@pytest.mark.parametrize("rows", [16, 5])
@pytest.mark.parametrize("flags", [(), ("-DSN_PORTABLE",)], ids=["helium", "portable"])
def test_the_first_layer_equals_the_reference(tmp_path, flags, rows):
    made = first_layers()
    random = np.random.default_rng(2)
    clips = [random_clip(random, made.model, layer, rows) for layer in made.layers]
    found = run_cases(tmp_path, made.model, made.layers, clips, flags)
    assert found == [0] * len(made.layers)


@pytest.mark.parametrize("flags", [(), ("-DSN_PORTABLE",)], ids=["helium", "portable"])
def test_direct_strips_equal_the_reference(tmp_path, flags):
    made = direct_layers()
    random = np.random.default_rng(1)
    clips = [random_clip(random, made.model, layer, 5) for layer in made.layers]
    found = run_cases(tmp_path, made.model, made.layers, clips, flags)
    assert found == [0] * len(made.layers)
