"""TensorFlow Lite Micro's interpreter from the wheel `tflite-micro`, where it is installed."""

from typing import Any

import numpy as np

from sernet_cal.requantize import Int8Array


class MicroModel:
    """An int8 model in TensorFlow Lite Micro: a second judge of the scores.

    It runs only the clip length that the flatbuffer has: `rows` feature rows.
    """

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._shape = tuple(int(size) for size in interpreter.get_input_details(0)["shape"])

    @classmethod
    def load(cls, flatbuffer: bytes) -> "MicroModel | None":
        """Return the model, or None where the wheel is not installed."""
        try:
            from tflite_micro import runtime
        except ImportError:
            return None
        return cls(runtime.Interpreter.from_bytes(flatbuffer))

    @property
    def rows(self) -> int:
        """Feature rows of a clip."""
        return self._shape[1]

    def run(self, rows: Int8Array) -> Int8Array:
        """Return the scores, int8 [classes], for `rows`, int8 [rows, 40]."""
        self._interpreter.set_input(rows.reshape(self._shape), 0)
        self._interpreter.invoke()
        scores: Int8Array = self._interpreter.get_output(0).reshape(-1).astype(np.int8)
        return scores
