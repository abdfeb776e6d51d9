"""Runs a .tflite with the LiteRT interpreter, without TensorFlow, on any number of rows."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import ModelError

Rows = npt.NDArray[np.generic]


class TfliteModel:
    """One loaded flatbuffer.

    `reference` chooses TFLite's reference kernels, the judge of int8 results; otherwise the fast
    ones run. With `observe`, every tensor's value can be read after a run.
    """

    def __init__(self, flatbuffer: bytes, reference: bool, observe: bool = False) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        # Without the XNNPACK delegate, which hides tensors and announces itself on stderr.
        fast = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        resolver = OpResolverType.BUILTIN_REF if reference else fast
        try:
            self._interpreter = Interpreter(
                model_content=flatbuffer,
                experimental_op_resolver_type=resolver,
                experimental_preserve_all_tensors=observe,
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"TFLite cannot load the model: {error}.") from error
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._output: dict[str, Any] = self._interpreter.get_output_details()[0]
        self._rows = int(self._input["shape"][1])

    @property
    def input_quantization(self) -> tuple[float, int]:
        """Scale and zero point of the input; (0.0, 0) for a float model."""
        scale, zero_point = self._input["quantization"]
        return float(scale), int(zero_point)

    @property
    def classes(self) -> int:
        """The number of outputs."""
        return int(self._output["shape"][-1])

    def run(self, rows: Rows) -> npt.NDArray[np.generic]:
        """Return the output, [classes], int8 or float32 like the model, for `rows`, [rows, 40]."""
        if len(rows) != self._rows:
            self._rows = len(rows)
            self._interpreter.resize_tensor_input(self._input["index"], [1, *rows.shape, 1])
            self._interpreter.allocate_tensors()
        shaped = rows.astype(self._input["dtype"], copy=False).reshape(1, *rows.shape, 1)
        self._interpreter.set_tensor(self._input["index"], shaped)
        self._interpreter.invoke()
        output: npt.NDArray[np.generic] = self._interpreter.get_tensor(self._output["index"])
        first: npt.NDArray[np.generic] = output[0]
        return first

    def probabilities(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Return the output as probabilities, float64 [classes], for `rows`, [rows, 40]."""
        scores: npt.NDArray[np.float64] = self.run(rows).astype(np.float64)
        scale, zero_point = self._output["quantization"]
        if scale:
            scores = (scores - zero_point) * scale
        return scores

    def observed(self) -> list[npt.NDArray[np.generic]]:
        """Return the input's and each operator's output of the last run, reshapes left out."""
        indices = [self._input["index"]]
        for item in self._interpreter._get_ops_details():
            if item["op_name"] != "RESHAPE":
                indices.append(item["outputs"][0])
        return [self._interpreter.get_tensor(index) for index in indices]
