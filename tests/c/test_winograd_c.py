"""sn_winograd: strips of every shape, byte for byte the reference's, in C and in assembly."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from arm_strips import ArmStrips
from strip_layers import PLAIN_LIMITS, RELU, LayerMaker, expected_rows, random_clip
from strip_programs import assert_exact, build_program

from sernet_gen.kernels import winograd
from sernet_gen.kernels.choice import Choice, Group


@dataclass(frozen=True)
class Shape:
    """A layer and the way it runs; `pool` (1, 1) is none."""

    width: int
    into: int
    out: int
    pool: tuple[int, int]
    rows: int
    early: int = 0
    weights: str = "int8"
    zero_point: int = -128
    limits: object = RELU
    pool_limits: tuple[int, int] = PLAIN_LIMITS
    extreme: bool = False
    gain: float = 1.0
    apart: int = 0
    tile: str = "4x4"
    together: int = 4
    by_batch: bool = False


# Functions of assembly alone that a shape may or may not take.
ASSEMBLY = re.compile(
    r"stored_\d$|made_\d_\d\d$|starts_\d$|weights_\d_\d_\d_\d\d$|tile_\dx\d_\dx\d$"
)
STORED, HALVES, THIRDS = "transformed", "halves", "thirds"
SHAPES = [
    Shape(1, 4, 2, (1, 1), 4),
    Shape(6, 12, 4, (2, 2), 8),
    Shape(1, 8, 2, (2, 1), 6, 2),
    Shape(2, 8, 4, (2, 1), 2, 1, zero_point=3),
    Shape(3, 12, 4, (2, 2), 2, weights=STORED),
    Shape(4, 16, 2, (2, 2), 4, 3, extreme=True),
    Shape(5, 20, 4, (2, 1), 6, 4),
    Shape(5, 32, 8, (2, 1), 4, 1, STORED, extreme=True),
    Shape(7, 24, 4, (2, 2), 8, 5),
    Shape(8, 28, 4, (1, 1), 8, 3, STORED, zero_point=127),
    Shape(9, 36, 2, (2, 1), 2, zero_point=-1),
    Shape(10, 32, 6, (2, 2), 4),
    Shape(10, 64, 4, (2, 2), 4, 2, STORED),
    Shape(11, 4, 4, (1, 1), 16, 9, STORED),
    Shape(13, 40, 4, (2, 2), 6, 1, extreme=True),
    Shape(16, 12, 4, (2, 2), 2, 1, STORED),
    Shape(17, 4, 2, (1, 1), 12),
    Shape(20, 96, 4, (2, 2), 2, 0, STORED),
    Shape(20, 48, 2, (2, 2), 4, 1),
    Shape(5, 48, 4, (2, 1), 4, 3, THIRDS),
    Shape(20, 16, 8, (2, 2), 2, 0, STORED, apart=4),
    Shape(9, 12, 12, (2, 1), 4, 1, STORED, zero_point=20, extreme=True, apart=8),
    Shape(5, 12, 2, (2, 1), 8, 1, THIRDS, zero_point=50),
    Shape(10, 32, 2, (2, 2), 8, 0, THIRDS, extreme=True),
    Shape(14, 16, 4, (2, 2), 2, 0, THIRDS),
    Shape(5, 24, 4, (2, 1), 6, 2, HALVES, extreme=True),
    Shape(10, 20, 2, (2, 2), 4, 1, HALVES, zero_point=-100),
    Shape(6, 8, 4, (2, 2), 2, limits=(-3, -128, 127)),
    Shape(6, 8, 4, (2, 2), 2, 1, STORED, zero_point=9, limits=(5, -20, 90)),
    Shape(6, 8, 4, (2, 1), 2, limits=(-128, -128, 90), pool_limits=(-100, 50)),
    Shape(6, 4, 4, (1, 1), 4, limits=(0, -128, 127), gain=1000),
    Shape(6, 4, 4, (2, 2), 2, 0, STORED, gain=300),
    *(
        Shape(width, into, 4, pool, rows, early, weights, zero, tile=tile, extreme=width % 3 == 0)
        for tile, pool, rows, width, into, early, weights, zero in (
            ("4x2", (2, 2), 2, 1, 4, 1, "int8", -128),
            ("4x2", (2, 2), 4, 2, 8, 1, STORED, 3),
            ("4x2", (2, 1), 6, 3, 12, 2, "int8", -90),
            ("4x2", (2, 1), 8, 5, 20, 3, THIRDS, -128),
            ("4x2", (1, 1), 4, 6, 36, 3, HALVES, 0),
            ("4x2", (2, 2), 6, 7, 24, 5, "int8", -128),
            ("4x2", (1, 1), 16, 11, 8, 7, STORED, -128),
            ("2x4", (2, 2), 1, 1, 8, 0, "int8", -128),
            ("2x4", (2, 1), 2, 5, 12, 1, "int8", 7),
            ("2x4", (2, 2), 3, 6, 16, 1, HALVES, -128),
            ("2x4", (2, 2), 4, 9, 12, 3, "int8", -128),
            ("2x4", (1, 1), 2, 11, 32, 0, STORED, 100),
            ("2x4", (2, 1), 1, 13, 4, 0, STORED, -128),
            ("2x2", (2, 2), 1, 1, 4, 0, STORED, -128),
            ("2x2", (2, 2), 1, 2, 8, 0, "int8", -2),
            ("2x2", (2, 1), 3, 3, 20, 2, "int8", -128),
            ("2x2", (2, 2), 4, 4, 12, 3, HALVES, -128),
            ("2x2", (1, 1), 6, 5, 16, 1, "int8", 127),
            ("2x2", (2, 2), 2, 8, 36, 0, STORED, -128),
            ("2x2", (2, 1), 4, 7, 8, 3, HALVES, 30),
            ("2x2", (1, 1), 2, 10, 4, 1, STORED, -128),
            ("2x2", (2, 2), 3, 11, 24, 2, "int8", -128),
        )
    ),
    Shape(9, 12, 12, (2, 2), 2, 1, STORED, zero_point=20, apart=8, tile="2x2"),
    Shape(9, 12, 8, (2, 1), 4, 1, STORED, apart=4, tile="4x2"),
    Shape(6, 8, 4, (2, 2), 2, limits=(-3, -128, 127), tile="2x2"),
    Shape(7, 8, 4, (2, 1), 2, limits=(-128, -128, 90), pool_limits=(-100, 50), tile="2x4"),
    Shape(6, 4, 4, (1, 1), 4, limits=(0, -128, 127), gain=1000, tile="4x2"),
    Shape(20, 16, 4, (2, 2), 2, by_batch=True),
    Shape(9, 12, 4, (2, 1), 4, 1, THIRDS, extreme=True, by_batch=True),
    Shape(13, 12, 2, (2, 2), 3, 1, HALVES, tile="2x2", by_batch=True),
    Shape(11, 20, 4, (2, 2), 2, 0, tile="4x2", by_batch=True, together=2),
    Shape(13, 8, 4, (2, 1), 6, 0, HALVES, by_batch=True, together=1),
    Shape(20, 16, 4, (2, 2), 4, 0, STORED, together=1),
]
ROW_COUNTS = (1, 2, 5, 12, 17)
ROW_COUNTS_ON_A_CORE = (5, 6, 13)


def layer_of(maker, shape):
    """Add the layer of `shape` to `maker`; returns it."""
    source = maker.source(shape.width, shape.into, shape.zero_point)
    conv = maker.convolution(
        source, shape.out, (3, 3), shape.limits, extreme=shape.extreme, gain=shape.gain
    )
    pools = (
        () if shape.pool == (1, 1) else (maker.pool(conv, "max", shape.pool_limits, shape.pool),)
    )
    choice = Choice(
        "winograd",
        shape.rows,
        shape.early,
        shape.weights,
        shape.apart,
        shape.tile,
        shape.together,
        shape.by_batch,
    )
    return maker.layer(Group((conv,), pools), choice)


@pytest.fixture(scope="module")
def maker():
    made = LayerMaker(1)
    for shape in SHAPES:
        layer_of(made, shape)
    return made


def test_all_layers_equal_the_reference(maker, tmp_path):
    program = build_program(tmp_path, maker.model, maker.layers)
    random = np.random.default_rng(2)
    for number, layer in enumerate(maker.layers):
        for rows in ROW_COUNTS:
            values = random_clip(random, maker.model, layer, rows, extreme=number % 3 == 1)
            assert_exact(program, maker.model, maker.layers, layer, values)


@pytest.mark.parametrize(
    ("family", "flags", "name", "count"),
    [
        ("gcc", (), "cortex-m4f", 67),
        ("zig", (), "cortex-m4f", 67),
        ("gcc", ("-DSN_PORTABLE",), "cortex-m4f", 0),
        ("gcc", (), "cortex-m0plus", 19),
        ("zig", (), "cortex-m0plus", 19),
    ],
    ids=["assembly", "zig", "portable", "v6m", "v6m-zig"],
)
def test_an_emulated_core_makes_the_same_bytes(maker, tmp_path, family, flags, name, count):
    core = ArmStrips(tmp_path, maker.model, maker.layers, family, flags, name)
    assembly = {symbol for symbol in core.symbols if ASSEMBLY.match(symbol)}
    assert len(assembly) == count
    edges = Counter()
    core.count_blocks(edges)
    random = np.random.default_rng(3)
    for number, layer in enumerate(maker.layers):
        for rows in ROW_COUNTS_ON_A_CORE:
            values = random_clip(random, maker.model, layer, rows, extreme=number % 3 == 1)
            found = core.run_layer(winograd, layer, values)
            np.testing.assert_array_equal(
                found, expected_rows(maker.model, layer, values), str(SHAPES[number])
            )
    entered = {block[0] for _, block in edges}
    assert {name for name in assembly if core.symbols[name] & ~1 not in entered} == set()
