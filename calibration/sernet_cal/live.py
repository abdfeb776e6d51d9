"""The network on a stream without an end: what its answers are, and their numpy twin.

The definition, which the C (sn_live.c, sn_slide.c) follows byte for byte:

* Feature row t is that of the frame that starts at sample t * HOP_LENGTH of the stream, by the
  `stream` form of the front-end. There is no silence before it and none after.
* The layers up to the global average are those of `run_reference` on these rows. The stream begins
  as a clip does, with the padding above its first row, and never ends: no layer ever sees padding
  below.
* Answer k = 0, 1, 2, .. is the rest of the network (mean, dense layers, softmax) on rows
  k .. k + N - 1 of the last layer before the mean, where N is the number of rows that this layer
  has for a clip of the model's own length. The mean is that of a clip of N such rows: the same sums
  of int8, the same multiplier for N * width pixels, the same rounding.

So a new row of the last layer gives a new answer, and nothing is computed twice. Answer 0 is not
the answer to a clip of the model's own length: that clip ends, and the padding below it reaches
into its last rows; the first rows, which it does not reach, are the same. Answer 0 needs some more
samples than such a clip has, those that the stream holds where the clip has padding.
"""

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import InputError
from sernet_cal.features import FRAME_LENGTH
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel_types import Concatenation, Convolution, Mean, Pool, QModel, row_geometry
from sernet_cal.reference import check_rows, input_tensor, run_operator
from sernet_cal.requantize import Int8Array

# Rows of the last layer that are computed at once: the memory does not grow with the stream.
_ROWS_AT_ONCE = 32


def stream_rows(front_end: IntegerFrontEnd, samples: npt.NDArray[np.int16]) -> Int8Array:
    """Return the feature rows of a stream's `samples`, int16 [n]: int8 [rows, 40].

    Raises InputError for less than one frame, and for the `paper` form.
    """
    if front_end.front_end.keeps_clip:
        raise InputError("The `paper` front-end needs the whole clip: it has no rows of a stream.")
    return front_end.clip_rows(samples, FRAME_LENGTH)


def answer_rows(model: QModel) -> int:
    """Return N, the rows of the last layer that one answer is the mean of."""
    return model.traced[_mean(model).input].shape[0]


def run_live(model: QModel, rows: Int8Array) -> Int8Array:
    """Return all answers that the feature rows of a stream have given: int8 [answers, classes].

    `rows`: int8 [rows, width], from the stream's first on. Raises InputError for other rows.
    """
    return answers_of(model, last_layer_rows(model, rows))


def last_layer_rows(model: QModel, rows: Int8Array) -> Int8Array:
    """Return the rows of the last layer before the mean that do not depend on what follows `rows`:
    int8 [n, width, channels]. Raises InputError for rows that are not the model's."""
    check_rows(model, rows)
    last = model.traced[_mean(model).input]
    count = len(_untouched(model, len(rows), from_start=True))
    many = range(1000 * last.period)
    inner = _untouched(model, len(many), from_start=False)
    above, below = inner.start, len(many) // last.period - inner.stop
    parts = [np.zeros((0, *last.shape[1:]), np.int8)]
    for first in range(0, count, _ROWS_AT_ONCE):
        wanted = min(_ROWS_AT_ONCE, count - first)
        start = max(0, first - above)
        piece = rows[start * last.period : (first + wanted + below) * last.period]
        made = _run_layers(model, piece)
        parts.append(made[first - start : first - start + wanted])
    return np.concatenate(parts)


def answers_of(model: QModel, rows: Int8Array) -> Int8Array:
    """Return the answers that successive `rows` of the last layer give, int8 [answers, classes]."""
    window, mean = answer_rows(model), _mean(model)
    answers = np.zeros((max(0, len(rows) - window + 1), model.classes), np.int8)
    rest = model.operators[model.operators.index(mean) :]
    for number in range(len(answers)):
        tensors = {mean.input: rows[number : number + window]}
        for operator in rest:
            tensors[operator.output] = run_operator(model, operator, tensors)
        answers[number] = tensors[rest[-1].output]
    return answers


def _run_layers(model: QModel, rows: Int8Array) -> Int8Array:
    """Return the last layer before the mean for a piece of a stream, padded at both ends."""
    tensors = {0: input_tensor(model, rows)}
    for operator in model.operators:
        if isinstance(operator, Mean):
            return tensors[operator.input]
        tensors[operator.output] = run_operator(model, operator, tensors)
    raise AssertionError("read_qmodel refuses networks without a mean")


def _untouched(model: QModel, count: int, from_start: bool) -> range:
    """Return the rows of the last layer that no padding at an end of `count` rows reaches; above,
    padding is right when they are `from_start`."""
    found = {0: range(count)}
    for operator in model.operators:
        match operator:
            case Mean():
                return found[operator.input]
            case Concatenation():
                joined = [found[place] for place in operator.inputs]
                first, stop = max(r.start for r in joined), min(r.stop for r in joined)
            case Convolution() | Pool():
                window, stride, above = row_geometry(operator)
                source = found[operator.input]
                first = 0 if from_start else -(-(source.start + above) // stride)
                stop = (source.stop - window + above) // stride + 1
            case _:
                raise AssertionError("read_qmodel refuses vectors before the mean")
        found[operator.output] = range(first, max(first, stop))
    raise AssertionError("read_qmodel refuses networks without a mean")


def _mean(model: QModel) -> Mean:
    return next(operator for operator in model.operators if isinstance(operator, Mean))
