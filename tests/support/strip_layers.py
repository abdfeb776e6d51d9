"""Random layers for the strip kernels, without a flatbuffer, and what the reference makes of them.

All layers of a test are operators of one model, so that their tables may share one C file.
"""

from dataclasses import dataclass, replace

import numpy as np

from sernet_cal import kernels
from sernet_cal.qmodel_types import Concatenation, Convolution, Pool, QModel, Tensor, row_geometry
from sernet_cal.requantize import quantize_multiplier
from sernet_gen.kernels.choice import Choice, Group

RELU, PLAIN_LIMITS = "relu", (-128, 127)


@dataclass(frozen=True)
class StripLayer:
    """A group to be run by one kernel, with what a driver must know to feed it."""

    group: Group
    choice: Choice
    stride: int
    window: int
    above: int

    @property
    def run_window(self):
        """Input rows of a run."""
        return (self.choice.rows - 1) * self.stride + self.window

    def runs(self, output_rows):
        """Yield (first output row, first input row) of each run of a clip."""
        for first in range(-self.choice.early, output_rows, self.choice.rows):
            yield first, first * self.stride - self.above


class LayerMaker:
    """Collects layers; `model` holds all of them."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self._tensors, self._operators, self.layers = [], [], []

    @property
    def model(self):
        """All layers as one (unconnected) model."""
        return QModel(tuple(self._tensors), tuple(self._operators))

    def _tensor(self, shape, zero_point, period=1):
        place = len(self._tensors)
        self._tensors.append(Tensor(f"t{place}", f"t{place}", shape, 0.1, int(zero_point), period))
        return place

    def _add(self, operator):
        self._operators.append(operator)
        return operator

    def source(self, width, channels, zero_point=None):
        """Return a new input tensor."""
        zero = self.random.integers(-128, 128) if zero_point is None else zero_point
        return self._tensor((1, width, channels), zero)

    def convolution(self, source, channels, kernel, limits=RELU, extreme=False, gain=1.0):
        """Return a convolution of `source`; `limits`: RELU (the short requantisation), or
        (output zero point, low, high)."""
        random, (_, width, depth) = self.random, self._tensors[source].shape
        shape = (channels, *kernel, depth)
        weights = (
            random.choice([-127, 127], shape) if extreme else random.integers(-127, 128, shape)
        )
        zero, low, high = (-128, *PLAIN_LIMITS) if limits == RELU else limits
        spread = gain * 60 / (74 * 74 * np.sqrt(np.prod(shape[1:])))
        scales = [quantize_multiplier(spread * random.uniform(0.5, 2)) for _ in range(channels)]
        values = np.array([scale.value for scale in scales], np.int64)
        shifts = np.array([scale.shift for scale in scales], np.int64)
        bias = random.integers(-(2**13), 2**13, channels)
        made = self._tensor((1, width, channels), zero)
        return self._add(
            Convolution(
                source, made, weights.astype(np.int8), bias, values, shifts, int(low), int(high)
            )
        )

    def pool(self, convolution, kind="max", limits=PLAIN_LIMITS, size=(2, 2)):
        """Return a pool of `convolution` whose steps are its size."""
        source = self._tensors[convolution.output]
        shape = (1, -(-source.width // size[1]), source.channels)
        made = self._tensor(shape, source.zero_point, 2)
        return self._add(Pool(kind, convolution.output, made, size, size, *limits))

    def concatenation(self, pools):
        """Return the concatenation of `pools`."""
        shapes = [self._tensors[pool.output].shape for pool in pools]
        channels = sum(shape[2] for shape in shapes)
        made = self._tensor((1, shapes[0][1], channels), 0, 2)
        return self._add(Concatenation(tuple(pool.output for pool in pools), made))

    def layer(self, group, choice):
        """Add `group` run by `choice`; returns the StripLayer."""
        tops = [row_geometry(operator)[2] for operator in group.convolutions]
        sizes = [operator.kernel[0] for operator in group.convolutions]
        below = max(size - 1 - top for size, top in zip(sizes, tops, strict=True))
        stride = group.pools[0].stride[0] if group.pools else 1
        made = StripLayer(group, choice, stride, max(tops) + below + stride, max(tops))
        self.layers.append(made)
        return made


def with_rows(layer, rows, early=0):
    """Return `layer` run `rows` rows at a time."""
    return replace(layer, choice=replace(layer.choice, rows=rows, early=early))


def expected_rows(model, layer, values):
    """Return the reference's output of a layer, int8 [rows, width * channels]."""
    group, parts = layer.group, []
    zero = model.traced[group.input].zero_point
    for place, operator in enumerate(group.convolutions):
        out_zero = model.traced[operator.output].zero_point
        made = kernels.convolution(operator, values, zero, out_zero)
        if group.pools:
            pool = group.pools[place]
            made = (
                kernels.max_pool(pool, made)
                if pool.kind == "max"
                else (kernels.average_pool(pool, made))
            )
        parts.append(made)
    joined = np.concatenate(parts, axis=2)
    return joined.reshape(len(joined), -1)


def random_clip(random, model, layer, rows, extreme=False):
    """Return int8 [rows, width, channels] for the layer's input."""
    _, width, channels = model.traced[layer.group.input].shape
    shape = (rows, width, channels)
    if extreme:
        return random.choice(np.array([-128, 127], np.int8), shape)
    return random.integers(-128, 128, shape).astype(np.int8)
