"""Writes small int8 .tflite files with random weights, without TensorFlow, for tests."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

INT8 = schema.TensorType.INT8
INT32 = schema.TensorType.INT32
NONE, RELU, RELU6 = 0, 1, 3


def _quantization(scales, zero_points, axis=0):
    made = schema.QuantizationParametersT()
    made.scale, made.zeroPoint = np.array(scales, np.float32), np.array(zero_points, np.int64)
    made.quantizedDimension = axis
    return made


class NetworkWriter:
    """Builds one network; methods append a layer and return the number of the tensor it makes.

    `tensors`, `operators` and `codes` are the schema's own objects: a test may spoil them.
    """

    def __init__(self, seed=0, rows=9, width=8, channels=1, scale=0.03, zero_point=-1):
        self.random = np.random.default_rng(seed)
        self.tensors, self.operators, self.buffers = [], [], [schema.BufferT()]
        self.codes, self._code_numbers = [], {}
        self.input = self._tensor("input", (1, rows, width, channels), scale, zero_point)

    def _tensor(self, name, shape, scale, zero_point, dtype=INT8, data=None, axis=0):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, np.array(shape, np.int32), dtype
        scales, zeros = np.atleast_1d(scale), np.atleast_1d(zero_point)
        tensor.quantization = _quantization(scales, zeros, axis) if len(scales) else None
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def operator(self, kind, inputs, outputs, options=None, options_type=""):
        """Append an operator of any kind."""
        number = getattr(schema.BuiltinOperator, kind)
        if number not in self._code_numbers:
            code = schema.OperatorCodeT()
            code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
            code.version = 1
            self._code_numbers[number] = len(self.codes)
            self.codes.append(code)
        made = schema.OperatorT()
        made.opcodeIndex = self._code_numbers[number]
        made.inputs, made.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if options is not None:
            made.builtinOptions = options
            made.builtinOptionsType = getattr(schema.BuiltinOptions, options_type)
        self.operators.append(made)

    def shape(self, tensor):
        """Return the shape of a tensor, the batch included."""
        return tuple(int(size) for size in self.tensors[tensor].shape)

    def scale(self, tensor):
        """Return the scale and the zero point of a tensor."""
        made = self.tensors[tensor].quantization
        return float(made.scale[0]), int(made.zeroPoint[0])

    def _weighted(self, source, name, weights_shape, per_channel):
        count, fan_in = weights_shape[0], int(np.prod(weights_shape[1:]))
        weights = self.random.integers(-127, 128, weights_shape).astype(np.int8)
        scales = self.random.uniform(0.002, 0.02, count if per_channel else 1).astype(np.float32)
        bias = self.random.integers(-(2**12), 2**12, count).astype(np.int32)
        input_scale, _ = self.scale(source)
        bias_scales = np.float32(input_scale) * scales
        zeros = np.zeros(len(scales), np.int64)
        numbers = (
            self._tensor(f"{name}/weights", weights_shape, scales, zeros, data=weights),
            self._tensor(f"{name}/bias", (count,), bias_scales, zeros, INT32, bias),
        )
        output_scale = input_scale * float(np.mean(scales)) * np.sqrt(fan_in) * 60
        return numbers, output_scale

    def convolution(self, source, channels=4, kernel=(3, 3), activation=RELU, per_channel=True):
        """Append CONV_2D, stride 1, SAME."""
        name = f"conv{len(self.operators)}"
        _, rows, width, depth = self.shape(source)
        weighted, scale = self._weighted(source, name, (channels, *kernel, depth), per_channel)
        zero = -128 if activation == RELU else int(self.random.integers(-128, 128))
        made = self._tensor(name, (1, rows, width, channels), scale, zero)
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = 1
        options.fusedActivationFunction = activation
        self.operator("CONV_2D", (source, *weighted), (made,), options, "Conv2DOptions")
        return made

    def pool(self, source, kind="AVERAGE", kernel=(2, 2), stride=(2, 2), activation=NONE):
        """Append AVERAGE_POOL_2D or MAX_POOL_2D, SAME."""
        _, rows, width, depth = self.shape(source)
        shape = (1, -(-rows // stride[0]), -(-width // stride[1]), depth)
        made = self._tensor(f"pool{len(self.operators)}", shape, *self.scale(source))
        options = schema.Pool2DOptionsT()
        options.filterHeight, options.filterWidth = kernel
        options.strideH, options.strideW = stride
        options.fusedActivationFunction = activation
        self.operator(f"{kind}_POOL_2D", (source,), (made,), options, "Pool2DOptions")
        return made

    def concatenation(self, sources):
        """Append CONCATENATION along the channels; the first source's scale is given to all."""
        for source in sources[1:]:
            self.tensors[source].quantization = self.tensors[sources[0]].quantization
        depth = sum(self.shape(source)[3] for source in sources)
        shape = (*self.shape(sources[0])[:3], depth)
        made = self._tensor(f"concat{len(self.operators)}", shape, *self.scale(sources[0]))
        options = schema.ConcatenationOptionsT()
        options.axis = 3
        self.operator("CONCATENATION", sources, (made,), options, "ConcatenationOptions")
        return made

    def mean(self, source, keep_dims=False):
        """Append MEAN over height and width."""
        axes = self._tensor("axes", (2,), (), (), INT32, np.array([1, 2], np.int32))
        depth = self.shape(source)[3]
        shape = (1, 1, 1, depth) if keep_dims else (1, depth)
        scale, _ = self.scale(source)
        zero = int(self.random.integers(-128, 128))
        made = self._tensor("mean", shape, scale * self.random.uniform(0.4, 1.1), zero)
        options = schema.ReducerOptionsT()
        options.keepDims = keep_dims
        self.operator("MEAN", (source, axes), (made,), options, "ReducerOptions")
        return made

    def reshape(self, source, shape):
        """Append RESHAPE to a constant shape."""
        made = self._tensor(f"reshape{len(self.operators)}", shape, *self.scale(source))
        wanted = self._tensor("shape", (len(shape),), (), (), INT32, np.array(shape, np.int32))
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        self.operator("RESHAPE", (source, wanted), (made,), options, "ReshapeOptions")
        return made

    def dense(self, source, outputs=4, activation=NONE, per_channel=True):
        """Append FULLY_CONNECTED."""
        name = f"dense{len(self.operators)}"
        inputs = int(np.prod(self.shape(source)))
        weighted, scale = self._weighted(source, name, (outputs, inputs), per_channel)
        zero = int(self.random.integers(-60, 60))
        made = self._tensor(name, (1, outputs), scale, zero)
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = activation
        self.operator(
            "FULLY_CONNECTED", (source, *weighted), (made,), options, "FullyConnectedOptions"
        )
        return made

    def softmax(self, source, beta=1.0):
        """Append SOFTMAX."""
        made = self._tensor("scores", self.shape(source), 1 / 256, -128)
        options = schema.SoftmaxOptionsT()
        options.beta = beta
        self.operator("SOFTMAX", (source,), (made,), options, "SoftmaxOptions")
        return made

    def finish(self, output=None, graphs=1):
        """Return the flatbuffer; the output is the last operator's unless given."""
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, self.operators
        last = self.operators[-1].outputs[0] if output is None else output
        graph.inputs = np.array([self.input], np.int32)
        graph.outputs = np.atleast_1d(np.array(last, np.int32))
        model = schema.ModelT()
        model.version, model.subgraphs = 3, [graph] * graphs
        model.buffers, model.operatorCodes = self.buffers, self.codes
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


def head(net, source, classes=4, **dense):
    """Append mean, dense layer and softmax; return the flatbuffer."""
    net.softmax(net.dense(net.mean(source), classes, **dense))
    return net.finish()


def small_sernet(seed=0, rows=9, width=8, pool="AVERAGE"):
    """Return a network of Light-SERNet's shape, but tiny: three paths, joined, two more blocks."""
    net = NetworkWriter(seed, rows, width)
    kernels = ((5, 1), (1, 5), (3, 3))
    paths = [net.convolution(net.input, 3, kernel) for kernel in kernels]
    for path in paths[1:]:
        net.tensors[path].quantization = net.tensors[paths[0]].quantization
    body = net.concatenation([net.pool(path, pool) for path in paths])
    body = net.pool(net.convolution(body, 6), pool)
    body = net.pool(net.convolution(body, 5), pool, (2, 1), (2, 1))
    return head(net, net.convolution(body, 7, (1, 1)))


def random_rows(seed, rows, width=8):
    """Return int8 feature rows over the whole range, [rows, width]."""
    values = np.random.default_rng(seed).normal(0, 60, (rows, width))
    return np.clip(values, -128, 127).astype(np.int8)


def random_network(seed):
    """Return a random network that the engine can run, and its input width."""
    random = np.random.default_rng(seed)
    width = int(random.integers(1, 13))
    net = NetworkWriter(seed, int(random.integers(1, 15)), width)
    body = net.input
    for _ in range(random.integers(1, 4)):
        body = _random_join(net, body, random) if random.random() < 0.5 else _layer(net, body)
        if random.random() < 0.7:
            body = net.pool(body, *random_pool(random))
    mean = net.mean(body, keep_dims=bool(random.integers(2)))
    net.softmax(net.dense(mean, int(random.integers(1, 9)), per_channel=bool(random.integers(2))))
    return net.finish(), width


def random_pool(random):
    """Return kind, kernel and stride of a pool that can stream."""
    rows = [(1, 1), (2, 2), (3, 1), (2, 1), (1, 2), (2, 3), (5, 1)][random.integers(7)]
    columns = int(random.integers(1, 5)), int(random.integers(1, 4))
    kind = ("AVERAGE", "MAX")[random.integers(2)]
    return kind, (rows[0], columns[0]), (rows[1], columns[1])


def _layer(net, source, activation=None):
    kernel = int(net.random.integers(1, 8)), int(net.random.integers(1, 6))
    chosen = (NONE, RELU, RELU6)[net.random.integers(3)] if activation is None else activation
    channels = int(net.random.integers(1, 10))
    return net.convolution(source, channels, kernel, chosen, bool(net.random.integers(2)))


def _random_join(net, source, random):
    paths = [_layer(net, source, RELU) for _ in range(random.integers(2, 4))]
    for path in paths[1:]:
        net.tensors[path].quantization = net.tensors[paths[0]].quantization
    if random.random() < 0.5:
        pool = random_pool(random)
        paths = [net.pool(path, *pool) for path in paths]
    return net.concatenation([paths[at] for at in random.permutation(len(paths))])
