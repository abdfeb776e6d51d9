"""Reading a .tflite: what the QModel holds, and every refusal by its text."""

import re

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from tiny_models import INT8, NONE, NetworkWriter, head, small_sernet

from sernet_cal.errors import ModelError
from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Concatenation, Convolution, Mean, inputs_of, streaming_top
from sernet_edge.model.bundled import resolve_model

FLOAT32 = schema.TensorType.FLOAT32
UINT8 = schema.TensorType.UINT8


def assert_refused(flatbuffer, text, width=8):
    with pytest.raises(ModelError, match=re.escape(text)):
        read_qmodel(flatbuffer, width)


def simple(**options):
    net = NetworkWriter(1)
    return net, net.convolution(net.input, **options)


def test_tensors_have_short_names_shapes_and_periods():
    model = read_qmodel(small_sernet(), 8)
    names = [tensor.name for tensor in model.traced]
    assert names[:4] == ["input", "conv_1", "conv_2", "conv_3"]
    assert names[-4:] == ["conv_6", "mean", "dense", "softmax"]
    assert len(set(names)) == len(names)
    joined = model.traced[names.index("concat")]
    assert (joined.shape, joined.period, joined.row_bytes) == ((5, 4, 9), 2, 36)
    assert (model.classes, model.output.shape, model.output.is_rows) == (4, (4,), False)
    assert model.input.source == "input"


def test_the_joined_paths_keep_the_order_of_the_flatbuffer():
    net = NetworkWriter(1)
    first, second = (net.convolution(net.input, depth) for depth in (2, 3))
    model = read_qmodel(head(net, net.concatenation([second, first])), 8)
    joined = next(op for op in model.operators if isinstance(op, Concatenation))
    assert [model.traced[place].channels for place in inputs_of(joined)] == [3, 2]


def test_the_bundled_model_is_light_sernet():
    model = read_qmodel(resolve_model(None).int8)
    convolutions = [op for op in model.operators if isinstance(op, Convolution)]
    assert len(convolutions) == 8
    assert sum(op.weights.size for op in convolutions) == 457_632
    assert any(isinstance(op, Mean) for op in model.operators)


@pytest.mark.parametrize(
    ("kernel", "stride", "top"), [(3, 1, 1), (2, 1, 0), (2, 2, 0), (11, 1, 5), (3, 2, None)]
)
def test_rows_above_the_picture(kernel, stride, top):
    assert streaming_top(kernel, stride) == top


def test_unknown_operator_is_named_with_its_layer():
    net, body = simple()
    made = net._tensor("se/gate", net.shape(body), *net.scale(body))
    net.operator("LOGISTIC", (body,), (made,))
    assert_refused(
        head(net, made),
        "Layer se/gate: operator LOGISTIC is not supported; the engine runs: CONV_2D, "
        "AVERAGE_POOL_2D, MAX_POOL_2D, CONCATENATION, MEAN, FULLY_CONNECTED, SOFTMAX.",
    )


def test_custom_operator_is_named():
    net, body = simple()
    flatbuffer_kind = len(net.operators) - 1
    code = net.codes[net.operators[flatbuffer_kind].opcodeIndex]
    code.builtinCode = schema.BuiltinOperator.CUSTOM
    code.deprecatedBuiltinCode, code.customCode = schema.BuiltinOperator.CUSTOM, b"Flex"
    net.operators[flatbuffer_kind].builtinOptions = None
    net.operators[flatbuffer_kind].builtinOptionsType = 0
    assert_refused(head(net, body), "operator CUSTOM Flex is not supported")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("strideH", 2, "Layer conv0: CONV_2D has stride 2x1; the engine runs 1x1."),
        ("dilationWFactor", 2, "Layer conv0: CONV_2D is dilated; the engine runs dilation 1x1."),
        ("padding", 1, "Layer conv0: CONV_2D has VALID padding; the engine runs SAME."),
        ("fusedActivationFunction", 4, "has the fused activation 4; the engine runs NONE, RELU"),
    ],
)
def test_convolution_options(field, value, text):
    net, body = simple()
    setattr(net.operators[0].builtinOptions, field, value)
    assert_refused(head(net, body), text)


def test_convolution_weights():
    net, body = simple()
    weights, bias = (net.tensors[number] for number in net.operators[0].inputs[1:])
    flatbuffer_parts = [
        (weights, "type", UINT8, "has weights that are not int8; quantize the model to full int8."),
        (weights, "shape", np.array([4, 9], np.int32), "has weights of shape [4, 9]; 4 dimensions"),
        (weights, "shape", np.array([4, 3, 1, 3], np.int32), "that do not fit input."),
        (weights, "buffer", 0, "The model reads conv0/weights before any operator makes it."),
        (bias, "type", INT8, "has a bias that is not 4 int32 values."),
        (weights.quantization, "scale", np.array([0.1, 0.1], np.float32), "has 2 weight scales"),
        (weights.quantization, "scale", np.array([np.nan], np.float32), "not a positive number."),
        (weights.quantization, "zeroPoint", np.array([1] * 4), "has weights with a zero point"),
    ]
    flatbuffer = head(net, body)
    read_qmodel(flatbuffer, 8)
    for owner, name, value, text in flatbuffer_parts:
        kept = getattr(owner, name)
        setattr(owner, name, value)
        assert_refused(net.finish(), text)
        setattr(owner, name, kept)


def test_convolution_that_could_overflow_or_is_too_high():
    net, body = simple()
    bias = net.operators[0].inputs[2]
    net.buffers[net.tensors[bias].buffer].data = np.frombuffer(
        np.full(4, 2**31 - 1, np.int32).tobytes(), np.uint8
    )
    assert_refused(head(net, body), "CONV_2D can overflow a 32-bit sum with these weights.")
    net, body = simple(kernel=(33, 1))
    assert_refused(head(net, body), "CONV_2D is 33 rows high; the engine runs up to 32.")


def test_scales_that_are_too_far_apart():
    net, body = simple()
    net.tensors[body].quantization.scale = np.array([1e-14], np.float32)
    assert_refused(head(net, body), "CONV_2D has scales that are too far apart.")
    net, body = simple()
    mean = net.mean(body)
    net.tensors[mean].quantization.scale = np.array([1e-9], np.float32)
    net.softmax(net.dense(mean))
    assert_refused(net.finish(), "MEAN has scales that are too far apart.")


def test_pools():
    net, body = simple()
    made = net.pool(body, kernel=(3, 3), stride=(2, 2))
    assert_refused(
        head(net, made),
        "Layer pool1: AVERAGE_POOL_2D 3 rows high with vertical stride 2 cannot stream: its "
        "padding depends on the length of the clip.",
    )
    net, body = simple()
    made = net.pool(body, "MAX")
    net.tensors[made].quantization = schema.QuantizationParametersT()
    net.tensors[made].quantization.scale = np.array([1.5], np.float32)
    net.tensors[made].quantization.zeroPoint = np.array([3])
    assert_refused(head(net, made), "zero point -128) to scale 1.5, zero point 3; the engine takes")
    net, body = simple()
    net.operators[0].outputs[0] = body
    made = net.pool(body)
    net.operators[1].builtinOptions.filterWidth = 0
    assert_refused(head(net, made), "has a window (2, 0) or stride (2, 2) outside 1..32.")
    net, body = simple()
    made = net.pool(body)
    net.tensors[made].shape = np.array([1, 5, 7, 4], np.int32)
    assert_refused(head(net, made), "makes [5, 7, 4], not [5, 4, 4].")


def joined_pair(**spoil):
    net = NetworkWriter(1)
    pair = [net.convolution(net.input), net.convolution(net.input)]
    made = net.concatenation(pair)
    for name, value in spoil.items():
        setattr(net.operators[2].builtinOptions, name, value)
    return net, pair, made


def test_concatenations():
    net, _, made = joined_pair(axis=1)
    assert_refused(head(net, made), "CONCATENATION joins along axis 1; the engine joins channels.")
    net, _, made = joined_pair(fusedActivationFunction=1)
    assert_refused(head(net, made), "CONCATENATION has a fused activation; the engine runs none")
    net, pair, made = joined_pair()
    net.tensors[made].shape = np.array([1, 9, 8, 7], np.int32)
    assert_refused(head(net, made), "CONCATENATION joins rows of different sizes.")
    net, pair, made = joined_pair()
    net.operators[2].inputs = np.array([pair[0], 1], np.int32)
    assert_refused(head(net, made), "CONCATENATION joins a constant or a vector")
    net, body = simple()
    assert_refused(
        head(net, net.concatenation([body] * 33)),
        "joins 33 tensors; the engine joins up to 32.",
    )


def test_means():
    net, body = simple()
    flatbuffer = head(net, body)
    axes = next(tensor for tensor in net.tensors if tensor.name == "axes")
    net.buffers[axes.buffer].data = np.frombuffer(np.array([1, 3], np.int32).tobytes(), np.uint8)
    assert_refused(net.finish(), "Layer mean: MEAN is not over height and width (axes 1 and 2).")
    axes.type = schema.TensorType.INT64
    assert_refused(net.finish(), "MEAN computes its axes; the engine takes the constants 1 and 2.")
    assert read_qmodel(flatbuffer, 8).classes == 4
    net, body = simple()
    mean = net.mean(body)
    net.tensors[mean].shape = np.array([1, 3], np.int32)
    net.softmax(net.dense(mean))
    assert_refused(net.finish(), "MEAN makes [3] out of [9, 8, 4].")


def test_dense_layers():
    net, body = simple()
    net.softmax(net.dense(body))
    assert_refused(net.finish(), "FULLY_CONNECTED works on rows; the engine runs it after the MEAN")
    net, body = simple()
    flatbuffer = head(net, body)
    dense = net.operators[2]
    dense.builtinOptions.weightsFormat = 1
    assert_refused(net.finish(), "has shuffled weights; the engine takes the plain format.")
    dense.builtinOptions.weightsFormat = 0
    net.tensors[dense.inputs[1]].shape = np.array([4, 9], np.int32)
    assert_refused(
        net.finish(),
        "The constant dense2/weights has 16 bytes; its shape [4, 9] needs 36. The model is",
    )
    assert read_qmodel(flatbuffer, 8)
    net, body = simple()
    head(net, body, per_channel=False)
    net.tensors[net.operators[2].inputs[1]].shape = np.array([2, 8], np.int32)
    assert_refused(net.finish(), "Layer dense2: FULLY_CONNECTED has weights [2, 8] that do not fit")


def test_softmaxes():
    net, body = simple()
    head(net, body)
    net.tensors[-1].quantization.scale = np.array([0.5], np.float32)
    assert_refused(
        net.finish(),
        "SOFTMAX has output scale 0.5 and zero point -128; TFLite's int8 softmax has 1/256",
    )
    net, body = simple(activation=NONE)
    net.softmax(body)
    assert_refused(net.finish(), "SOFTMAX works on rows; the engine runs it after the dense layer.")
    net, body = simple()
    net.softmax(net.dense(net.mean(body)), beta=float("nan"))
    assert_refused(net.finish(), "SOFTMAX has beta nan; a positive number is needed.")
    net, body = simple()
    assert_refused(head(net, body, 4096), "has 4096 classes; the engine runs up to 4095.")
    net, body = simple()
    dense = net.dense(net.mean(body))
    net.softmax(dense, beta=1e-9)
    assert_refused(net.finish(), "SOFTMAX: the softmax's input scale is too small.")


def test_vectors_and_rows_do_not_mix():
    net, body = simple()
    mean = net.mean(body)
    net.operator("AVERAGE_POOL_2D", (mean,), (mean,), schema.Pool2DOptionsT(), "Pool2DOptions")
    assert_refused(net.finish(), "AVERAGE_POOL_2D works on the vector mean; the engine takes rows")


def test_reshape_of_rows():
    net, body = simple()
    made = net.reshape(body, (1, 8, 9, 4))
    assert_refused(head(net, made), "Layer reshape1: RESHAPE is supported only around the dense")


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        (UINT8, "The model's input input is UINT8; the engine runs int8 in and out."),
        (FLOAT32, "is FLOAT32 beside int8 weights (a dynamic-range quantized model); the engine"),
    ],
)
def test_inputs_of_another_type(dtype, text):
    net, body = simple()
    net.tensors[net.input].type = dtype
    assert_refused(head(net, body), text)
    assert_refused(net.finish(), "Quantize it to full int8:  sernet-edge quantize --help")


def test_float_outputs_and_layers():
    net, body = simple()
    head(net, body)
    net.tensors[-1].type = FLOAT32
    assert_refused(net.finish(), "The model's output scores is FLOAT32")
    net, body = simple()
    net.tensors[body].type = UINT8
    assert_refused(head(net, body), "Layer conv0: its output is UINT8; the engine runs int8.")


def test_the_bundled_float_model_is_refused():
    with pytest.raises(ModelError, match=r"is FLOAT32; the engine runs int8 in and out\."):
        read_qmodel(resolve_model(None).float32)


def test_wrong_width_and_batch():
    assert_refused(
        small_sernet(),
        "The model's input input has shape [1, 9, 8, 1]; [1, rows, 40, 1] is needed: "
        "40 coefficients in a row.",
        width=40,
    )
    net = NetworkWriter(1)
    net.tensors[net.input].shape = np.array([2, 9, 8, 1], np.int32)
    assert_refused(
        head(net, net.convolution(net.input)),
        "Layer input: its shape [2, 9, 8, 1] has a batch other than 1.",
    )


def test_tensors_without_usable_numbers():
    net, body = simple()
    for name, value, text in (
        (
            "scale",
            np.array([0.0], np.float32),
            "it has 1 scales; an int8 tensor has one, positive.",
        ),
        ("scale", np.array([1, 1], np.float32), "it has 2 scales; an int8 tensor has one"),
        ("zeroPoint", np.array([300]), "its zero point 300 is not an int8."),
    ):
        net, body = simple()
        setattr(net.tensors[body].quantization, name, value)
        assert_refused(head(net, body), f"Layer conv0: {text}")
    net, body = simple()
    net.tensors[body].shape = np.array([1, 0, 8, 4], np.int32)
    assert_refused(head(net, body), "Layer conv0: its shape [1, 0, 8, 4] is not usable.")


def test_graphs_that_are_not_a_chain_to_scores():
    net, body = simple()
    assert_refused(net.finish(), "The model has 0 MEAN operators over height and width; the engine")
    net, body = simple()
    net.convolution(net.input)
    assert_refused(head(net, body), "Layer conv1: no operator uses what it makes.")
    net, body = simple()
    head(net, body)
    assert_refused(net.finish(output=body), "The model's output is not what its last operator")
    net, body = simple()
    net.mean(body)
    net.convolution(body)
    assert_refused(net.finish(), "no operator uses what it makes.")


def test_several_inputs_or_outputs():
    net, body = simple()
    head(net, body)
    net.operators[0].outputs = np.array([body, body], np.int32)
    assert_refused(net.finish(), "An operator CONV_2D has 2 outputs; the engine runs one.")
    net, body = simple()
    head(net, body)
    text = "The model has 1 inputs and 2 outputs; the engine runs one of each."
    assert_refused(net.finish(output=(body, body)), text)
    net, body = simple()
    head(net, body)
    assert_refused(net.finish(graphs=2), "The model has 2 subgraphs; the engine runs exactly one.")


def test_operators_without_the_inputs_that_they_need():
    net, body = simple()
    head(net, body)
    weights, bias = net.operators[0].inputs[1:]
    for inputs, text in (
        ((net.input, -1, bias), "CONV_2D computes its weights; the engine takes constant ones."),
        ((weights, weights, bias), "Layer conv0: CONV_2D has no computed input."),
        ((net.input, net.input), "CONV_2D has 2 computed inputs; the engine takes one."),
        ((net.input, 99), "The TensorFlow Lite model is damaged: it names tensor 99, and there"),
    ):
        net.operators[0].inputs = np.array(inputs, np.int32)
        assert_refused(net.finish(), text)


def test_biases_may_be_left_out():
    net, body = simple()
    head(net, body)
    net.operators[0].inputs = net.operators[0].inputs[:2]
    convolution = read_qmodel(net.finish(), 8).operators[0]
    assert not convolution.bias.any()


def test_bytes_that_are_not_a_model():
    assert_refused(b"", "This is not a TensorFlow Lite model: bytes 4 to 8 are b'', not b'TFL3'.")
    assert_refused(b"RIFF....WAVE", "bytes 4 to 8 are b'....', not b'TFL3'.")
    whole = small_sernet()
    assert_refused(whole[: len(whole) // 2], "The TensorFlow Lite model is damaged or truncated (")


def test_no_damage_gives_a_traceback():
    whole = small_sernet()
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        spoilt = bytearray(whole)
        for at in random.integers(8, len(whole), random.integers(1, 12)):
            spoilt[at] = random.integers(0, 256)
        cut = bytes(spoilt[: random.integers(8, len(whole) + 1)])
        try:
            read_qmodel(cut if random.random() < 0.3 else bytes(spoilt), 8)
        except ModelError:
            refused += 1
    assert refused > 100


def test_a_readable_model_also_runs_in_tflite():
    TfliteModel(small_sernet(), reference=True)
