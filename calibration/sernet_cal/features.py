"""The front-end's specification: geometry, the two named forms, and the canvas of a clip.

Everything that computes MFCCs (float chain, numpy twin, C) starts from these values.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from sernet_cal.errors import InputError, ModelError

SAMPLE_RATE_HZ = 16_000
FRAME_LENGTH = 1024
HOP_LENGTH = 256
MEL_BANDS = 128
MEL_LOW_HZ = 80.0
MEL_HIGH_HZ = 7600.0
LOG_EPSILON = 1e-6
COEFFICIENTS = 40

Form = Literal["stream", "paper"]
Window = Literal["hann", "hamming"]


@dataclass(frozen=True)
class FrontEnd:
    """One front-end as a model was trained with it.

    `form`: "stream" (samples as they are, coefficients standardised and clipped to +-`clip`
    deviations) or "paper" (the recording divided by the 99.9th percentile of |x|, coefficients
    clipped to +-`clip`).
    `mean`, `deviation`: 40 values each, in units of the raw MFCC; for "paper" 0 and 1.
    """

    form: Form
    window: Window
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    clip: float

    @property
    def keeps_clip(self) -> bool:
        """Whether the whole clip must lie in memory before the first frame."""
        return self.form == "paper"

    def to_json(self) -> dict[str, Any]:
        """Return the front-end as the model card stores it."""
        return {
            "form": self.form,
            "window": self.window,
            "mean": list(self.mean),
            "deviation": list(self.deviation),
            "clip": self.clip,
        }


def front_end_from_json(data: dict[str, Any]) -> FrontEnd:
    """Read what `FrontEnd.to_json` wrote; raises ModelError naming the field that is wrong."""
    try:
        front_end = FrontEnd(
            form=data["form"],
            window=data["window"],
            mean=tuple(float(value) for value in data["mean"]),
            deviation=tuple(float(value) for value in data["deviation"]),
            clip=float(data["clip"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The model card's front_end is not readable: {error!r}.") from error
    if front_end.form not in ("stream", "paper"):
        raise ModelError(
            f"The model card's front_end.form is {front_end.form!r}; known: stream, paper."
        )
    if front_end.window not in ("hann", "hamming"):
        raise ModelError(
            f"The model card's front_end.window is {front_end.window!r}; known: hann, hamming."
        )
    if len(front_end.mean) != COEFFICIENTS or len(front_end.deviation) != COEFFICIENTS:
        raise ModelError(
            f"The model card's front_end has {len(front_end.mean)} means and "
            f"{len(front_end.deviation)} deviations; {COEFFICIENTS} of each are needed."
        )
    numbers = (*front_end.mean, *front_end.deviation, front_end.clip)
    if not all(map(math.isfinite, numbers)) or min(*front_end.deviation, front_end.clip) <= 0:
        raise ModelError(
            "The model card's front_end has a mean that is not finite, or a deviation or clip that "
            "is not a positive number."
        )
    return front_end


def paper_front_end(window: Window = "hann", clip: float = 10.0) -> FrontEnd:
    """Return the published front-end: no standardisation, coefficients clipped to +-`clip`."""
    return FrontEnd("paper", window, (0.0,) * COEFFICIENTS, (1.0,) * COEFFICIENTS, clip)


def clip_samples(clip_seconds: float) -> int:
    """Return the samples of a clip of `clip_seconds`."""
    return round(clip_seconds * SAMPLE_RATE_HZ)


def frame_count(samples: int) -> int:
    """Return how many whole frames `samples` samples hold (no padding): 48,000 -> 184."""
    return 0 if samples < FRAME_LENGTH else 1 + (samples - FRAME_LENGTH) // HOP_LENGTH


@dataclass(frozen=True)
class Canvas:
    """Where a clip's frames lie among the rows that the network sees.

    `before` and `after` are rows of silence; `frames` the rows of the clip itself.
    """

    before: int
    frames: int
    after: int

    @property
    def rows(self) -> int:
        """All rows."""
        return self.before + self.frames + self.after


def stream_canvas(samples: int, model_rows: int) -> Canvas:
    """Centre a clip of `samples` samples in `model_rows` rows of silence; long ones stay whole.

    Raises InputError for a clip shorter than one frame.
    """
    frames = frame_count(samples)
    if frames == 0:
        raise InputError(
            f"The clip is too short: {samples} samples; one frame needs {FRAME_LENGTH} "
            f"({1000 * FRAME_LENGTH // SAMPLE_RATE_HZ} ms at {SAMPLE_RATE_HZ} Hz)."
        )
    missing = max(0, model_rows - frames)
    return Canvas(missing // 2, frames, missing - missing // 2)
