"""Light-SERNet in Keras, as published (Aftab et al., ICASSP 2022), with the article's options.

Importing this module imports TensorFlow.
"""

from typing import Any

import keras

from sernet_cal.features import COEFFICIENTS
from sernet_edge.train.options import NetworkOptions

# Name, kernel (time, coefficient), filters, pool after it (None: the global one follows).
PATHS = (("path_time", (11, 1)), ("path_coefficient", (1, 9)), ("path_both", (3, 3)))
PATH_FILTERS = 32
BODY = (
    ("body1", (3, 3), 64, (2, 2)),
    ("body2", (3, 3), 96, (2, 2)),
    ("body3", (3, 3), 128, (2, 1)),
    ("body4", (3, 3), 160, (2, 1)),
    ("body5", (1, 1), 320, None),
)


def build_network(options: NetworkOptions) -> keras.Model:
    """Return the untrained network: float32 [clips, rows, 40, 1] -> [clips, classes].

    The number of rows is free: nothing in the network depends on it.
    """
    inputs = keras.Input((None, COEFFICIENTS, 1), name="mfcc")
    paths = [
        _pool(options, _block(options, inputs, name, kernel, PATH_FILTERS), f"{name}_pool", (2, 2))
        for name, kernel in PATHS
    ]
    tensor = keras.layers.Concatenate(name="paths")(paths)
    for name, kernel, filters, pool in BODY:
        tensor = _block(options, tensor, name, kernel, filters)
        if pool is not None:
            tensor = _pool(options, tensor, f"{name}_pool", pool)
    tensor = keras.layers.GlobalAveragePooling2D(name="mean")(tensor)
    tensor = keras.layers.Dropout(options.dropout, name="dropout")(tensor)
    outputs = keras.layers.Dense(
        options.classes, activation="softmax", kernel_regularizer=_penalty(options), name="classes"
    )(tensor)
    return keras.Model(inputs, outputs, name="light_sernet")


def _penalty(options: NetworkOptions) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L2(options.l2) if options.l2 else None


def _block(options: NetworkOptions, tensor: Any, name: str, kernel: Any, filters: int) -> Any:
    tensor = keras.layers.Conv2D(
        max(1, round(filters * options.width)),
        kernel,
        padding="same",
        use_bias=False,
        kernel_regularizer=_penalty(options),
        name=name,
    )(tensor)
    tensor = keras.layers.BatchNormalization(momentum=options.momentum, name=f"{name}_bn")(tensor)
    return keras.layers.ReLU(name=f"{name}_relu")(tensor)


def _pool(options: NetworkOptions, tensor: Any, name: str, size: tuple[int, int]) -> Any:
    average = options.pooling == "average"
    layer = keras.layers.AveragePooling2D if average else keras.layers.MaxPooling2D
    return layer(size, strides=size, padding="same", name=name)(tensor)
