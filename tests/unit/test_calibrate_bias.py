"""Bias correction: the channel means of the int8 graph become those of the float graph."""

from typing import Any

import numpy as np
import pytest
from tiny_models import NetworkWriter, head, random_rows, small_sernet

from sernet_cal import calibrate_bias
from sernet_cal.calibrate import FloatRows, representative_rows
from sernet_cal.calibrate_bias import correct_biases
from sernet_cal.errors import ModelError
from sernet_cal.features import FrontEnd
from sernet_cal.flatbuffer import read_graph, with_constants
from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_edge.audio.synthetic import synthetic_clips

STREAM = FrontEnd("stream", "hann", (-10.0,) + (0.0,) * 39, (22.0,) + (3.0,) * 39, 4.0)
PLAIN = "\n  Quantize without correcting it:  --no-bias-correction"
Graphs = tuple[bytes, bytes, list[FloatRows]]


def float_rows(count: int = 3) -> list[FloatRows]:
    return [random_rows(seed, 9).astype(np.float32) * np.float32(0.03) for seed in range(count)]


def as_steps(rows: FloatRows, int8: bytes) -> Any:
    made = read_qmodel(int8, rows.shape[1]).input
    return np.clip(np.rint(rows / made.scale) + made.zero_point, -128, 127).astype(np.int8)


def channel_means(int8: bytes, clips: list[FloatRows]) -> list[Any]:
    """Return the means of each tensor's channels over `clips`, in the tensors' own units."""
    model = read_qmodel(int8)
    runs = [run_reference(model, as_steps(rows, int8)) for rows in clips]
    found = []
    for place, tensor in enumerate(model.traced):
        values = np.concatenate([run[place].reshape(-1, tensor.channels) for run in runs])
        found.append((values.mean(axis=0) - tensor.zero_point) * tensor.scale)
    return found


def refusal(*arguments: Any) -> str:
    with pytest.raises(ModelError) as caught:
        correct_biases(*arguments)
    return str(caught.value)


@pytest.fixture(scope="module")
def graphs() -> Graphs:
    """A network with average pooling as int8 and float graphs, and clips to calibrate it on."""
    keras: Any = pytest.importorskip("keras", reason="keras is not installed (extra [train])")
    from sernet_cal.convert import convert

    keras.utils.set_random_seed(1)
    inputs = tensor = keras.Input((28, 40, 1))
    for filters in (3, 4, 5):
        tensor = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor)
        tensor = keras.layers.AveragePooling2D(2, padding="same")(tensor)
    tensor = keras.layers.GlobalAveragePooling2D()(tensor)
    # A bias of zeros is left out by the converter.
    dense = keras.layers.Dense(3, activation="softmax", bias_initializer="ones")
    model = keras.Model(inputs, dense(tensor))
    clips = [clip.samples[:8000] for clip in synthetic_clips()[:4]]
    rows = representative_rows(STREAM, clips, 0.5)
    return convert(model, 28, rows), convert(model, 28, None), rows


def test_the_channels_have_the_float_networks_means(graphs: Graphs) -> None:
    int8, float32, clips = graphs
    network = TfliteModel(float32, reference=False, observe=True)
    wanted: list[Any] = []
    for rows in clips:
        network.run(rows)
        wanted.append([v.reshape(-1, v.shape[-1]).mean(axis=0) for v in network.observed()])
    expected = [np.mean(values, axis=0) for values in zip(*wanted, strict=True)]
    model = read_qmodel(int8)

    def errors(flatbuffer: bytes) -> dict[str, float]:
        means = channel_means(flatbuffer, clips)
        return {
            tensor.name: float(np.abs(mean - target).max() / tensor.scale)
            for tensor, mean, target in zip(model.traced, means, expected, strict=True)
        }

    before, after = errors(int8), errors(correct_biases(int8, float32, clips))
    for name in ("conv_1", "conv_2", "conv_3"):
        assert after[name] < 0.01, (name, before, after)
    # Four clips leave a vector's mean at quarters of a step.
    assert after["dense"] <= 0.26
    assert before["average_pool_1"] > 0.05
    assert sum(after.values()) < 0.6 * sum(before.values())


def test_only_biases_change_and_the_same_way_every_time(graphs: Graphs) -> None:
    int8, float32, clips = graphs
    corrected = correct_biases(int8, float32, clips)
    assert correct_biases(int8, float32, clips) == corrected
    before, after = read_graph(int8), read_graph(corrected)
    assert before.operators == after.operators
    changed = {
        number
        for number, (left, right) in enumerate(zip(before.tensors, after.tensors, strict=True))
        if left.data != right.data
    }
    biases = {op.inputs[2] for op in before.operators if op.kind in ("CONV_2D", "FULLY_CONNECTED")}
    assert changed
    assert changed <= biases
    for left, right in zip(before.tensors, after.tensors, strict=True):
        assert (left.name, left.shape, left.scales, left.zero_points) == (
            right.name, right.shape, right.scales, right.zero_points
        )  # fmt: skip
    rows = as_steps(clips[0], int8)
    judged = TfliteModel(corrected, reference=True).run(rows)
    assert np.array_equal(judged, run_reference(read_qmodel(corrected), rows)[-1])


def test_of_many_clips_some_are_taken(graphs: Graphs, monkeypatch: pytest.MonkeyPatch) -> None:
    int8, float32, clips = graphs
    monkeypatch.setattr(calibrate_bias, "MOST_ROWS", 2 * 28 + 5)
    few = correct_biases(int8, float32, clips)
    assert few == correct_biases(int8, float32, [clips[0], clips[-1]])
    monkeypatch.setattr(calibrate_bias, "MOST_ROWS", 1)
    assert correct_biases(int8, float32, clips) == correct_biases(int8, float32, clips[:1])


def test_a_network_of_other_layers_is_refused(graphs: Graphs) -> None:
    int8, _, clips = graphs
    keras: Any = pytest.importorskip("keras", reason="keras is not installed (extra [train])")
    from sernet_cal.convert import convert

    inputs = keras.Input((28, 40, 1))
    tensor = keras.layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    tensor = keras.layers.GlobalAveragePooling2D()(tensor)
    other = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(tensor))
    assert refusal(int8, convert(other, 28, None), clips) == (
        "The float model has 5 tensors, the int8 model 10: the converter changed the graph.\n"
        "  Report the model; the calibration report cannot be made for it."
    )


def tiny(outputs: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the float network of a tiny model have `outputs` as its channel means."""
    monkeypatch.setattr(calibrate_bias, "_float_means", lambda *_: outputs)
    monkeypatch.setattr(calibrate_bias, "read_qmodel", lambda content: read_qmodel(content, 8))


def test_a_bias_that_is_left_out_is_named() -> None:
    net = NetworkWriter()
    body = net.convolution(net.input)
    net.operators[0].inputs = net.operators[0].inputs[:2]
    with pytest.raises(ModelError) as caught:
        calibrate_bias._bias_numbers(head(net, body))
    assert str(caught.value) == "Layer conv0: CONV_2D has no bias to correct." + PLAIN


def test_a_bias_that_leaves_its_sums_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    int8 = small_sernet()
    model = read_qmodel(int8, 8)
    tiny([np.full(tensor.channels, 1e12) for tensor in model.traced], monkeypatch)
    assert refusal(int8, b"", float_rows()) == (
        "Layer conv0: with its bias corrected, a sum leaves int32 before it is requantized." + PLAIN
    )


def test_a_channel_that_is_never_free_is_moved_a_little_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    int8 = small_sernet()
    model = read_qmodel(int8, 8)
    means = channel_means_of_width(int8)
    tiny(means, monkeypatch)
    corrected = read_qmodel(correct_biases(int8, b"", float_rows()), 8)
    # The graph has these means already: hardly anything is left to correct.
    for before, after in zip(model.operators, corrected.operators, strict=True):
        if hasattr(before, "bias"):
            unit = before.multipliers * 2.0 ** (before.shifts - 31)
            assert np.abs((after.bias - before.bias) * unit).max() < 0.05


def channel_means_of_width(int8: bytes) -> list[Any]:
    model = read_qmodel(int8, 8)
    runs = [run_reference(model, as_steps(rows, int8)) for rows in float_rows()]
    return [
        (np.concatenate([run[k].reshape(-1, t.channels) for run in runs]).mean(axis=0)
         - t.zero_point) * t.scale
        for k, t in enumerate(model.traced)
    ]  # fmt: skip


def test_a_constant_of_several_layers_is_not_changed() -> None:
    net = NetworkWriter()
    first = net.convolution(net.input)
    second = net.convolution(first)
    numbers = [int(operator.inputs[2]) for operator in net.operators]
    net.tensors[numbers[1]].buffer = net.tensors[numbers[0]].buffer
    int8 = head(net, second)
    with pytest.raises(ModelError) as caught:
        with_constants(int8, {numbers[1]: bytes(16)})
    assert str(caught.value) == (
        "The constant conv1/bias belongs to several layers; it cannot be changed for one." + PLAIN
    )


def test_a_constant_keeps_its_size() -> None:
    int8 = small_sernet()
    number = read_graph(int8).operators[0].inputs[2]
    with pytest.raises(ModelError) as caught:
        with_constants(int8, {number: bytes(16)})
    assert str(caught.value) == ("The constant conv0/bias has 12 bytes; 16 were expected." + PLAIN)
    changed = with_constants(int8, {number: bytes(range(12))})
    assert read_graph(changed).tensors[number].data == bytes(range(12))
    assert len(changed) == len(int8)
