"""Converts a Keras model to .tflite, float or full int8, through TensorFlow."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import ModelError
from sernet_cal.features import COEFFICIENTS
from sernet_cal.quiet import quiet
from sernet_cal.tensorflow_import import import_tensorflow

FloatRows = npt.NDArray[np.float32]

_CURE = "Replace those layers; the engine runs convolution, pooling, mean and dense."


def convert(model: Any, rows: int, representative: Sequence[FloatRows] | None) -> bytes:
    """Return the Keras `model` as a .tflite for `rows` rows.

    It is int8 inside and out when there is a representative set, otherwise float32.
    Raises ModelError when the model does not take [1, rows, 40, 1] or cannot be converted.
    """
    tensorflow = import_tensorflow("convert a model")
    _refuse_recurrent(tensorflow, model)
    with quiet() as log:
        try:
            converter = tensorflow.lite.TFLiteConverter.from_keras_model(
                _with_fixed_rows(tensorflow, model, rows)
            )
            if representative is not None:
                _make_integer(tensorflow, converter, representative)
            flatbuffer: bytes = converter.convert()
        except ModelError:
            raise
        except Exception as error:  # the converter raises whatever its passes raise
            raise _conversion_error(f"{error}\n{log.read_text(errors='replace')}") from error
    return flatbuffer


def layer_of_scope(scope: str) -> str:
    """Return the layer's name without the number that tracing adds."""
    return re.sub(r"_\d+$", "", scope)


def _refuse_recurrent(tensorflow: Any, model: Any) -> None:
    """Refuse what the converter does not answer: its int8 pass crashes on recurrent layers."""
    kinds = (tensorflow.keras.layers.RNN, tensorflow.keras.layers.Bidirectional)
    found = [layer for layer in model._flatten_layers() if isinstance(layer, kinds)]
    if found:
        layers = "; ".join(f"layer {item.name}: operator {type(item).__name__}" for item in found)
        raise ModelError(
            f"The model uses recurrent layers, which cannot be streamed in int8: {layers}.",
            _CURE,
        )


def _with_fixed_rows(tensorflow: Any, model: Any, rows: int) -> Any:
    keras = tensorflow.keras
    inputs = keras.Input(batch_shape=(1, rows, COEFFICIENTS, 1), name="mfcc")
    try:
        return keras.Model(inputs, model(inputs, training=False))
    except ValueError as error:
        raise ModelError(
            f"The model does not take [1, {rows}, {COEFFICIENTS}, 1]: its input is "
            f"{list(model.input_shape)}.",
            "Choose the --clip-seconds that it was made for, or build it with free rows (None).",
        ) from error


def _make_integer(tensorflow: Any, converter: Any, representative: Sequence[FloatRows]) -> None:
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([rows[None, :, :, None]] for rows in representative)
    converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tensorflow.int8
    converter.inference_output_type = tensorflow.int8


# MLIR's words for an operator without a TFLite kernel: `"a/b/LAYER/Op@function" ... 'tf.Op' op is`.
_NO_KERNEL = re.compile(r"""/([^"/@]+)/[^"/@]+@[^\n]*'tf\.(\w+)' op is neither""")


def _conversion_error(text: str) -> ModelError:
    refused = sorted(set(_NO_KERNEL.findall(text)))
    if refused:
        layers = "; ".join(
            f"layer {layer_of_scope(layer)}: operator {kind}" for layer, kind in refused
        )
        return ModelError(
            f"The model uses operators that TFLite's int8 kernels do not have: {layers}.",
            _CURE,
        )
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
    return ModelError(f"TensorFlow cannot convert the model: {first.rstrip('.')}.")
