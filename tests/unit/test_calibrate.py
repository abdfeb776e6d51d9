"""The representative set, the conversion to int8, and its report."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest

from sernet_cal.calibrate import (
    INPUT_ZERO_POINT,
    calibration_report,
    check_input,
    input_scale,
    integer_front_end,
    representative_rows,
)
from sernet_cal.errors import ModelError, SernetError
from sernet_cal.features import FrontEnd, paper_front_end
from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.model.bundled import resolve_model

STREAM = FrontEnd("stream", "hann", (-10.0,) + (0.0,) * 39, (22.0,) + (3.0,) * 39, 4.0)
CLIPS = {clip.name: clip.samples for clip in synthetic_clips()}


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises(SernetError) as caught:
        function(*arguments)
    return str(caught.value)


def test_the_input_scale_follows_from_the_clip() -> None:
    assert input_scale(STREAM) == float(np.float32(8 / 255))
    assert input_scale(paper_front_end()) == float(np.float32(20 / 255))


@pytest.mark.parametrize("front_end", [STREAM, paper_front_end("hamming")])
def test_the_set_is_what_the_integer_front_end_makes(front_end: FrontEnd) -> None:
    samples = CLIPS["voiced-a-110"]
    rows = representative_rows(front_end, [samples, samples], 1.0)
    assert [item.shape for item in rows] == [(59, 40), (59, 40)]
    steps = rows[1] / input_scale(front_end) + INPUT_ZERO_POINT
    made = integer_front_end(front_end).clip_rows(samples, 16_000).astype(float)
    start = (len(made) - 59) // 2
    assert np.allclose(np.clip(steps, -128, 127), made[start : start + 59], atol=0.51)
    assert rows[0][0, :2].tolist() == [-front_end.clip, front_end.clip]
    assert np.array_equal(rows[0][1:], rows[1][1:])


def test_the_bundled_model_has_the_expected_input() -> None:
    bundle = resolve_model(None)
    check_input(bundle.front_end, bundle.int8)
    assert refusal(check_input, paper_front_end(), bundle.int8) == (
        "The converter chose an input scale of 0.031372551 and zero point -1; "
        "0.078431375 and -1 were expected from +-10.\n"
        "  The model rescales its input; give it the front-end's output as it is."
    )


def test_the_report_follows_the_float_model() -> None:
    bundle = resolve_model(None)
    model = read_qmodel(bundle.int8)
    rows = representative_rows(bundle.front_end, [CLIPS["phrase-lively"]], bundle.clip_seconds)
    report = calibration_report(bundle.float32, model, rows)
    assert [line.tensor for line in report] == [tensor.name for tensor in model.traced]
    assert (report[0].layer, report[0].low, report[0].high) == ("mfcc", -4.0, 4.0)
    assert report[-1].layer == "output"
    assert "path_time_relu" in {line.layer for line in report}
    assert all(line.low <= line.high and 0 <= line.clipped <= 1 for line in report)
    assert set(report[0].to_json()) == {
        "tensor", "layer", "low", "high", "scale", "zero_point", "clipped"
    }  # fmt: skip


def test_a_report_needs_the_same_graph_twice() -> None:
    bundle = resolve_model(None)
    model = read_qmodel(bundle.int8)
    fewer = type(model)(model.traced[:-1], model.operators)
    rows = representative_rows(bundle.front_end, [CLIPS["quiet"]], bundle.clip_seconds)
    assert refusal(calibration_report, bundle.float32, fewer, rows) == (
        "The float model has 20 tensors, the int8 model 19: the converter changed the graph.\n"
        "  Report the model; the calibration report cannot be made for it."
    )


def test_int8_and_float_agree_on_any_number_of_rows() -> None:
    bundle = resolve_model(None)
    judge = TfliteModel(bundle.int8, reference=True)
    network = TfliteModel(bundle.float32, reference=False)
    integer = integer_front_end(bundle.front_end)
    for samples in (CLIPS["phrase-long-3.6s"], CLIPS["voiced-a-110"]):
        rows = integer.clip_rows(samples, bundle.model_samples)
        values = (rows.astype(np.float32) - INPUT_ZERO_POINT) * np.float32(8 / 255)
        assert np.abs(judge.probabilities(rows) - network.probabilities(values)).max() < 0.2
        assert abs(network.probabilities(values).sum() - 1.0) < 1e-5
    assert judge.run(rows).dtype == np.int8


def test_bytes_that_are_no_model_are_refused() -> None:
    message = refusal(lambda: TfliteModel(b"not a model at all", reference=True))
    assert message.startswith("TFLite cannot load the model: ")


@pytest.fixture(scope="module")
def keras() -> Any:
    pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")
    return pytest.importorskip("keras", reason="keras is not installed (extra [train])")


def network_of(keras: Any, *layers: Any, rows: int | None = None) -> Any:
    inputs = tensor = keras.Input((rows, 40, 1))
    tensor = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name="first")(tensor)
    for layer in layers:
        tensor = layer(tensor)
    tensor = keras.layers.GlobalAveragePooling2D()(tensor)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(tensor))


def converted(model: Any, rows: int = 28) -> bytes:
    from sernet_cal.convert import convert

    return convert(model, rows, representative_rows(STREAM, [CLIPS["quiet"]], 0.5))


@pytest.mark.parametrize("front_end", [STREAM, paper_front_end()])
def test_the_converter_quantizes_the_input_as_the_features_are(
    keras: Any, front_end: FrontEnd
) -> None:
    from sernet_cal.convert import convert

    rows = representative_rows(front_end, [CLIPS["voiced-a-110"]], 0.5)
    int8 = convert(network_of(keras), 28, rows)
    check_input(front_end, int8)
    scale, zero_point = TfliteModel(int8, reference=True).input_quantization
    assert (scale, zero_point) == (input_scale(front_end), INPUT_ZERO_POINT)


def test_an_operator_that_the_engine_cannot_run_is_named_with_its_layer(keras: Any) -> None:
    gate = keras.layers.Activation("sigmoid", name="gate")
    message = refusal(read_qmodel, converted(network_of(keras, gate)))
    assert "/gate" in message
    assert "operator LOGISTIC is not supported; the engine runs: CONV_2D, " in message


def test_an_operator_that_tflite_does_not_have_is_named_with_its_layer(keras: Any) -> None:
    odd = keras.layers.Activation(keras.ops.arctan, name="odd_one")
    assert refusal(converted, network_of(keras, odd)) == (
        "The model uses operators that TFLite's int8 kernels do not have: "
        "layer odd_one: operator Atan.\n"
        "  Replace those layers; the engine runs convolution, pooling, mean and dense."
    )


def test_a_recurrent_layer_is_refused_before_the_converter_crashes_on_it(keras: Any) -> None:
    inputs = keras.Input((28, 40, 1))
    memory = keras.layers.LSTM(2, name="memory")(keras.layers.Reshape((28, 40))(inputs))
    assert refusal(converted, keras.Model(inputs, memory)) == (
        "The model uses recurrent layers, which cannot be streamed in int8: "
        "layer memory: operator LSTM.\n"
        "  Replace those layers; the engine runs convolution, pooling, mean and dense."
    )


def test_a_model_of_other_rows_is_refused(keras: Any) -> None:
    assert refusal(converted, network_of(keras, rows=30)) == (
        "The model does not take [1, 28, 40, 1]: its input is [None, 30, 40, 1].\n"
        "  Choose the --clip-seconds that it was made for, or build it with free rows (None)."
    )


def test_what_tensorflow_refuses_is_one_line() -> None:
    from sernet_cal.convert import _conversion_error

    assert str(_conversion_error("\n A reason.\nmore\n")) == (
        "TensorFlow cannot convert the model: A reason."
    )


def test_the_keras_file_has_no_time_in_it_and_is_read_back(keras: Any) -> None:
    from sernet_edge.train.keras_file import keras_bytes, load_keras

    model = network_of(keras)
    content = keras_bytes(model)
    assert keras_bytes(model) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"date_saved" not in archive.read("metadata.json")
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    again = load_keras(content, "made.keras")
    for left, right in zip(model.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(left, right)


def test_bytes_that_are_no_keras_model_are_refused(keras: Any) -> None:
    from sernet_edge.train.keras_file import load_keras

    with pytest.raises(ModelError) as caught:
        load_keras(b"PK nothing", "made.keras")
    message = str(caught.value)
    assert message.startswith("made.keras cannot be read as a Keras model: ")
    assert message.endswith(
        "\n  A file written by model.save('NAME.keras') with Keras 3 is expected."
    )
    assert "/tmp" not in message
