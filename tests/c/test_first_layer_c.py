"""sn_first_layer: convolutions of the input, pools and concatenation in one pass, exactly."""

from collections import Counter

import numpy as np
import pytest
from arm_strips import ARM_BUILDS, ArmStrips
from strip_layers import RELU, LayerMaker, expected_rows, random_clip
from strip_programs import assert_exact, build_program

from sernet_gen.kernels import first_layer
from sernet_gen.kernels.choice import Choice, Group

PATHS = [((11, 1), 4), ((1, 9), 3), ((3, 3), 5)]
STEPS_2_TO_7 = [[((3, 1), 3), ((1, 5), 2), ((7, 1), 1)], [((9, 1), 2), ((3, 3), 2), ((1, 13), 3)]]
# (width, paths, limits, kind of pool, rows of a run, early)
SHAPES = [
    (40, PATHS, RELU, "max", 1, 0),
    (7, PATHS, RELU, "max", 2, 1),
    (5, [((5, 1), 2), ((1, 5), 1)], (-128, -128, 90), "max", 1, 0),
    (2, [((3, 3), 3)], (-20, -20, 127), "max", 3, 2),
    (1, [((7, 1), 2), ((1, 3), 2), ((3, 1), 1), ((1, 1 + 6), 2)], (3, -128, 127), "max", 1, 0),
    (9, PATHS, RELU, "average", 1, 0),
    (10, [((5, 3), 3), ((3, 5), 2)], (5, 5, 60), "average", 2, 1),
    (6, [((11, 11), 2), ((5, 5), 1)], RELU, "max", 1, 0),
    (3, [((1, 11), 2)], (-70, -128, 127), "average", 4, 0),
]


def joined(maker, width, paths, limits, kind, pool_limits=(-128, 127), gain=1.0):
    source = maker.source(width, 1)
    convs = [
        maker.convolution(source, count, kernel, limits, extreme=place == 1, gain=gain)
        for place, (kernel, count) in enumerate(paths)
    ]
    pools = [maker.pool(conv, kind, pool_limits) for conv in convs]
    concatenation = maker.concatenation(pools) if len(pools) > 1 else None
    return Group(tuple(convs), tuple(pools), concatenation)


@pytest.fixture(scope="module")
def maker():
    made = LayerMaker(1)
    for width, paths, limits, kind, rows, early in SHAPES:
        group = joined(made, width, paths, limits, kind)
        made.layer(group, Choice("first_layer", rows, early))
    for kind in ("max", "average"):
        for paths in STEPS_2_TO_7:
            made.layer(joined(made, 6, paths, RELU, kind), Choice("first_layer"))
        group = joined(made, 6, PATHS, RELU, kind, (-60, 50))
        made.layer(group, Choice("first_layer"))
        group = joined(made, 5, [((3, 1), 3)], (0, -128, 127), kind, gain=200)
        made.layer(group, Choice("first_layer"))
    return made


@pytest.fixture(scope="module")
def program(maker, tmp_path_factory):
    return build_program(tmp_path_factory.mktemp("first"), maker.model, maker.layers)


def test_all_layers_equal_the_reference(maker, program):
    random = np.random.default_rng(2)
    for number, layer in enumerate(maker.layers):
        for rows in (1, 2, 3, 16):
            values = random_clip(random, maker.model, layer, rows, extreme=number % 3 == 1)
            assert_exact(program, maker.model, maker.layers, layer, values)


@pytest.mark.parametrize("family", ["gcc", "zig"])
def test_pairs_of_taps_make_the_same_bytes_on_an_m0(maker, tmp_path, family):
    core = ArmStrips(tmp_path, maker.model, maker.layers, family, core="cortex-m0plus")
    edges = Counter()
    core.count_blocks(edges)
    random = np.random.default_rng(4)
    for number, layer in enumerate(maker.layers):
        for rows in (1, 5, 8):
            values = random_clip(random, maker.model, layer, rows, extreme=number % 3 == 1)
            found = core.run_layer(first_layer, layer, values)
            np.testing.assert_array_equal(found, expected_rows(maker.model, layer, values))
    assert core.symbols["run_channels"] & ~1 in {block[0] for _, block in edges}


@pytest.mark.parametrize("build", ARM_BUILDS)
def test_an_emulated_core_makes_the_same_bytes(maker, tmp_path, build):
    family, flags = build
    core = ArmStrips(tmp_path, maker.model, maker.layers, family, flags)
    for layer in maker.layers:
        parts = [f"stream_{conv.output}" for conv in layer.group.convolutions]
        parts += [f"operator_{layer.group.output}", f"paths_{layer.group.output}"]
        told = first_layer.flash_bytes(maker.model, layer.group, layer.choice)
        assert sum(core.sizes[part] for part in parts) == told
    assert ("run_6_AVERAGE" in core.symbols) == (not flags)
    random = np.random.default_rng(3)
    for number, layer in enumerate(maker.layers):
        for rows in (1, 10):
            values = random_clip(random, maker.model, layer, rows, extreme=number % 3 == 1)
            found = core.run_layer(first_layer, layer, values)
            np.testing.assert_array_equal(found, expected_rows(maker.model, layer, values))


def test_both_requantisations_and_both_shifts_are_among_them(maker):
    convs = [conv for layer in maker.layers for conv in layer.group.convolutions]
    shifts = np.concatenate([conv.shifts for conv in convs])
    assert shifts.min() < 0 < shifts.max()
    shapes = [first_layer.shapes(maker.model, x.group, x.choice) for x in maker.layers]
    name = "SN_FIRST_LAYER_STEPS_LIST"
    assert shapes[0] == ((name, "5, MAX"), (name, "6, MAX"))
    assert shapes[5] == ((name, "5, AVERAGE"), (name, "6, AVERAGE"))
    assert shapes[2] == ()


def test_the_shorter_window_is_chosen(maker):
    windows = [first_layer.window_of(conv) for conv in maker.layers[0].group.convolutions]
    found = [(window.is_vertical, window.steps) for window in windows]
    assert found == [(True, 6), (False, 5), (False, 6)]


def test_sizes_are_those_of_the_tables(maker):
    layer = maker.layers[0]
    arguments = maker.model, layer.group, layer.choice
    assert first_layer.workspace_bytes(*arguments) == 12 * 48 * 2 + 10 * 6 * 16
    words = 4 * 16 + 3 * 14 + 5 * 16
    assert first_layer.flash_bytes(*arguments) == 4 * words + 3 * 44 + 48


def refusal(group, maker, **choice):
    return first_layer.refusal(maker.model, group, Choice("first_layer", **choice))


def test_refusals_of_shapes():
    made = LayerMaker(3)
    source = made.source(6, 1)
    good = joined(made, 6, PATHS, RELU, "max")
    assert refusal(good, made) is None
    assert refusal(good, made, weights="transformed") == (
        "run as a first layer with transformed weights: it has one form of weights only"
    )
    assert refusal(Group(good.convolutions), made) == "run as a first layer: it has no pools"
    five = joined(made, 6, PATHS[:1] * 5, RELU, "max")
    assert refusal(five, made) == "run as a first layer: it has 5 paths, more than 4"
    deep = made.convolution(made.source(6, 2), 2, (3, 3))
    assert refusal(Group((deep,), (made.pool(deep),)), made) == (
        "run as a first layer: its input has 2 channels, not 1"
    )
    for kernel, text in (((2, 3), "2x3"), ((1, 1), "1x1"), ((11, 13), "11x13")):
        conv = made.convolution(source, 2, kernel)
        assert refusal(Group((conv,), (made.pool(conv),)), made) == (
            f"run as a first layer: a window is {text}, and it takes odd sizes with 3 to 121 values"
        )


def test_refusals_of_pools():
    made = LayerMaker(4)
    conv = made.convolution(made.source(6, 1), 2, (3, 3))
    pool = made.pool(conv)
    tall = type(pool)("max", pool.input, pool.output, (2, 1), (2, 1), -128, 127)
    assert refusal(Group((conv,), (tall,)), made) == (
        "run as a first layer: a pool is 2x1 in steps of 2x1, not 2x2 in steps of 2x2"
    )
    mixed = made.pool(conv, "average")
    assert refusal(Group((conv, conv), (pool, mixed)), made) == (
        "run as a first layer: its pools are not of one kind"
    )
