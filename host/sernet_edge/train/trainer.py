"""The training loop: one optimizer step a batch, a moving average of all weights, checkpoints.

Importing this module imports TensorFlow.
"""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sernet_cal.errors import InputError
from sernet_edge.train.dataset import Batch
from sernet_edge.train.loss import Loss
from sernet_edge.train.network import build_network, build_training_network
from sernet_edge.train.recipe import Recipe
from sernet_edge.train.recipe_groups import OptimizerSettings
from sernet_edge.train.schedule import average_decay, learning_rate


class Trainer:
    """Trains one network; the state that a checkpoint keeps lives here.

    `fingerprint` names everything that the result depends on; a checkpoint of another one is
    refused. `steps` is the number of all steps, for the schedule; `seed` decides the first weights.
    """

    def __init__(
        self, recipe: Recipe, classes: int, seed: int, steps: int, loss: Loss, fingerprint: str
    ) -> None:
        self.recipe = recipe
        self.classes = classes
        self.steps = steps
        self.fingerprint = fingerprint
        self.step = 0
        self.epoch = 0
        self._loss = loss
        precision = recipe.optimizer.precision
        self.network = build_training_network(recipe.network, classes, precision, seed)
        self._optimizer = _make_optimizer(self.network, recipe.optimizer)
        self._average = [tf.Variable(weight.value) for weight in self.network.weights]
        self._train_step = tf.function(self._one_step, reduce_retracing=True)

    def run_epoch(self, batches: Iterable[Batch]) -> float:
        """Take one step per batch; returns the mean loss."""
        losses = []
        for rows, labels in batches:
            self._optimizer.learning_rate = learning_rate(
                self.recipe.schedule, self.step, self.steps, self.epoch
            )
            decay = average_decay(self.recipe.optimizer.average_decay, self.step)
            losses.append(
                float(
                    self._train_step(
                        tf.constant(rows), tf.constant(labels), tf.constant(decay, tf.float32)
                    )
                )
            )
            self.step += 1
        self.epoch += 1
        return float(np.mean(losses))

    def result(self) -> keras.Model:
        """Return a network of plain layers with the averaged weights and statistics."""
        model = build_network(self.recipe.network, self.classes)
        self.give_result(model)
        return model

    def give_result(self, model: keras.Model) -> None:
        """Give `model`, as `build_network` makes it, the averaged weights and statistics."""
        for weight, average in zip(model.weights, self._average, strict=True):
            weight.assign(average)

    def save(self, path: Path, kept: Sequence[npt.NDArray[Any]] = ()) -> None:
        """Write the state to `path`, atomically; `kept` are arrays that `resume` gives back."""
        arrays: dict[str, Any] = {
            "fingerprint": np.array(self.fingerprint),
            "progress": np.array([self.step, self.epoch]),
        }
        arrays |= {f"v{i:04}": np.asarray(value) for i, value in enumerate(self._state())}
        arrays |= {f"kept{i:04}": value for i, value in enumerate(kept)}
        content = io.BytesIO()
        np.savez(content, **arrays)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content.getvalue())
        part.replace(path)

    def resume(self, path: Path) -> list[npt.NDArray[Any]]:
        """Go on from the checkpoint at `path`; returns what `save` was given to keep.

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
        return [stored[name] for name in sorted(stored) if name.startswith("kept")]

    def _state(self) -> list[Any]:
        # network.variables holds the dropout's random state beside the weights.
        return [*self.network.variables, *self._optimizer.variables, *self._average]

    def _one_step(self, rows: tf.Tensor, labels: tf.Tensor, decay: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = self.network(rows, training=True)
            loss = self._loss(labels, logits) + sum(self.network.losses)
        variables = self.network.trainable_variables
        gradients = tape.gradient(loss, variables)
        self._optimizer.apply_gradients(zip(gradients, variables, strict=True))
        for average, weight in zip(self._average, self.network.weights, strict=True):
            average.assign(average * decay + weight.value * (1.0 - decay))
        return loss


def fix_seeds(seed: int) -> None:
    """Make this process's training repeatable on one machine: seeds and deterministic operators."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _make_optimizer(
    network: keras.Model, settings: OptimizerSettings
) -> keras.optimizers.Optimizer:
    if settings.name == "adam":
        optimizer = keras.optimizers.Adam(epsilon=settings.epsilon)
    else:
        optimizer = keras.optimizers.AdamW(
            weight_decay=settings.weight_decay, epsilon=settings.epsilon
        )
        kept = [weight for weight in network.trainable_variables if weight.name != "kernel"]
        optimizer.exclude_from_weight_decay(var_list=kept)
    optimizer.build(network.trainable_variables)
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
            f"The checkpoint {path} is damaged: {error}.", "Start anew: delete it."
        ) from error
