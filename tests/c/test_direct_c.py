"""sn_direct: every shape of convolution in strips of rows, byte for byte the reference's."""

import numpy as np
import pytest
from arm_strips import ARM_BUILDS, ArmStrips
from strip_layers import LayerMaker, expected_rows, random_clip
from strip_programs import assert_exact, build_program

from sernet_gen.kernels import direct
from sernet_gen.kernels.choice import Choice, Group

# (width, input channels, output channels, kernel, rows of a run, early)
SHAPES = [
    (1, 1, 1, (1, 1), 1, 0),
    (5, 1, 3, (11, 1), 1, 0),
    (4, 1, 2, (1, 9), 2, 1),
    (8, 4, 5, (3, 3), 3, 0),
    (5, 16, 6, (1, 1), 2, 0),
    (5, 33, 4, (1, 1), 3, 2),
    (7, 5, 7, (2, 4), 4, 1),
    (3, 1, 3, (32, 2), 1, 0),
    (6, 8, 2, (5, 3), 2, 0),
    (5, 96, 4, (3, 3), 2, 1),
    (2, 3, 9, (3, 5), 5, 4),
]
LIMITS = ["relu", (-128, -128, 90), (-20, -20, 127), (13, -128, 127), (5, 5, 60)]


@pytest.fixture(scope="module")
def maker():
    made = LayerMaker(1)
    for number, (width, depth, channels, kernel, rows, early) in enumerate(SHAPES):
        limits = LIMITS[0] if number % 2 else LIMITS[number // 2 % len(LIMITS)]
        source = made.source(width, depth)
        conv = made.convolution(source, channels, kernel, limits, extreme=number % 5 == 3)
        made.layer(Group((conv,)), Choice("direct", rows, early))
    for limits, gain in zip(LIMITS, (1, 300, 80, 0.2, 1000), strict=True):
        conv = made.convolution(made.source(3, 2), 4, (1, 1), limits, gain=gain)
        made.layer(Group((conv,)), Choice("direct", 2))
    return made


@pytest.fixture(scope="module")
def program(maker, tmp_path_factory):
    return build_program(tmp_path_factory.mktemp("direct"), maker.model, maker.layers)


def test_all_layers_equal_the_reference(maker, program):
    random = np.random.default_rng(2)
    for number, layer in enumerate(maker.layers):
        for rows in (1, 2, 9):
            values = random_clip(random, maker.model, layer, rows, extreme=number % 3 == 1)
            assert_exact(program, maker.model, maker.layers, layer, values)


@pytest.mark.parametrize("family", ["gcc", "zig"])
def test_an_m0_makes_the_same_bytes(maker, tmp_path, family):
    core = ArmStrips(tmp_path, maker.model, maker.layers, family, core="cortex-m0plus")
    random = np.random.default_rng(4)
    for number, layer in enumerate(maker.layers):
        values = random_clip(random, maker.model, layer, 5, extreme=number % 3 == 1)
        found = core.run_layer(direct, layer, values)
        np.testing.assert_array_equal(found, expected_rows(maker.model, layer, values))


@pytest.mark.parametrize("build", ARM_BUILDS)
def test_an_emulated_core_makes_the_same_bytes(maker, tmp_path, build):
    family, flags = build
    core = ArmStrips(tmp_path, maker.model, maker.layers, family, flags)
    for layer in maker.layers:
        parts = [f"{name}_{layer.group.output}" for name in ("operator", "channels", "weights")]
        told = direct.flash_bytes(maker.model, layer.group, layer.choice)
        assert sum(core.sizes[part] for part in parts) == told
    assert ("run_job" in core.symbols) == (not flags)
    random = np.random.default_rng(3)
    for number, layer in enumerate(maker.layers):
        values = random_clip(random, maker.model, layer, 7, extreme=number % 3 == 1)
        found = core.run_layer(direct, layer, values)
        np.testing.assert_array_equal(found, expected_rows(maker.model, layer, values))


def test_shifts_of_both_signs_and_both_requantisations_are_among_them(maker):
    shifts = np.concatenate([x.group.convolutions[0].shifts for x in maker.layers])
    assert shifts.min() < 0 < shifts.max()
    text = "".join(
        direct.render(maker.model, layer.group, layer.choice, 0) for layer in maker.layers
    )
    assert ".is_plain = 1" in text
    assert ".is_plain = 0" in text


def test_sizes_are_those_of_the_tables(maker):
    layer = maker.layers[3]
    assert direct.workspace_bytes(maker.model, layer.group, layer.choice) == 3 * 48
    assert direct.flash_bytes(maker.model, layer.group, layer.choice) == 6 * (48 + 12) + 52
    assert direct.shapes(maker.model, layer.group, layer.choice) == ()


def test_refusals():
    made = LayerMaker(3)
    conv = made.convolution(made.source(4, 1), 2, (3, 3))
    pooled = Group((conv,), (made.pool(conv),))
    assert direct.refusal(made.model, pooled, Choice("direct")) == (
        "run as direct sums in one with its pools: that is for a convolution alone"
    )
    transformed = Choice("direct", weights="transformed")
    assert direct.refusal(made.model, Group((conv,)), transformed) == (
        "run as direct sums with transformed weights: they take int8 weights only"
    )
