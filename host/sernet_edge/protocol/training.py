"""One training from recordings to the parts of a bundle, for a model as for a fold."""

from dataclasses import dataclass
from pathlib import Path

from sernet_cal.features import FrontEnd
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.corpus import Recording
from sernet_edge.audio.feature_cache import FeatureCache, default_cache
from sernet_edge.progress import Show
from sernet_edge.train.keras_file import keras_bytes
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.quantize import Network, Quantized, quantize
from sernet_edge.train.source import read_source


@dataclass(frozen=True)
class TrainingTask:
    """What trains and calibrates, what is measured afterwards, and how.

    `watched` recordings choose the epoch; `calibration_clips` of `training` calibrate the int8
    model. The state while training is kept at `checkpoint`; `resume` goes on from it.
    """

    training: tuple[Recording, ...]
    measured: tuple[Recording, ...]
    watched: tuple[Recording, ...]
    plan: TrainingPlan
    calibration_clips: int
    checkpoint: Path
    resume: bool


@dataclass(frozen=True)
class TrainedModel:
    """A network in all its forms; `epoch`: after which its weights were taken."""

    front_end: FrontEnd
    keras: bytes
    quantized: Quantized
    epoch: int


def train_model(task: TrainingTask, show: Show) -> TrainedModel:
    """Train, with features from the user's cache, quantize, and remove the checkpoint.

    Raises SernetError without TensorFlow, and what `train_network` and `quantize` raise.
    """
    import_tensorflow("train a model")
    from sernet_edge.train.fit import Checkpointing, train_network

    trained = train_network(
        task.training,
        task.plan,
        Checkpointing(task.checkpoint, resume=task.resume),
        show,
        task.watched,
        FeatureCache(default_cache()),
    )
    keras = keras_bytes(trained.model)
    seconds = task.plan.recipe.front_end.clip_seconds
    network = Network(keras, "the network", task.plan.classes, trained.front_end, seconds)
    quantized = _quantize(network, task, show)
    task.checkpoint.unlink(missing_ok=True)
    return TrainedModel(trained.front_end, keras, quantized, trained.epoch)


def quantize_trained(folder: Path, task: TrainingTask, show: Show) -> TrainedModel:
    """Return what `train_model` would, by quantizing the network that it made before.

    `folder`: the bundle of the same training. Raises SernetError without TensorFlow, ModelError
    for a damaged bundle, and what `quantize` raises.
    """
    import_tensorflow("quantize a model")
    source = read_source(folder)
    network = source.network(None)
    return TrainedModel(
        network.front_end, source.keras, _quantize(network, task, show), source.epochs
    )


def _quantize(network: Network, task: TrainingTask, show: Show) -> Quantized:
    settings = task.plan.recipe.quantization
    return quantize(network, task.training, task.measured, task.calibration_clips, settings, show)
