"""The numpy interpreter against TFLite's reference kernels, at every tensor."""

import numpy as np
import pytest
from tiny_models import NONE, RELU6, NetworkWriter, head, random_rows, small_sernet

from sernet_cal import kernels, requantize, softmax_table
from sernet_cal.errors import InputError
from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_edge.model.bundled import resolve_model
from sernet_edge.tflite_micro import MicroModel


def assert_equals_tflite(flatbuffer, rows):
    model = read_qmodel(flatbuffer, rows.shape[1])
    judge = TfliteModel(flatbuffer, reference=True, observe=True)
    judge.run(rows)
    ours = run_reference(model, rows)
    for tensor, value, expected in zip(model.traced, ours, judge.observed(), strict=True):
        np.testing.assert_array_equal(value.reshape(-1), expected.reshape(-1), tensor.name)
    return ours


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 17, 40])
@pytest.mark.parametrize("pool", ["AVERAGE", "MAX"])
def test_every_tensor_equals_tflite_for_any_row_count(count, pool):
    assert_equals_tflite(small_sernet(3, pool=pool), random_rows(count, count))


@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (4, 3), (3, 8), (11, 1), (1, 9)])
@pytest.mark.parametrize("activation", [NONE, RELU6])
def test_convolution_of_any_kernel(kernel, activation):
    net = NetworkWriter(1, width=7)
    body = net.convolution(net.input, 5, kernel, activation)
    assert_equals_tflite(head(net, net.convolution(body, 3)), random_rows(2, 9, 7))


def test_convolution_with_one_scale_for_all_channels():
    net = NetworkWriter(2)
    flatbuffer = head(net, net.convolution(net.input, per_channel=False), per_channel=False)
    assert_equals_tflite(flatbuffer, random_rows(3, 12))


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize(
    ("kernel", "stride"),
    [((2, 2), (2, 2)), ((3, 3), (1, 1)), ((2, 3), (2, 2)), ((1, 4), (1, 3)), ((2, 2), (3, 3))],
)
def test_pool_windows(kind, kernel, stride):
    net = NetworkWriter(4)
    body = net.pool(net.convolution(net.input, activation=NONE), kind, kernel, stride)
    for count in (1, 6, 7):
        assert_equals_tflite(head_copy(net, body), random_rows(count, count))


def head_copy(net, body):
    del net.operators[2:]
    return head(net, body)


def test_pool_with_a_fused_relu():
    net = NetworkWriter(5)
    body = net.convolution(net.input, activation=NONE)
    assert_equals_tflite(head(net, net.pool(body, activation=1)), random_rows(5, 9))


def test_mean_that_keeps_its_dimensions_and_a_reshape_before_the_dense_layer():
    net = NetworkWriter(6)
    mean = net.mean(net.convolution(net.input, 6), keep_dims=True)
    net.softmax(net.dense(net.reshape(mean, (1, 6))))
    assert_equals_tflite(net.finish(), random_rows(6, 9))


@pytest.mark.parametrize("seed", range(12))
def test_dense_layers_and_softmax_over_many_random_networks(seed):
    net = NetworkWriter(seed)
    net.softmax(net.dense(net.dense(net.mean(net.convolution(net.input, 16)), 24), 9), beta=0.7)
    assert_equals_tflite(net.finish(), random_rows(seed, 9))


def test_extreme_rows():
    for value in (-128, 127):
        assert_equals_tflite(small_sernet(7), np.full((9, 8), value, np.int8))


def test_bundled_model_equals_tflite_and_tflite_micro():
    bundle = resolve_model(None)
    rows = random_rows(8, bundle.model_rows, 40)
    scores = assert_equals_tflite(bundle.int8, rows)[-1]
    micro = MicroModel.load(bundle.int8)
    if micro is None:
        pytest.skip("the Python package tflite_micro is not installed")
    assert micro.rows == bundle.model_rows
    np.testing.assert_array_equal(micro.run(rows), scores)


def _single_in_mean(operator, values, input_zero, output_zero):
    factor = kernels.mean_multiplier(operator.multiplier, values.shape[0] * values.shape[1])
    sums = (values.astype(np.int64) - input_zero).sum(axis=(0, 1))
    scaled = requantize.multiply_single_rounding(sums, factor.value, factor.shift)
    return requantize.clamp(scaled + output_zero, -128, 127)


def _run_wide_heads():
    for seed in range(40):
        net = NetworkWriter(seed)
        flatbuffer = head(net, net.convolution(net.input, 32), 64)
        assert_equals_tflite(flatbuffer, random_rows(seed, 9))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("multiply_single_rounding", requantize.multiply_double_rounding),
        ("multiply_double_rounding", requantize.multiply_single_rounding),
        ("mean", _single_in_mean),
    ],
)
def test_tflite_tells_the_rounding_profiles_apart(monkeypatch, name, wrong):
    monkeypatch.setattr(kernels, name, wrong)
    with pytest.raises(AssertionError):
        _run_wide_heads()


def test_rows_of_another_type_or_width_are_refused():
    model = read_qmodel(small_sernet(), 8)
    for rows in (np.zeros((3, 8)), np.zeros((3, 7), np.int8), np.zeros((0, 8), np.int8)):
        with pytest.raises(
            InputError, match="takes int8 rows of 8 values, one at least; these are"
        ):
            run_reference(model, rows)


def test_multiplication_refuses_to_leave_32_bits():
    with pytest.raises(OverflowError, match="a sum leaves int32"):
        requantize.multiply_double_rounding(np.array([2**24]), 2**30, 8)


def test_mean_refuses_a_clip_that_its_sum_cannot_hold():
    model = read_qmodel(small_sernet(), 8)
    mean = next(op for op in model.operators if op.output == len(model.traced) - 3)
    pixels = np.broadcast_to(np.int8(0), (2**20, 9, 7))
    with pytest.raises(InputError, match="can leave its 32-bit sum"):
        kernels.mean(mean, pixels, 0, 0)


def test_the_exponential_table_ends_where_tflite_drops_the_logits():
    table = softmax_table.exponentials(0.5, 1.0)
    exact = np.exp(-0.5 * np.arange(256)) * 2**31
    assert table[0] == 2**31 - 1
    assert not table[32:].any()
    np.testing.assert_allclose(table, exact, atol=512)


def test_softmax_refuses_a_scale_that_tflite_cannot_prepare():
    with pytest.raises(OverflowError, match="the softmax's input scale is too small"):
        softmax_table.exponentials(1e-9, 1.0)
