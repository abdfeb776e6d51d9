"""Light-SERNet in Keras, as published (Aftab et al., ICASSP 2022), with the article's options.

Importing this module imports TensorFlow.
"""

import random
from typing import Any

import keras
import tensorflow as tf

from sernet_cal.errors import InputError
from sernet_cal.features import COEFFICIENTS
from sernet_edge.train.recipe_groups import NetworkSettings

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


class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalization that trains through TensorFlow's fused operator.

    Keras 3 builds it of a dozen operators; fused, a step of this network takes less than half the
    time on a CPU. Only a network in training has it: `build_network` returns plain layers.
    """

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Normalize `inputs`, [clips, rows, width, channels]; moves the statistics in training."""
        if not training:
            return super().call(inputs, training=False, mask=mask)
        none = tf.zeros(0)
        normal, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=none,
            variance=none,
            epsilon=self.epsilon,
            is_training=True,
        )
        share = 1.0 - self.momentum
        self.moving_mean.assign_add(share * (mean - self.moving_mean))
        self.moving_variance.assign_add(share * (variance - self.moving_variance))
        return normal


def build_network(settings: NetworkSettings, classes: int) -> keras.Model:
    """Return the untrained network: float32 [clips, rows, 40, 1] -> [clips, classes].

    The number of rows is free: nothing in the network depends on it. Raises InputError for fewer
    than 2 classes.
    """
    builder = _Builder(settings, keras.layers.BatchNormalization, "float32", 0)
    return builder.model(classes, "softmax")


def build_training_network(
    settings: NetworkSettings, classes: int, precision: str, seed: int
) -> keras.Model:
    """Return the network of `build_network` with layers that train fast, and logits as output.

    Its weights have the same order; with `precision` "bfloat16" the layers compute in it. `seed`
    decides the first weights and what is dropped.
    """
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    return _Builder(settings, FusedBatchNormalization, policy, seed).model(classes, "linear")


class _Builder:
    """Builds one network; `policy` is Keras' dtype policy of the layers before the last.

    Every layer gets a seed of its own: left to Keras, they come from Python's global generator,
    which other threads of the process (those of a Dask worker, of a notebook) use too.
    """

    def __init__(
        self, settings: NetworkSettings, normalization: Any, policy: str, seed: int
    ) -> None:
        self._settings = settings
        self._normalization = normalization
        self._policy = policy
        self._seeds = random.Random(seed)
        self._penalty = keras.regularizers.L2(settings.l2) if settings.l2 else None

    def model(self, classes: int, activation: str) -> keras.Model:
        if classes < 2:
            raise InputError(f"A network needs at least 2 classes; {classes} given.")
        inputs = keras.Input((None, COEFFICIENTS, 1), name="mfcc")
        paths = [
            self._pool(self._block(inputs, name, kernel, PATH_FILTERS), f"{name}_pool", (2, 2))
            for name, kernel in PATHS
        ]
        tensor = keras.layers.Concatenate(name="paths", dtype=self._policy)(paths)
        for name, kernel, filters, pool in BODY:
            tensor = self._block(tensor, name, kernel, filters)
            if pool is not None:
                tensor = self._pool(tensor, f"{name}_pool", pool)
        tensor = keras.layers.GlobalAveragePooling2D(name="mean", dtype="float32")(tensor)
        tensor = keras.layers.Dropout(
            self._settings.dropout, seed=self._next_seed(), name="dropout"
        )(tensor)
        outputs = keras.layers.Dense(
            classes,
            activation=activation,
            kernel_initializer=self._initializer(),
            kernel_regularizer=self._penalty,
            name="classes",
        )(tensor)
        return keras.Model(inputs, outputs, name="light_sernet")

    def _block(self, tensor: Any, name: str, kernel: Any, filters: int) -> Any:
        tensor = keras.layers.Conv2D(
            max(1, round(filters * self._settings.width)),
            kernel,
            padding="same",
            use_bias=False,
            kernel_initializer=self._initializer(),
            kernel_regularizer=self._penalty,
            dtype=self._policy,
            name=name,
        )(tensor)
        tensor = self._normalization(
            momentum=self._settings.momentum, dtype=self._policy, name=f"{name}_bn"
        )(tensor)
        return keras.layers.ReLU(dtype=self._policy, name=f"{name}_relu")(tensor)

    def _initializer(self) -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=self._next_seed())

    def _next_seed(self) -> int:
        return self._seeds.randint(1, 1_000_000_000)

    def _pool(self, tensor: Any, name: str, size: tuple[int, int]) -> Any:
        average = self._settings.pooling == "average"
        layer = keras.layers.AveragePooling2D if average else keras.layers.MaxPooling2D
        return layer(size, strides=size, padding="same", dtype=self._policy, name=name)(tensor)
