"""A recipe: every choice of a training as a named setting, read from a TOML file."""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_cal.features import Form, Window
from sernet_edge.train.settings import read_group, setting, unknown_name, write_group

BUNDLED = ("stream", "paper", "small")


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


SECTIONS: dict[str, type] = {
    "front_end": FrontEndSettings,
    "network": NetworkSettings,
    "optimizer": OptimizerSettings,
    "schedule": ScheduleSettings,
    "loss": LossSettings,
    "augmentation": AugmentationSettings,
}


@dataclass(frozen=True)
class Recipe:
    """All settings of a training but the data and the seed; `summary` says what it is for."""

    name: str
    summary: str
    front_end: FrontEndSettings
    network: NetworkSettings
    optimizer: OptimizerSettings
    schedule: ScheduleSettings
    loss: LossSettings
    augmentation: AugmentationSettings

    def __post_init__(self) -> None:
        snr_db = self.augmentation.snr_db
        if len(snr_db) != 2 or snr_db[0] > snr_db[1]:
            raise InputError(
                f"augmentation.snr_db is {list(snr_db)}; the lowest and the highest are expected."
            )

    def sections(self) -> dict[str, Any]:
        """Return the groups of settings by name."""
        return {name: getattr(self, name) for name in SECTIONS}

    def to_json(self) -> dict[str, Any]:
        """Return every setting, for cards and results."""
        groups = {name: write_group(group) for name, group in self.sections().items()}
        return {"name": self.name, "summary": self.summary, **groups}

    def digest(self) -> str:
        """Return the SHA-256 over all settings; name and summary do not count."""
        settings = {name: write_group(group) for name, group in self.sections().items()}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def changed(self, settings: Mapping[str, Any]) -> "Recipe":
        """Return the recipe with some settings replaced; names are `section.setting`.

        Raises InputError for names that do not exist and values that are not allowed.
        """
        found = self
        for dotted, value in settings.items():
            section, _, name = dotted.partition(".")
            if section not in SECTIONS:
                raise unknown_name(dotted, section, SECTIONS)
            known = {item.name: item for item in fields(SECTIONS[section])}
            if name not in known:
                raise unknown_name(dotted, name, known)
            table = {**write_group(getattr(found, section)), name: value}
            found = replace(found, **{section: read_group(SECTIONS[section], table, section)})
        return found


def load_recipe(name_or_path: str) -> Recipe:
    """Return a bundled recipe by name, or the one in a TOML file.

    Raises InputError when there is none, when it is not TOML, and for settings that are unknown,
    missing or not allowed.
    """
    if name_or_path in BUNDLED:
        text = (resources.files("sernet_edge") / "recipes" / f"{name_or_path}.toml").read_text(
            encoding="utf-8"
        )
        return _parse(text, name_or_path)
    path = Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise InputError(
            f"There is no recipe {name_or_path}: neither one of {', '.join(BUNDLED)} nor a file "
            "NAME.toml.",
            "See a recipe with all its settings:  sernet-edge recipe stream",
        )
    try:
        return _parse(path.read_text(encoding="utf-8"), path.stem)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not TOML: it is not UTF-8 text.") from error


def override(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """Return `recipe` with `section.setting=VALUE` assignments applied; VALUE is written as TOML.

    Raises InputError for what is no assignment, besides what `Recipe.changed` raises.
    """
    settings = {}
    for text in assignments:
        name, separator, value = text.partition("=")
        if not separator or not value:
            raise InputError(
                f"--set {text} sets nothing.", "Write it as:  --set schedule.epochs=100"
            )
        settings[name.strip()] = _toml_value(value.strip())
    return recipe.changed(settings)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _parse(text: str, name: str) -> Recipe:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The recipe {name} is not TOML: {error}.") from error
    known = {"base": None, "summary": None, **SECTIONS}
    for key in table:
        if key not in known:
            raise unknown_name(key, key, known)
    summary = str(table.get("summary", ""))
    groups = {key: value for key, value in table.items() if key in SECTIONS}
    for key, value in groups.items():
        if not isinstance(value, dict):
            raise InputError(f"{key} in the recipe {name} is {value!r}; a table is expected.")
    if "base" in table:
        base = replace(load_recipe(str(table["base"])), name=name, summary=summary)
        return base.changed(
            {f"{s}.{k}": v for s, group in groups.items() for k, v in group.items()}
        )
    sections: dict[str, Any] = {
        key: read_group(kind, groups.get(key, {}), key) for key, kind in SECTIONS.items()
    }
    return Recipe(name, summary, **sections)
