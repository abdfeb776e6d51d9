"""What a training minimises, as a function of labels and logits.

Importing this module imports TensorFlow.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from sernet_edge.train.recipe_groups import LossSettings

Loss = Callable[[Any, Any], Any]


def make_loss(settings: LossSettings, shares: npt.NDArray[np.float64]) -> Loss:
    """Return the mean loss of (labels, logits), both [clips, classes], labels summing to 1.

    `shares`, [classes], are the classes' shares of the training clips, for the logit adjustment
    (Menon et al., 2021); the focal loss is that of Lin et al. (2017), summed over soft labels.
    """
    adjustment = tf.constant(settings.prior_share * np.log(shares), tf.float32)
    smoothing = settings.label_smoothing

    def loss(labels: Any, logits: Any) -> Any:
        logs = tf.nn.log_softmax(logits + adjustment)
        if settings.kind == "focal":
            logs *= (1.0 - tf.exp(logs)) ** settings.focal_gamma
        soft = labels * (1.0 - smoothing) + smoothing / len(shares)
        return -tf.reduce_mean(tf.reduce_sum(soft * logs, axis=-1))

    return loss


def class_shares(labels: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64]:
    """Return each class's share of `labels`; a class without clips counts as one clip."""
    counts = np.maximum(1, np.bincount(labels, minlength=classes))
    shares: npt.NDArray[np.float64] = counts / counts.sum()
    return shares
