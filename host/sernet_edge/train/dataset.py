"""Training clips as raw MFCCs with their copies, and the batches of one epoch."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal import float_features
from sernet_cal.features import (
    COEFFICIENTS,
    FrontEnd,
    clip_samples,
    frame_count,
    paper_front_end,
)
from sernet_edge.train import augment
from sernet_edge.train.augment import Generator, Rows, Samples
from sernet_edge.train.recipe import Recipe
from sernet_edge.train.recipe_groups import AugmentationSettings, FrontEndSettings
from sernet_edge.train.settings import write_group

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
ToRows = Callable[[Samples], Rows]
# Raise it when `clip_copies` makes other rows of the same samples and settings: caches hold them.
COPIES_VERSION = 1


@dataclass(frozen=True)
class TrainingClip:
    """One clip's rows, float32 [rows, 40], and its copies; `label` is the class index."""

    label: int
    original: Rows
    speeds: tuple[Rows, ...]
    noisy: tuple[Rows, ...]


def row_maker(settings: FrontEndSettings) -> ToRows:
    """Return the function that turns samples into the rows that augmentation works on.

    `stream`: raw MFCCs of the whole clip; `paper`: the finished rows of the clip length, because
    that form normalises the samples first.
    """
    if settings.form == "paper":
        front_end = paper_front_end(settings.window, settings.clip)
        count = clip_samples(settings.clip_seconds)
        return lambda samples: float_features.clip_features(front_end, samples, count).astype(
            np.float32
        )
    return lambda samples: float_features.raw_mfcc(
        samples.astype(np.float64) / 32768.0, settings.window
    ).astype(np.float32)


def copies_key(front_end: FrontEndSettings, settings: AugmentationSettings) -> str:
    """Return what `clip_copies` depends on beside the samples, for a cache."""
    made = [settings.speeds if settings.speed_share else (), _noisy_count(settings)]
    made += [settings.snr_db, settings.noise_slope]
    return json.dumps([COPIES_VERSION, write_group(front_end), made])


def clip_copies(
    samples: Samples, front_end: FrontEndSettings, settings: AugmentationSettings
) -> dict[str, Rows]:
    """Return the rows of one clip, "original", and of its copies, "speed0".. and "noisy0"...

    The noise depends on the samples alone: the same clip has the same copies in every training.
    """
    to_rows = row_maker(front_end)
    seed = int.from_bytes(hashlib.sha256(samples.tobytes()).digest()[:8], "little")
    random = np.random.Generator(np.random.PCG64(seed))
    rows = {"original": to_rows(samples)}
    for index, speed in enumerate(settings.speeds if settings.speed_share else ()):
        rows[f"speed{index}"] = to_rows(augment.change_speed(samples, speed))
    for index in range(_noisy_count(settings)):
        speed = float(random.choice([1.0, *settings.speeds]))
        changed = samples if speed == 1.0 else augment.change_speed(samples, speed)
        snr_db = float(random.uniform(settings.snr_db[0], settings.snr_db[1]))
        slope = float(random.uniform(0.0, settings.noise_slope))
        rows[f"noisy{index}"] = to_rows(augment.add_noise(changed, snr_db, slope, random))
    return rows


def training_clip(label: int, rows: dict[str, Rows]) -> TrainingClip:
    """Return the clip of class `label` from what `clip_copies` made."""

    def named(start: str) -> tuple[Rows, ...]:
        return tuple(rows[name] for name in sorted(rows) if name.startswith(start))

    return TrainingClip(label, rows["original"], named("speed"), named("noisy"))


def fit_front_end(clips: Iterable[TrainingClip], recipe: Recipe) -> FrontEnd:
    """Return the recipe's front-end, standardised over all frames of the unchanged `clips`.

    `stream`: c0's deviation leaves room for gains uniform within +-`gain_db` (variance of a uniform
    distribution: half-width squared over 3). `paper` is not standardised.
    """
    settings = recipe.front_end
    if settings.form == "paper":
        return paper_front_end(settings.window, settings.clip)
    frames = np.concatenate([clip.original for clip in clips]).astype(np.float64)
    mean, deviation = frames.mean(axis=0), frames.std(axis=0)
    half_width = augment.C0_PER_DB * recipe.augmentation.gain_db
    deviation[0] = np.sqrt(deviation[0] ** 2 + half_width**2 / 3.0)
    rounded = [tuple(round(float(value), 6) for value in values) for values in (mean, deviation)]
    return FrontEnd("stream", settings.window, rounded[0], rounded[1], settings.clip)


def training_rows(
    clip: TrainingClip,
    front_end: FrontEnd,
    count: int,
    settings: AugmentationSettings,
    random: Generator,
) -> Rows:
    """Return one random variation of `clip` as the network sees it, float32 [count, 40]."""
    rows = _pick(clip, settings, random)
    if front_end.form == "stream":
        rows = _vary_raw(rows, front_end, settings, random)
        rows = augment.place(rows, count, random)
        rows = float_features.standardise(front_end, rows.astype(np.float64)).astype(np.float32)
    for _ in range(settings.time_masks):
        rows = augment.mask(rows, 0, settings.time_mask_frames, random)
    for _ in range(settings.coefficient_masks):
        rows = augment.mask(rows, 1, settings.coefficient_mask_width, random)
    return rows


def epoch_batches(
    clips: list[TrainingClip],
    front_end: FrontEnd,
    classes: int,
    recipe: Recipe,
    random: Generator,
) -> Iterator[Batch]:
    """Yield the batches of one epoch: float32 [batch, rows, 40, 1] and labels [batch, classes].

    Each label row sums to 1: one-hot, or mixed by mixup. The last partial batch is dropped.
    """
    count = frame_count(clip_samples(recipe.front_end.clip_seconds))
    size, settings = recipe.schedule.batch, recipe.augmentation
    order = random.permutation(len(clips))
    for start in range(recipe.schedule.steps_per_epoch(len(clips))):
        chosen = [clips[i] for i in order[start * size : (start + 1) * size]]
        rows = np.stack(
            [training_rows(clip, front_end, count, settings, random) for clip in chosen]
        )
        labels = np.eye(classes, dtype=np.float32)[[clip.label for clip in chosen]]
        if settings.mixup:
            rows, labels = augment.mix(rows, labels, settings.mixup, random)
        yield rows.reshape(len(chosen), count, COEFFICIENTS, 1), labels


def epoch_generator(seed: int, epoch: int) -> Generator:
    """Return the generator of one epoch, so that a resumed training goes on as it would have."""
    return np.random.Generator(np.random.PCG64([seed, epoch]))


def _noisy_count(settings: AugmentationSettings) -> int:
    return settings.noisy_copies if settings.noisy_share else 0


def _vary_raw(
    rows: Rows, front_end: FrontEnd, settings: AugmentationSettings, random: Generator
) -> Rows:
    if settings.pace:
        rows = augment.change_pace(rows, float(np.exp(random.uniform(-1, 1) * settings.pace)))
    if settings.warp:
        rows = augment.warp_frequency(rows, float(1.0 + random.uniform(-1, 1) * settings.warp))
    rows = augment.change_gain(rows, float(random.uniform(-1, 1)) * settings.gain_db)
    deviation = settings.channel_deviation * np.array(front_end.deviation, np.float32)
    return augment.shift_channel(rows, deviation, random)


def _pick(clip: TrainingClip, settings: AugmentationSettings, random: Generator) -> Rows:
    draw = float(random.uniform())
    if draw < settings.speed_share and clip.speeds:
        return clip.speeds[int(random.integers(len(clip.speeds)))]
    if draw >= 1.0 - settings.noisy_share and clip.noisy:
        return clip.noisy[int(random.integers(len(clip.noisy)))]
    return clip.original
