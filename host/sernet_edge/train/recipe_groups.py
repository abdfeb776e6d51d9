"""The groups of settings that a recipe consists of: each setting with its sentence and limits."""

import math
from dataclasses import dataclass

from sernet_cal.features import Form, Window
from sernet_edge.train.settings import setting


@dataclass(frozen=True)
class FrontEndSettings:
    """What the network hears."""

    form: Form = setting("Normalisation of the features.", str, one_of=("stream", "paper"))
    window: Window = setting("Window of each frame.", str, one_of=("hann", "hamming"))
    clip_seconds: float = setting("Length of a clip in seconds.", float, above=0.0, most=60.0)
    clip: float = setting(
        "Features are limited to +- this: in deviations for `stream`, as they are for `paper`.",
        float,
        above=0.0,
    )


@dataclass(frozen=True)
class NetworkSettings:
    """Light-SERNet and what may vary about it."""

    pooling: str = setting("Pooling between the layers.", str, one_of=("average", "max"))
    width: float = setting("Share of the published filters of each layer.", float, above=0.0)
    dropout: float = setting("Dropout before the last layer.", float, least=0.0, most=0.95)
    l2: float = setting("Weight of the L2 penalty on all kernels.", float, least=0.0)
    momentum: float = setting(
        "Momentum of the batch normalization's statistics.", float, least=0.0, most=0.9999
    )


@dataclass(frozen=True)
class OptimizerSettings:
    """How the weights are changed."""

    name: str = setting("Optimizer (Keras).", str, one_of=("adamw", "adam"))
    weight_decay: float = setting(
        "Decoupled weight decay of the kernels; adamw only.", float, least=0.0
    )
    epsilon: float = setting("The optimizer's epsilon.", float, above=0.0)
    precision: str = setting(
        "Arithmetic of the layers while training; weights are float32 throughout.",
        str,
        one_of=("float32", "bfloat16"),
    )
    average_decay: float = setting(
        "Decay of the moving average of all weights, which is the result; 0: the last weights.",
        float,
        least=0.0,
        most=0.99999,
    )


@dataclass(frozen=True)
class ScheduleSettings:
    """How long, and at which learning rates."""

    kind: str = setting(
        "`one_cycle`: cosine up to the peak and down to the last rate, a value a step; "
        "`staircase`: the peak rate, from an epoch on multiplied by a factor every few epochs.",
        str,
        one_of=("one_cycle", "staircase"),
    )
    epochs: int = setting("Passes over the training clips.", int, least=1)
    least_steps: int = setting(
        "More epochs are run where `epochs` makes fewer steps than this.", int, least=0
    )
    batch: int = setting("Clips a step; a last partial batch is dropped.", int, least=1)
    first_rate: float = setting("Rate of the first step; one_cycle only.", float, least=0.0)
    peak_rate: float = setting("Highest rate.", float, above=0.0)
    last_rate: float = setting("Rate of the last step; one_cycle only.", float, least=0.0)
    warm_share: float = setting(
        "Share of the steps until the peak; one_cycle only.", float, least=0.0, most=1.0
    )
    stair_from_epoch: int = setting("First epoch of decay; staircase only.", int, least=0)
    stair_epochs: int = setting("Epochs a stair; staircase only.", int, least=1)
    stair_factor: float = setting(
        "Factor of the rate at each stair; staircase only.", float, above=0.0, most=1.0
    )

    def usual_epochs(self, clips: int) -> int:
        """Return the epochs that `clips` training clips take, `least_steps` steps at least."""
        return max(self.epochs, math.ceil(self.least_steps / self.steps_per_epoch(clips)))

    def steps_per_epoch(self, clips: int) -> int:
        """Return the whole batches in `clips` clips (at least one, then a smaller one)."""
        return max(1, clips // self.batch)


@dataclass(frozen=True)
class LossSettings:
    """What is minimised."""

    kind: str = setting(
        "`cross_entropy`, or `focal` (Lin et al., 2017).", str, one_of=("cross_entropy", "focal")
    )
    focal_gamma: float = setting("Exponent of the focal loss; focal only.", float, least=0.0)
    label_smoothing: float = setting(
        "Share of a label that is spread over all classes.", float, least=0.0, most=0.99
    )
    prior_share: float = setting(
        "Logit adjustment (Menon et al., 2021): this times the log of the classes' shares is added "
        "to the logits while training, so that rare classes count as much as frequent ones.",
        float,
        least=0.0,
    )


@dataclass(frozen=True)
class AugmentationSettings:
    """How training clips are varied, anew in each epoch; shares are probabilities per clip.

    Where the form is `paper` the finished features are all there is: the settings of samples and
    masks apply, those of raw MFCCs (pace, warp, gain, channel, place) do not.
    """

    speeds: tuple[float, ...] = setting(
        "Speeds of the resampled copies (pitch and length change).", tuple, least=0.5, most=2.0
    )
    speed_share: float = setting("How often a copy at another speed.", float, least=0.0, most=1.0)
    noisy_share: float = setting("How often a noisy copy.", float, least=0.0, most=1.0)
    noisy_copies: int = setting("Noisy copies made of each clip, to choose from.", int, least=0)
    snr_db: tuple[float, ...] = setting("Lowest and highest SNR of noisy copies, dB.", tuple)
    noise_slope: float = setting(
        "Noise power falls with frequency to the power 0 to -this.", float, least=0.0, most=2.0
    )
    pace: float = setting(
        "Rows are resampled in time by a factor within e^+-this: tempo without pitch.",
        float,
        least=0.0,
        most=1.0,
    )
    warp: float = setting(
        "The mel spectrum's frequencies are scaled by 1 +- this (vocal tract length perturbation, "
        "Jaitly & Hinton, 2013).",
        float,
        least=0.0,
        most=0.5,
    )
    gain_db: float = setting("Level within +- this, dB.", float, least=0.0)
    channel_deviation: float = setting(
        "Deviation of a constant added to each of c1..c39, in units of its own deviation.",
        float,
        least=0.0,
    )
    time_masks: int = setting("Stretches of time set to the mean.", int, least=0)
    time_mask_frames: int = setting("Longest stretch, frames.", int, least=0)
    coefficient_masks: int = setting("Bands of coefficients set to the mean.", int, least=0)
    coefficient_mask_width: int = setting("Widest band, coefficients.", int, least=0, most=40)
    mixup: float = setting(
        "Parameter of mixup's beta distribution (Zhang et al., 2018); 0: none.", float, least=0.0
    )


@dataclass(frozen=True)
class QuantizationSettings:
    """How the trained network is made int8; the training does not depend on it."""

    bias_correction: bool = setting(
        "After the conversion each layer's int32 bias is corrected, so that the channels' means "
        "over the calibration clips are those of the float network (Nagel et al., 2019).",
        bool,
    )


PLAIN_QUANTIZATION = QuantizationSettings(bias_correction=False)


SECTIONS: dict[str, type] = {
    "front_end": FrontEndSettings,
    "network": NetworkSettings,
    "optimizer": OptimizerSettings,
    "schedule": ScheduleSettings,
    "loss": LossSettings,
    "augmentation": AugmentationSettings,
    "quantization": QuantizationSettings,
}
