"""The training loop: AdamW on one cycle, a moving average of all weights, checkpoints.

Importing this module imports TensorFlow.
"""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from sernet_cal.errors import InputError
from sernet_edge.train.dataset import Batch
from sernet_edge.train.recipe import Recipe, average_decay, learning_rate


class Trainer:
    """Trains one network; the state that a checkpoint keeps lives here.

    `fingerprint` names everything that the result depends on; a checkpoint of another one is
    refused.
    """

    def __init__(self, model: keras.Model, recipe: Recipe, steps: int, fingerprint: str) -> None:
        self.model = model
        self.recipe = recipe
        self.steps = steps
        self.fingerprint = fingerprint
        self.step = 0
        self.epoch = 0
        self._optimizer = _make_optimizer(model, recipe)
        self._loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
        self._average = [tf.Variable(weight.value) for weight in model.weights]
        self._train_step = tf.function(self._one_step, reduce_retracing=True)

    def run_epoch(self, batches: Iterable[Batch]) -> float:
        """Take one step per batch; returns the mean loss."""
        losses = []
        for rows, labels in batches:
            self._optimizer.learning_rate = learning_rate(self.recipe, self.step, self.steps)
            decay = tf.constant(average_decay(self.recipe, self.step), tf.float32)
            losses.append(float(self._train_step(tf.constant(rows), tf.constant(labels), decay)))
            self.step += 1
        self.epoch += 1
        return float(np.mean(losses))

    def take_average(self) -> None:
        """Give the network the moving average of its weights and statistics: the result."""
        for weight, average in zip(self.model.weights, self._average, strict=True):
            weight.assign(average)

    def save(self, path: Path) -> None:
        """Write the state to `path`, atomically."""
        arrays: dict[str, Any] = {
            f"v{i:04}": np.asarray(value) for i, value in enumerate(self._state())
        }
        content = io.BytesIO()
        np.savez(
            content,
            fingerprint=np.array(self.fingerprint),
            progress=np.array([self.step, self.epoch]),
            **arrays,
        )
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content.getvalue())
        part.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from the checkpoint at `path`.

        Raises InputError when there is none, when it is damaged, or when it belongs to a training
        with other settings or data.
        """
        stored = _read_checkpoint(path)
        if str(stored["fingerprint"]) != self.fingerprint:
            raise InputError(
                f"The checkpoint {path} belongs to a training with other settings or recordings.",
                "Start anew: leave out --resume.",
            )
        for i, variable in enumerate(self._state()):
            variable.assign(stored[f"v{i:04}"])
        self.step, self.epoch = (int(value) for value in stored["progress"])

    def _state(self) -> list[Any]:
        # model.variables holds the dropout's random state beside the weights.
        return [*self.model.variables, *self._optimizer.variables, *self._average]

    def _one_step(self, rows: tf.Tensor, labels: tf.Tensor, decay: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            scores = self.model(rows, training=True)
            loss = self._loss(labels, scores) + sum(self.model.losses)
        gradients = tape.gradient(loss, self.model.trainable_variables)
        self._optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        for average, weight in zip(self._average, self.model.weights, strict=True):
            average.assign(average * decay + weight.value * (1.0 - decay))
        return loss


def fix_seeds(seed: int) -> None:
    """Make this process's training repeatable on one machine: seeds and deterministic operators."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _make_optimizer(model: keras.Model, recipe: Recipe) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.AdamW(
        learning_rate=recipe.first_rate, weight_decay=recipe.weight_decay, epsilon=recipe.epsilon
    )
    kept = [weight for weight in model.trainable_variables if weight.name != "kernel"]
    optimizer.exclude_from_weight_decay(var_list=kept)
    optimizer.build(model.trainable_variables)
    return optimizer


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except FileNotFoundError as error:
        raise InputError(
            f"There is no checkpoint at {path} to resume from.", "Start anew: leave out --resume."
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"The checkpoint {path} is damaged: {error}.", "Start anew: leave out --resume."
        ) from error
