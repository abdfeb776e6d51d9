"""The other engine: the int8 flatbuffer as C source for TensorFlow Lite Micro, and its arena."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sernet_cal.bundle import Bundle
from sernet_cal.errors import DoesNotFitError, SernetError, require_extra
from sernet_cal.qmodel import QModel, read_qmodel
from sernet_cal.qmodel_types import Convolution, FullyConnected, inputs_of
from sernet_gen.arena import Block, place_blocks
from sernet_gen.board import Board

NAME = "sn_tflm_model"
_THEIR_ALIGNMENT = "aligned(4)"
_OUR_ALIGNMENT = "aligned(16)"

# Sizes of TFLM's structures on a 64-bit machine, as its recording allocator prints them.
_TENSOR_BYTES = 24
_NODE_BYTES = 64 + 72
_CHANNEL_BYTES = 8
_FIXED_BYTES = 2048
_STEP_BYTES = 16


@dataclass(frozen=True)
class Arena:
    """Memory that TFLM needs, in bytes: `tensors` for the planned tensors, `total` with the
    structures; `measured` by the tflite-micro wheel, or else estimated.
    """

    tensors: int
    total: int
    measured: bool

    @property
    def source(self) -> str:
        """Where the figure comes from, for people."""
        return "measured with tflite-micro" if self.measured else "estimated"


def render_tflm(bundle: Bundle) -> dict[str, str]:
    """Return header and source with the int8 model, as text by file name.

    Raises SernetError when tinymlgen is not installed, or writes something unknown.
    """
    text = _format_with_tinymlgen(bundle.int8)
    start = text.find(f"const unsigned char {NAME}[]")
    if start < 0 or text.count(_THEIR_ALIGNMENT) != 1:
        raise SernetError(
            "The installed tinymlgen writes a C array of another shape than version 0.2 does.",
            "Install that version:  pip install tinymlgen==0.2",
        )
    guard = f"{NAME.upper()}_H"
    header = (
        f"// Generated: the int8 model {bundle.name} for TensorFlow Lite Micro.\n"
        f"#ifndef {guard}\n#define {guard}\n\n"
        "#ifdef __cplusplus\n"
        'extern "C" {\n'
        "#endif\n\n"
        f"// The flatbuffer, aligned to 16 bytes, and its length.\n"
        f"extern const unsigned char {NAME}[];\n"
        f"extern const int {NAME}_len;\n\n"
        "#ifdef __cplusplus\n}\n#endif\n\n#endif\n"
    )
    body = text.replace(_THEIR_ALIGNMENT, _OUR_ALIGNMENT).strip()
    lines = "\n".join(line.rstrip() for line in body.splitlines())
    return {f"{NAME}.h": header, f"{NAME}.c": f'#include "{NAME}.h"\n\n{lines}\n'}


def _format_with_tinymlgen(flatbuffer: bytes) -> str:
    """Run tinymlgen's own formatter on bytes: its converter would quantize again, and wrongly."""
    try:
        with _quiet_stderr():  # it imports TensorFlow, which talks
            tinymlgen: Any = importlib.import_module("tinymlgen.tinymlgen")
    except ImportError as error:
        raise require_extra("tinymlgen", "train", "write the model for --engine tflm") from error
    converter = SimpleNamespace(
        from_keras_model=lambda ready: SimpleNamespace(convert=lambda: ready)
    )
    tensorflow = tinymlgen.tf
    tinymlgen.tf = SimpleNamespace(lite=SimpleNamespace(TFLiteConverter=converter))
    try:
        return str(tinymlgen.port(flatbuffer, False, NAME, pretty_print=True))
    finally:
        tinymlgen.tf = tensorflow


def tflm_arena(flatbuffer: bytes) -> Arena:
    """Return the arena of an int8 model: measured where tflite-micro is installed."""
    model = read_qmodel(flatbuffer)
    tensors = planned_bytes(model)
    estimate = tensors + structure_bytes(model)
    measured = _measure(flatbuffer, tensors, 2 * estimate)
    return Arena(tensors, measured or estimate, measured is not None)


def planned_bytes(model: QModel) -> int:
    """Return the bytes of whole tensors that live together, placed greedily as TFLM does."""
    first_use = {0: 0}
    last_use = {0: 0}
    for step, operator in enumerate(model.operators):
        first_use[operator.output] = last_use[operator.output] = step
        last_use |= dict.fromkeys(inputs_of(operator), step)
    blocks = []
    for index, tensor in enumerate(model.traced):
        rows = tensor.shape[0] if tensor.is_rows else 1
        span = range(first_use[index], last_use[index] + 1)
        size = -(-rows * tensor.row_bytes // _STEP_BYTES) * _STEP_BYTES
        blocks.append(Block(index, size, sum(1 << step for step in span)))
    return place_blocks(blocks)[1]


def structure_bytes(model: QModel) -> int:
    """Estimate what TFLM keeps beside the tensors, on the safe side."""
    weighted = [o for o in model.operators if isinstance(o, Convolution | FullyConnected)]
    tensors = len(model.traced) + 2 * len(weighted)
    channels = sum(int(operator.weights.shape[0]) for operator in weighted)
    return (
        _FIXED_BYTES
        + _TENSOR_BYTES * tensors
        + _NODE_BYTES * len(model.operators)
        + _CHANNEL_BYTES * channels
    )


def _measure(flatbuffer: bytes, low: int, high: int) -> int | None:
    """Return the smallest arena that tflite-micro accepts, None where it is not installed."""
    try:
        runtime: Any = importlib.import_module("tflite_micro.python.tflite_micro.runtime")
    except ImportError:
        return None
    with _quiet_stderr():
        while high - low > _STEP_BYTES:
            middle = (low + high) // 2 // _STEP_BYTES * _STEP_BYTES
            try:
                runtime.Interpreter.from_bytes(flatbuffer, arena_size=middle)
                high = middle
            except RuntimeError:
                low = middle
    return high


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Silence C++ code, which writes to the descriptor itself."""
    sys.stderr.flush()
    saved, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silence)


def check_arena(arena: Arena, board: Board) -> None:
    """Raise DoesNotFitError when `board` has less RAM than TFLM's arena."""
    if board.memory is None or arena.total <= board.memory.ram.length:
        return
    raise DoesNotFitError(
        f"TensorFlow Lite Micro needs an arena of {arena.total:,} bytes ({arena.source}); "
        f"{board.name} has {board.memory.ram.length:,} bytes of RAM.",
        "Take our streaming engine, which keeps a few rows only:  "
        f"sernet-edge build --board {board.name}\n"
        "or a larger board, or a model for a shorter clip.",
    )
