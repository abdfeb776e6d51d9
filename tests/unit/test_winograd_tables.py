"""The tables of sn_winograd: what is refused, which tiles go together, the numbers, the sizes."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strip_layers import LayerMaker

from sernet_gen.assets import runtime_dir
from sernet_gen.kernels import winograd
from sernet_gen.kernels.choice import Choice, Group
from sernet_gen.kernels.winograd_batches import Batch, choose_batches
from sernet_gen.kernels.winograd_layout import batches_of, points_of
from sernet_gen.kernels.winograd_tables import (
    EDGE_OFFSET,
    OFFSET,
    biases,
    edge_sums,
    is_plain,
    limits,
    quads,
    raised_sums,
    sum_bound,
    transformed,
)
from sernet_gen.kernels.winograd_tiles import tile_of

# By the outputs of a tile along a side.
B4 = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
A4 = np.array(
    [[6, -4, -4, 1, 1, 0], [0, -4, 4, 2, -2, 0], [0, -4, -4, 4, 4, 0], [0, -4, 4, 8, -8, 24]]
)
B2 = np.array([[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]])
A2 = np.array([[-2, 1, 1, 0], [0, 1, -1, 2]])
B, A = {4: B4, 2: B2}, {4: A4, 2: A2}
TILES = ("4x4", "4x2", "2x4", "2x2")
CHOICE = Choice("winograd", 2)
ENGINE = runtime_dir() / "engine"


def layer(into=8, out=4, kernel=(3, 3), pool=(2, 2), width=8, zero_point=-128, kind="max"):
    maker = LayerMaker(3)
    conv = maker.convolution(maker.source(width, into, zero_point), out, kernel)
    pools = () if pool is None else (maker.pool(conv, kind, size=pool),)
    return maker.model, Group((conv,), pools)


def refusal(model_and_group, choice=CHOICE):
    return winograd.refusal(*model_and_group, choice)


@pytest.mark.parametrize(
    ("parts", "choice", "expected"),
    [
        ({"kernel": (5, 3)}, CHOICE, "run by Winograd: its window is 5x3, not 3x3"),
        ({"into": 6}, CHOICE, "run by Winograd: its 6 input channels are not a multiple of 4"),
        ({"out": 3}, CHOICE, "run by Winograd: its 3 output channels are not a multiple of 2"),
        (
            {"out": 6},
            Choice("winograd", 2, 0, "transformed"),
            "run by Winograd: its 6 output channels are not a multiple of 4",
        ),
        (
            {"kind": "average"},
            CHOICE,
            "run by Winograd together with its average pool: that is for max pools",
        ),
        (
            {"pool": (1, 2)},
            CHOICE,
            "run by Winograd together with its pool: that is 1x2 in steps of 1x2, not 2x1 or 2x2",
        ),
        (
            {},
            Choice("winograd", 3),
            "run by Winograd F(4x4) 3 rows at a time: that is 6 rows of the convolution, "
            "not 4, 8, 12 or 16",
        ),
        (
            {"pool": None},
            Choice("winograd", 10, tile="2x4"),
            "run by Winograd F(2x4) 10 rows at a time: that is 10 rows of the convolution, "
            "not 2, 4, 6 or 8",
        ),
        (
            {},
            Choice("winograd", 2, 0, "thirds", tile="2x2"),
            "run by Winograd F(2x2) with weights in thirds: they have 4 rows of points",
        ),
        (
            {},
            Choice("winograd", 2, 0, "transformed", by_batch=True),
            "run by Winograd with transformed weights made by batch: they are made beforehand",
        ),
        (
            {"pool": None},
            Choice("winograd", 20),
            "run by Winograd F(4x4) 20 rows at a time: that is 20 rows of the convolution, "
            "not 4, 8, 12 or 16",
        ),
    ],
)
def test_refusals_say_what_does_not_fit(parts, choice, expected):
    assert refusal(layer(**parts), choice) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (
            Choice("winograd", 2, 0, "int8", 4),
            "run by Winograd with channels apart: that is for transformed weights",
        ),
        (
            Choice("winograd", 2, 0, "transformed", 8),
            "run by Winograd with 8 channels apart: that is for multiples of 4 below its 8",
        ),
        (
            Choice("winograd", 2, 0, "transformed", 2),
            "run by Winograd with 2 channels apart: that is for multiples of 4 below its 8",
        ),
    ],
)
def test_channels_apart_that_cannot_be_are_refused(choice, expected):
    assert refusal(layer(out=8), choice) == expected


def test_more_tiles_together_than_there_are_registers_for_are_refused():
    expected = "run by Winograd 5 tiles together: that is for 1 to 4"
    assert refusal(layer(), Choice("winograd", 2, together=5)) == expected


def test_several_joined_convolutions_are_refused():
    model, group = layer(pool=None)
    joined = Group(group.convolutions * 2)
    expected = "run by Winograd: that is for one convolution, not for several joined ones"
    assert winograd.refusal(model, joined, CHOICE) == expected


def test_weights_whose_sums_can_be_too_large_are_refused():
    model, group = layer(into=128)
    weights = np.full_like(group.convolutions[0].weights, 114)
    weights[1:] = 0
    zeros = np.zeros(4, np.int64)
    fits = dataclasses.replace(group.convolutions[0], weights=weights, bias=zeros)
    assert sum_bound(fits, -128) == 9 * 128 * 114 * 255 < 2**25
    assert refusal((model, Group((fits,), group.pools))) is None
    larger = dataclasses.replace(fits, bias=zeros + (2**25 - 9 * 128 * 114 * 255))
    assert refusal((model, Group((larger,), group.pools))) == (
        "run by Winograd F(4x4): with its weights a sum may reach 33,554,432, and only sums below "
        "33,554,432 come out exact"
    )
    # Smaller tiles scale sums by less.
    for tile, limit in (("4x2", 2**27), ("2x4", 2**27), ("2x2", 2**29)):
        choice = Choice("winograd", 2, tile=tile)
        assert refusal((model, Group((larger,), group.pools)), choice) is None
        beyond = dataclasses.replace(fits, bias=zeros + (limit - 9 * 128 * 114 * 255))
        assert refusal((model, Group((beyond,), group.pools)), choice) == (
            f"run by Winograd F({tile}): with its weights a sum may reach {limit:,}, and only sums "
            f"below {limit:,} come out exact"
        )
    # Around a zero point in the middle, positive weights alone reach half as far.
    assert sum_bound(fits, 0) == 9 * 128 * 114 * 128


def test_weights_that_add_up_to_more_than_the_tables_hold_are_refused():
    model, group = layer(into=132, width=9)
    weights = np.full_like(group.convolutions[0].weights, 0)
    weights[1, :, 2] = 82
    fits = dataclasses.replace(group.convolutions[0], weights=weights)
    assert edge_sums(fits)[1, 0] == 3 * 132 * 82 < 2**15
    assert refusal((model, Group((fits,), group.pools))) is None
    more = np.where(weights, 83, 0).astype(np.int8)
    larger = dataclasses.replace(fits, weights=more)
    assert refusal((model, Group((larger,), group.pools))) == (
        "run by Winograd: some of its weights add up to 32,868, and its tables hold only sums "
        "below 32,768"
    )
    # Without an edge only a few of them stand in the tables.
    stored = Choice("winograd", 2, 0, "transformed")
    assert refusal((model, Group((larger,), group.pools)), stored) is None


@pytest.mark.parametrize("lanes", [2, 4])
@pytest.mark.parametrize("tile_rows", [1, 2, 3, 4])
@pytest.mark.parametrize(("width", "most"), [(4, 4), (2, 2), (4, 1)])
def test_batches_cover_every_tile_once(lanes, tile_rows, width, most):
    for columns in range(1, 12):
        seen = np.zeros((tile_rows, columns), int)
        for batch in choose_batches(columns, tile_rows, lanes, width, most):
            assert 1 <= batch.tiles <= min(most, 4 if lanes == 2 else 3)
            first = batch.column // width
            rows = slice(batch.tile_row, batch.tile_row + batch.tile_rows)
            seen[rows, first : first + batch.columns] += 1
        assert (seen == 1).all()


def test_batches_of_the_bundled_shapes():
    assert choose_batches(5, 1, 4) == (Batch(0, 3, 0, 1), Batch(12, 2, 0, 1))
    assert choose_batches(3, 2, 2) == (Batch(0, 3, 0, 1), Batch(0, 3, 1, 1))
    assert choose_batches(2, 3, 2) == (Batch(0, 1, 0, 3), Batch(4, 1, 0, 3))
    assert sorted(batch.tiles for batch in choose_batches(5, 2, 2)) == [3, 3, 4]


def unpacked(words):
    """Return the int16 of words [..., pairs] as [..., channels] in their order."""
    low, high = (words & 0xFFFF).astype(np.int16), (words >> 16).astype(np.int16)
    quads_of = np.stack([low[..., 0::2], low[..., 1::2], high[..., 0::2], high[..., 1::2]], -1)
    return quads_of.reshape(*words.shape[:-1], -1).astype(np.int64)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-128, 127), st.booleans(), st.sampled_from(TILES))
def test_the_tables_give_the_direct_sums(seed, zero_point, extreme, name):
    random, tile = np.random.default_rng(seed), tile_of(name)
    _, group = layer(into=4, zero_point=zero_point)
    operator = group.convolutions[0]
    if extreme:
        weights = random.choice(np.array([-127, 127], np.int8), operator.weights.shape)
        operator = dataclasses.replace(operator, weights=weights)
    shape = (tile.point_rows, tile.point_columns, 4)
    pixels = random.choice([-128, 127], shape) if extreme else random.integers(-128, 128, shape)
    raised = pixels + 128
    raised[tile.height :, tile.width :, :2] += OFFSET
    values = np.einsum("ia,abc,jb->ijc", B[tile.height], raised, B[tile.width])
    values = values.reshape(tile.points, 4)
    assert abs(values).max() < 2**15
    assert values[:, :2].min() >= 0
    words = transformed(operator.weights, tile).transpose(0, 3, 1, 2)
    table = unpacked(words.reshape(4, tile.points, 2))
    sums = np.einsum("opc,pc->op", table, values).reshape(4, *shape[:2])
    wide = np.einsum("yi,oij,xj->oyx", A[tile.height], sums, A[tile.width])
    bias = np.tile(biases(operator, zero_point)[:, None, None], (tile.height, tile.width))
    bias[:, -2:, -2:] -= OFFSET * raised_sums(operator).reshape(4, 2, 2)
    odd = 3 ** ((tile.height == 4) + (tile.width == 4))
    scaled = wide % 2**32 * pow(odd, -1, 2**32) % 2**32 + (bias << tile.scale_bits)
    got = signed(scaled) >> tile.scale_bits
    centred = np.lib.stride_tricks.sliding_window_view(pixels - zero_point, (3, 3), (0, 1))
    direct = np.einsum("yxcij,oijc->oyx", centred, operator.weights.astype(np.int64))
    np.testing.assert_array_equal(got, direct + operator.bias[:, None, None])


def signed(values):
    return (values + 2**31) % 2**32 - 2**31


def test_values_fit_their_words():
    for height, width in ((4, 4), (4, 2), (2, 4), (2, 2)):
        reach = np.einsum("ia,jb->ijab", B[height], B[width])
        reach = reach.reshape((height + 2) * (width + 2), -1)
        least, most = (255 * f(reach, 0).sum(axis=1) for f in (np.minimum, np.maximum))
        assert least.min() + OFFSET >= 1_330
        assert most.max() + OFFSET <= 31_420
        assert max(-least.min(), most.max()) <= 25_500


def test_weights_fit_their_words():
    across = tile_of("4x4").across
    sizes = np.outer(abs(across).sum(axis=1), abs(across).sum(axis=1))
    assert 127 * sizes.max() == 6_223
    # What the run adds to the weights that it transforms itself (sn_winograd_weights).
    taps = np.full((3, 3), 128)
    taps[0] += 2304
    columns = across @ taps
    columns[5, 0] += 512
    offsets = columns @ across.T
    assert (offsets - 128 * sizes).min() >= 0
    assert (offsets + 127 * sizes).max() < 2**15
    assert (columns[:, :2] - 128 * abs(across).sum(axis=1)[:, None]).min() >= 0
    # The points of F(2, 3) are some of these.
    of_two = columns @ tile_of("2x2").across.T
    source = (ENGINE / "sn_winograd_transform.c").read_text()
    for points, expected in ((6, offsets), (4, of_two), (2, columns[:, 1::-1])):
        table = re.search(rf"sn_winograd_less_{points}\[\w+\] = {{([^}}]*)}}", source).group(1)
        assert [-int(number) for number in table.split(",")] == expected.ravel().tolist()


def test_quads_are_bytes_of_four_channels_tap_by_tap():
    _, group = layer()
    weights = group.convolutions[0].weights
    table = quads(weights)
    assert table.shape == (4, 2, 9, 4)
    assert table[3, 1, 5, 2] == int(weights[3, 1, 2, 6]) + 128


def test_limits_of_convolution_and_pool_together():
    _, group = layer()
    pool = dataclasses.replace(group.pools[0], low=-100, high=50)
    assert limits(Group(group.convolutions, (pool,))) == (-100, 50)
    conv = dataclasses.replace(group.convolutions[0], low=60, high=90)
    assert limits(Group((conv,), (pool,))) == (50, 50)


def test_only_the_plain_requantisation_is_short():
    model, group = layer()
    assert is_plain(model, group)
    conv = group.convolutions[0]
    shifted = conv.shifts.copy()
    for shift in (1, -24):
        shifted[2] = shift
        assert not is_plain(model, Group((dataclasses.replace(conv, shifts=shifted),)))
    assert not is_plain(model, Group((dataclasses.replace(conv, high=90),)))


def test_sizes_of_a_layer_of_the_bundled_network():
    model, group = layer(into=96, out=64, width=20)
    stored, made = Choice("winograd", 2, 0, "transformed"), CHOICE
    values, words = 36 * (1 + 48), 36 * 48 * 2
    assert winograd.workspace_bytes(model, group, stored) == 4 * (288 + 3 * values)
    assert winograd.workspace_bytes(model, group, made) == 4 * (288 + 5 * values + words)
    weights = 96 * 64 * 9
    assert (
        winograd.flash_bytes(model, group, stored) == 8 * weights + 64 * 20 + 20 * 96 + 2 * 28 + 76
    )
    apart = dataclasses.replace(stored, apart=4)
    assert winograd.workspace_bytes(model, group, apart) == 4 * (288 + 3 * values + words // 3)
    saved = winograd.flash_bytes(model, group, stored) - winograd.flash_bytes(model, group, apart)
    assert saved == 7 * 4 * 96 * 9
    assert winograd.flash_bytes(model, group, made) == weights + 64 * 20 + 20 * 96 + 2 * 28 + 76


def test_the_assembly_of_a_layer_is_listed_by_pool_tiles_and_rows_of_weights():
    wide, narrow = layer(into=96, out=64, width=20), layer(into=96, out=128, pool=(2, 1), width=5)
    pool = [("SN_WINOGRAD_TILES_LIST", "4, 4"), ("SN_WINOGRAD_POOLS_LIST", "4, 4, 2, 2")]
    stored = [*pool, *(("SN_WINOGRAD_STORED_LIST", tiles) for tiles in ("2", "3"))]
    assert list(winograd.shapes(*wide, Choice("winograd", 2, 0, "transformed"))) == stored
    assert list(winograd.shapes(*wide, CHOICE)) == [
        *pool,
        ("SN_WINOGRAD_MADE_LIST", "2, 48"),
        ("SN_WINOGRAD_MADE_LIST", "3, 48"),
        ("SN_WINOGRAD_WEIGHTS_LIST", "6, 0, 6, 48"),
    ]
    assert list(winograd.shapes(*wide, Choice("winograd", 2, 0, "transformed", 4))) == [
        *stored,
        ("SN_WINOGRAD_MADE_LIST", "2, 48"),
        ("SN_WINOGRAD_MADE_LIST", "3, 48"),
        *(("SN_WINOGRAD_WEIGHTS_LIST", f"6, {row}, 2, 48") for row in (0, 2, 4)),
    ]
    # The first or the last run may have fewer tile rows.
    assert list(winograd.shapes(*narrow, Choice("winograd", 4, 0, "halves"))) == [
        ("SN_WINOGRAD_TILES_LIST", "4, 4"),
        ("SN_WINOGRAD_POOLS_LIST", "4, 4, 2, 1"),
        ("SN_WINOGRAD_MADE_LIST", "1, 56"),
        ("SN_WINOGRAD_MADE_LIST", "2, 56"),
        ("SN_WINOGRAD_WEIGHTS_LIST", "6, 0, 3, 56"),
        ("SN_WINOGRAD_WEIGHTS_LIST", "6, 3, 3, 56"),
    ]
    assert list(winograd.shapes(*narrow, Choice("winograd", 2, 0, "halves", 0, "2x2"))) == [
        ("SN_WINOGRAD_TILES_LIST", "2, 2"),
        ("SN_WINOGRAD_POOLS_LIST", "2, 2, 2, 1"),
        *(("SN_WINOGRAD_MADE_LIST", f"{tiles}, 40") for tiles in (1, 2, 4)),
        ("SN_WINOGRAD_WEIGHTS_LIST", "4, 0, 2, 40"),
        ("SN_WINOGRAD_WEIGHTS_LIST", "4, 2, 2, 40"),
    ]


def test_a_width_of_4n_plus_1_ends_with_an_edge_when_the_run_makes_the_weights():
    model, group = layer(into=96, out=128, pool=(2, 1), width=5)
    made, stored = Choice("winograd", 6), Choice("winograd", 6, 0, "transformed")
    edge = Batch(4, 1, 0, 3, is_edge=True)
    assert batches_of(model, group, made) == (Batch(0, 1, 0, 3), edge)
    assert (edge.tiles, points_of(made, edge)) == (3, 12)
    assert points_of(Choice("winograd", 2, tile="2x2"), edge) == 8
    assert not any(batch.is_edge for batch in batches_of(model, group, stored))
    values, words = 3 * (36 + 12) * (1 + 48), 6 * 48 * 7 * 2
    assert winograd.workspace_bytes(model, group, made) == 4 * (288 + values + words)
    tables = 128 * (96 * 9 + 20 + 6) + 5 * 96 + 2 * 28 + 76
    assert winograd.flash_bytes(model, group, made) == tables
    for weights, parts in (("halves", 2), ("thirds", 3)):
        choice = Choice("winograd", 6, 0, weights)
        scratch = 2 * 36 * (3 + 3)
        size = 4 * (scratch + values + words // parts)
        assert winograd.workspace_bytes(model, group, choice) == size
        assert winograd.flash_bytes(model, group, choice) == tables
    narrow = layer(into=96, out=128, pool=(2, 1), width=1)
    assert batches_of(*narrow, made) == (Batch(0, 1, 0, 3),)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-128, 127), st.sampled_from(TILES))
def test_the_tables_of_an_edge_give_the_direct_sums(seed, zero_point, name):
    random, tile = np.random.default_rng(seed), tile_of(name)
    height, bits = tile.height, tile.scale_bits
    _, group = layer(into=4, zero_point=zero_point)
    operator = group.convolutions[0]
    pixels = random.choice([-128, 127], (tile.point_rows, 2, 4))
    raised = pixels + 128
    raised[height:, :, :2] += EDGE_OFFSET
    kernels = operator.weights.astype(np.int64)
    sums = np.einsum("ia,oajc,ib,bjc->oi", tile.down, kernels[:, :, :2], B[height], raised)
    weights = edge_sums(operator)
    bias = (biases(operator, zero_point) + (zero_point + 128) * weights[:, 0])[:, None]
    bias = np.tile(bias, height)
    bias[:, -2:] -= EDGE_OFFSET * weights[:, 1:]
    odd, factor = (3, 24) if height == 4 else (1, 2)
    wide = (sums @ A[height].T) % 2**32 * pow(odd, -1, 2**32) * (2**bits * odd // factor)
    got = signed(wide % 2**32 + (bias << bits)) >> bits
    padded = np.pad(pixels - zero_point, ((0, 0), (0, 1), (0, 0)))
    centred = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
    direct = np.einsum("yxcij,oijc->oy", centred, kernels)
    np.testing.assert_array_equal(got, direct + operator.bias[:, None])


def test_the_values_of_an_edge_are_positive_in_the_low_channel():
    for matrix in (B4, B2):
        least, most = (255 * f(matrix, 0).sum(axis=1) for f in (np.minimum, np.maximum))
        assert least.min() >= -2_040 > -EDGE_OFFSET
        assert most.max() + EDGE_OFFSET < 2**15


def test_smaller_tiles_take_less_flash_and_memory():
    model, group = layer(into=96, out=64, width=20)
    weights, beside = 96 * 64, 64 * 20 + 20 * 96 + 76
    for name, points in (("4x4", 36), ("4x2", 24), ("2x4", 24), ("2x2", 16)):
        stored = Choice("winograd", 2, 0, "transformed", 0, name)
        batches = len(batches_of(model, group, stored))
        expected = 2 * points * weights + beside + 28 * batches
        assert winograd.flash_bytes(model, group, stored) == expected
        assert winograd.workspace_bytes(model, group, stored) == 4 * (288 + 3 * points * (1 + 48))


def test_weights_made_by_batch_keep_one_batch_of_values():
    model, group = layer(into=96, out=64, width=20)
    whole, by_batch = (Choice("winograd", 2, by_batch=by_batch) for by_batch in (False, True))
    values, words = 36 * (1 + 48), 36 * 48 * 2
    assert winograd.workspace_bytes(model, group, whole) == 4 * (288 + 5 * values + words)
    assert winograd.workspace_bytes(model, group, by_batch) == 4 * (288 + 3 * values + words)
    assert winograd.flash_bytes(model, group, whole) == winograd.flash_bytes(model, group, by_batch)


def test_the_header_states_the_numbers_of_the_tables():
    header = (ENGINE / "sn_winograd.h").read_text()
    assert f"#define SN_WINOGRAD_OFFSET {OFFSET}u" in header
    assert f"#define SN_WINOGRAD_EDGE_OFFSET {EDGE_OFFSET}u" in header
