"""The schedule, the rings and the arena; and the generated tables."""

import re

import numpy as np
import pytest
from tiny_models import NetworkWriter, head, small_sernet

from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Convolution
from sernet_edge.model.bundled import resolve_model
from sernet_gen.arena import Block, place_blocks
from sernet_gen.assets import runtime_dir
from sernet_gen.csyntax import LINE_WIDTH, RUNTIME_ABI
from sernet_gen.kernels.direct import blocked_weights
from sernet_gen.kernels.weighted import folded_bias
from sernet_gen.model_source import render_model
from sernet_gen.plan import plan_model


@pytest.fixture(scope="module")
def sernet():
    return read_qmodel(resolve_model(None).int8)


def capacities(model):
    return {t.name: len(s) for t, s in zip(model.traced, plan_model(model).slots, strict=True)}


def test_light_sernet_needs_less_than_25_kilobytes_with_those_of_the_front_end(sernet):
    assert plan_model(sernet).arena_bytes == 24_888


def test_rings_hold_what_the_windows_need(sernet):
    found = capacities(sernet)
    assert (found["input"], found["concat"], found["conv_4"]) == (11, 3, 2)
    assert all(found[f"max_pool_{n}"] == 1 for n in (1, 2, 3, 7))


def test_the_three_paths_run_side_by_side(sernet):
    schedule = plan_model(sernet).schedule
    lags = {sernet.traced[place].name: lag for place, lag in schedule.lags.items()}
    # The 11x1 path must wait for five rows below; the others wait with it.
    assert lags["conv_1"] == lags["conv_2"] == lags["conv_3"] == 5
    assert lags["max_pool_1"] == lags["concat"] == 6


def test_each_path_is_pooled_before_the_next_one_runs(sernet):
    names = [sernet.traced[step.output].name for step in plan_model(sernet).steps]
    assert names[:7] == [
        *("conv_1", "max_pool_1", "conv_2", "max_pool_2", "conv_3", "max_pool_3"),
        "concat",
    ]
    assert names[-1] == "mean"


def test_a_fork_inside_the_network_keeps_the_rows_of_its_slower_path():
    net = NetworkWriter(1)
    stem = net.convolution(net.input, 2)
    paths = [net.convolution(stem, 2, (9, 1)), net.convolution(stem, 2, (1, 1))]
    net.tensors[paths[1]].quantization = net.tensors[paths[0]].quantization
    found = capacities(read_qmodel(head(net, net.concatenation(paths)), 8))
    assert (found["conv_1"], found["conv_2"], found["conv_3"]) == (9, 1, 1)


def test_the_longest_clip_keeps_the_mean_inside_32_bits(sernet):
    plan, source = plan_model(sernet), sernet.traced[plan_model(sernet).schedule.mean.input]
    rows = plan.max_rows // source.period
    assert rows * source.width * 255 < 2**31 <= (rows + 1) * source.width * 255


def test_blocks_share_bytes_only_at_different_times():
    blocks = [Block("a", 8, 0b01), Block("b", 6, 0b10), Block("c", 4, 0b11), Block("d", 3, 0b01)]
    offsets, size = place_blocks(blocks)
    assert offsets == {"a": 0, "b": 0, "c": 8, "d": 12}
    assert size == 16


def test_no_blocks_need_no_arena():
    assert place_blocks([]) == ({}, 0)


def test_weights_lie_in_blocks_of_pairs_of_channels():
    net = NetworkWriter(2)
    model = read_qmodel(head(net, net.convolution(net.input, 3, (2, 2))), 8)
    operator = next(op for op in model.operators if isinstance(op, Convolution))
    blocks = blocked_weights(operator)
    assert blocks.shape == (2, 1, 2, 16)
    np.testing.assert_array_equal(blocks[0, 0, 1, :4], operator.weights[1].reshape(-1))
    assert not blocks[1, :, 1].any()
    assert not blocks[:, :, :, 4:].any()


def test_the_zero_point_is_folded_into_the_bias():
    net = NetworkWriter(3, zero_point=7)
    model = read_qmodel(head(net, net.convolution(net.input, 2)), 8)
    operator = model.operators[0]
    expected = operator.bias - 7 * operator.weights.astype(np.int64).sum(axis=(1, 2, 3))
    np.testing.assert_array_equal(folded_bias(model, operator), expected)


def test_the_same_model_gives_the_same_text():
    first, second = (read_qmodel(small_sernet(4), 8) for _ in range(2))
    assert render_model(first, plan_model(first)) == render_model(second, plan_model(second))


def test_the_tables_are_locked_to_the_runtime():
    model = read_qmodel(small_sernet(4), 8)
    text = render_model(model, plan_model(model))
    header = (runtime_dir() / "sn_status.h").read_text()
    assert f"#define SN_RUNTIME_ABI {RUNTIME_ABI}\n" in header
    assert f"#if SN_RUNTIME_ABI != {RUNTIME_ABI}\n#error" in text
    assert "const sn_model sn_generated_model = {\n" in text
    assert max(map(len, text.splitlines())) <= LINE_WIDTH
    assert not re.search(r"[\t\r]", text)


def test_a_network_without_a_dense_layer_has_no_vector_operators():
    net = NetworkWriter(5)
    net.mean(net.convolution(net.input))
    model = read_qmodel(net.finish(), 8)
    assert ".vector_operators = 0,\n" in render_model(model, plan_model(model))
