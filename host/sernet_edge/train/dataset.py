"""Training clips as raw MFCCs with their copies, and the batches of one epoch."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal import float_features
from sernet_cal.features import COEFFICIENTS, Form, FrontEnd, Window, clip_samples, frame_count
from sernet_cal.features import paper_front_end as make_paper_front_end
from sernet_edge.train import augment
from sernet_edge.train.augment import Generator, Rows, Samples
from sernet_edge.train.recipe import Augmentation, Recipe

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
ToRows = Callable[[Samples], Rows]


@dataclass(frozen=True)
class TrainingClip:
    """One clip's rows, float32 [rows, 40], and its copies; `label` is the class index."""

    label: int
    original: Rows
    speeds: tuple[Rows, ...]
    noisy: tuple[Rows, ...]


def row_maker(form: Form, window: Window, clip_seconds: float) -> ToRows:
    """Return the function that turns samples into the rows that augmentation works on.

    `stream`: raw MFCCs of the whole clip; `paper`: the finished rows of the clip length, because
    that form normalises the samples first.
    """
    if form == "paper":
        front_end = make_paper_front_end(window)
        count = clip_samples(clip_seconds)
        return lambda samples: float_features.clip_features(front_end, samples, count).astype(
            np.float32
        )
    return lambda samples: float_features.raw_mfcc(
        samples.astype(np.float64) / 32768.0, window
    ).astype(np.float32)


def prepare_clip(
    samples: Samples, label: int, to_rows: ToRows, settings: Augmentation, random: Generator
) -> TrainingClip:
    """Return the rows of one clip and of its copies at other speeds and with noise."""
    noisy = []
    for _ in range(settings.noisy_copies if settings.noisy_share else 0):
        speed = float(random.choice([1.0, *settings.speeds]))
        changed = samples if speed == 1.0 else augment.change_speed(samples, speed)
        snr_db, slope = float(random.uniform(*settings.snr_db)), float(random.uniform(0.0, 1.0))
        noisy.append(to_rows(augment.add_noise(changed, snr_db, slope, random)))
    speeds = settings.speeds if settings.speed_share else ()
    return TrainingClip(
        label,
        to_rows(samples),
        tuple(to_rows(augment.change_speed(samples, speed)) for speed in speeds),
        tuple(noisy),
    )


def stream_front_end(clips: Iterable[TrainingClip], window: Window, gain_db: float) -> FrontEnd:
    """Return the `stream` front-end standardised over all frames of the unchanged `clips`.

    c0's deviation leaves room for gains uniform within +-`gain_db` (variance of a uniform
    distribution: half-width squared over 3).
    """
    frames = np.concatenate([clip.original for clip in clips]).astype(np.float64)
    mean, deviation = frames.mean(axis=0), frames.std(axis=0)
    half_width = 16.0 * np.log(10.0) / 20.0 * gain_db
    deviation[0] = np.sqrt(deviation[0] ** 2 + half_width**2 / 3.0)
    rounded = [tuple(round(float(value), 6) for value in values) for values in (mean, deviation)]
    return FrontEnd("stream", window, rounded[0], rounded[1], 4.0)


def training_rows(
    clip: TrainingClip, front_end: FrontEnd, count: int, settings: Augmentation, random: Generator
) -> Rows:
    """Return one random variation of `clip` as the network sees it, float32 [count, 40]."""
    rows = _pick(clip, settings, random)
    if front_end.form == "stream":
        rows = augment.change_gain(rows, float(random.uniform(-1, 1)) * settings.gain_db)
        deviation = settings.channel_deviation * np.array(front_end.deviation, np.float32)
        rows = augment.shift_channel(rows, deviation, random)
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
    clip_seconds: float,
    classes: int,
    recipe: Recipe,
    epoch: int,
) -> Iterator[Batch]:
    """Yield the batches of `epoch`: float32 [batch, rows, 40, 1] and one-hot [batch, classes].

    The same seed and epoch give the same batches, so that a resumed training goes on as it would
    have; the last partial batch is dropped.
    """
    random = np.random.Generator(np.random.PCG64([recipe.seed, epoch]))
    count = frame_count(clip_samples(clip_seconds))
    order = random.permutation(len(clips))
    for start in range(recipe.steps_per_epoch(len(clips))):
        chosen = [clips[i] for i in order[start * recipe.batch : (start + 1) * recipe.batch]]
        rows = np.stack(
            [training_rows(clip, front_end, count, recipe.augmentation, random) for clip in chosen]
        )
        labels = np.eye(classes, dtype=np.float32)[[clip.label for clip in chosen]]
        yield rows.reshape(len(chosen), count, COEFFICIENTS, 1), labels


def _pick(clip: TrainingClip, settings: Augmentation, random: Generator) -> Rows:
    draw = float(random.uniform())
    if draw < settings.speed_share and clip.speeds:
        return clip.speeds[int(random.integers(len(clip.speeds)))]
    if draw >= 1.0 - settings.noisy_share and clip.noisy:
        return clip.noisy[int(random.integers(len(clip.noisy)))]
    return clip.original
