"""Compares front-ends with the float chain: coefficients, int8 inputs, predictions."""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sernet_cal import features, float_features, mfcc_tables
from sernet_cal.features import FrontEnd
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_edge.audio.load import Samples

FloatArray = npt.NDArray[np.float64]
Int8Array = npt.NDArray[np.int8]
RawMfcc = Callable[[FloatArray], FloatArray]
Predict = Callable[[Int8Array], int]

SNR_BAR_DB = 66.0
EQUAL_BAR = 0.99
PREDICTION_BAR = 0.995
# One step; two are allowed where the float chain's value lies at an end of int8, the clip's edge.
WORST_INNER_STEP_BAR = 1
WORST_STEP_BAR = 2


@dataclass(frozen=True)
class Setting:
    """What all front-ends of one comparison compute: the form, and the network's int8 input."""

    front_end: FrontEnd
    input_scale: float
    input_zero_point: int
    model_samples: int


@dataclass(frozen=True)
class ClipFeatures:
    """One clip's features at three places.

    `raw`: the MFCCs, [frames, 40]; `standardised`: just before the int8 step, [frames, 40];
    `rows`: the network's input with its silent canvas, int8 [rows, 40].
    """

    raw: FloatArray
    standardised: FloatArray
    rows: Int8Array


class Candidate(Protocol):
    """A front-end under comparison."""

    @property
    def name(self) -> str:
        """The name in the report."""

    def compute(self, samples: Samples) -> ClipFeatures:
        """Return the features of a clip of 1024 samples at least."""


@dataclass(frozen=True)
class FloatCandidate:
    """A chain that ends in real numbers; the last steps are done for it in float64."""

    name: str
    setting: Setting
    raw_mfcc: RawMfcc

    def compute(self, samples: Samples) -> ClipFeatures:
        """Return the features of a clip."""
        setting, front_end = self.setting, self.setting.front_end
        canvas = features.stream_canvas(len(samples), features.frame_count(setting.model_samples))
        if front_end.keeps_clip:
            raw = self.raw_mfcc(float_features.normalise_clip(samples, setting.model_samples))
            whole = raw
        else:
            raw = self.raw_mfcc(samples.astype(np.float64) / 32768.0)
            silence = float_features.silence_vector()[None]
            before, after = (np.repeat(silence, n, 0) for n in (canvas.before, canvas.after))
            whole = np.concatenate([before, raw, after])
        rows = mfcc_tables.quantize_features(
            float_features.standardise(front_end, whole),
            setting.input_scale,
            setting.input_zero_point,
        )
        return ClipFeatures(raw, float_features.standardise(front_end, raw), rows)


class IntegerCandidate:
    """This project's integer front-end."""

    name = "ours"

    def __init__(self, setting: Setting) -> None:
        self._model_samples = setting.model_samples
        self._twin = IntegerFrontEnd(
            setting.front_end, setting.input_scale, setting.input_zero_point
        )

    def compute(self, samples: Samples) -> ClipFeatures:
        """Return the features of a clip."""
        length = self._model_samples
        return ClipFeatures(
            self._twin.raw_mfcc(samples, length),
            self._twin.standardised(samples, length),
            self._twin.clip_rows(samples, length),
        )


@dataclass(frozen=True)
class Comparison:
    """One front-end against the float chain over all clips.

    `raw_snr_db`, `snr_db`: 10 log10(sum ref^2 / sum (ref - x)^2) over all coefficients of all
    frames of all clips, of the raw MFCCs and of the values just before the int8 step; None where
    nothing differs. `equal_share` of the int8 inputs, `worst_step` their largest difference,
    `worst_inner_step` the largest where the float chain's value is no end of int8,
    `same_prediction`: share of clips with the same class, None without a model of this form.
    """

    name: str
    raw_snr_db: float | None
    snr_db: float | None
    equal_share: float
    worst_step: int
    worst_inner_step: int
    same_prediction: float | None

    def to_json(self) -> dict[str, object]:
        """Return the fields for `--json`."""
        return asdict(self)

    def missed_bars(self) -> list[str]:
        """Return what falls short of the project's bars, one phrase each."""
        missed = []
        if self.snr_db is not None and self.snr_db < SNR_BAR_DB:
            missed.append(f"{self.snr_db:.1f} dB SNR, at least {SNR_BAR_DB:g} dB expected")
        if self.equal_share < EQUAL_BAR:
            missed.append(f"{self.equal_share:.2%} equal inputs, {EQUAL_BAR:.0%} expected")
        if self.worst_inner_step > WORST_INNER_STEP_BAR:
            steps = f"{self.worst_inner_step} steps"
            missed.append(f"an input {steps} off, {WORST_INNER_STEP_BAR} allowed")
        elif self.worst_step > WORST_STEP_BAR:
            steps = f"{self.worst_step} steps"
            missed.append(f"an input {steps} off at the clip's edge, {WORST_STEP_BAR} allowed")
        if self.same_prediction is not None and self.same_prediction < PREDICTION_BAR:
            share = f"{self.same_prediction:.2%}"
            missed.append(f"{share} same predictions, {PREDICTION_BAR:.1%} expected")
        return missed


@dataclass
class FeatureTally:
    """Sums over the clips seen so far, one front-end against the float chain."""

    raw_signal: float = 0.0
    raw_noise: float = 0.0
    signal: float = 0.0
    noise: float = 0.0
    inputs: int = 0
    equal: int = 0
    worst: int = 0
    worst_inner: int = 0
    clips: int = 0
    same: int = 0

    def add(self, reference: ClipFeatures, ours: ClipFeatures, same: bool) -> None:
        """Add one clip; `same`: whether both lead to the same class."""
        self.raw_signal += float(np.sum(reference.raw**2))
        self.raw_noise += float(np.sum((reference.raw - ours.raw) ** 2))
        self.signal += float(np.sum(reference.standardised**2))
        self.noise += float(np.sum((reference.standardised - ours.standardised) ** 2))
        steps = np.abs(reference.rows.astype(np.int64) - ours.rows)
        self.inputs += steps.size
        self.equal += int(np.sum(steps == 0))
        self.worst = max(self.worst, int(steps.max()))
        inner = (reference.rows > -128) & (reference.rows < 127)
        self.worst_inner = max(self.worst_inner, int(np.max(steps, where=inner, initial=0)))
        self.clips += 1
        self.same += same

    def comparison(self, name: str, predicted: bool) -> Comparison:
        """Return the figures of one clip at least; without `predicted`, no share of classes."""
        return Comparison(
            name,
            _decibels(self.raw_signal, self.raw_noise),
            _decibels(self.signal, self.noise),
            self.equal / self.inputs,
            self.worst,
            self.worst_inner,
            self.same / self.clips if predicted else None,
        )


def _decibels(signal: float, noise: float) -> float | None:
    return 10.0 * math.log10(signal / noise) if signal > 0 and noise > 0 else None


def compare(
    clips: Iterable[Samples],
    reference: Candidate,
    candidates: list[Candidate],
    predict: Predict | None,
) -> list[Comparison]:
    """Return one comparison for each candidate over one clip at least.

    `predict`: from the network's input to the class, where a model takes this form.
    """
    tallies = [FeatureTally() for _ in candidates]
    for samples in clips:
        expected = reference.compute(samples)
        wanted = predict(expected.rows) if predict else None
        for candidate, tally in zip(candidates, tallies, strict=True):
            seen = candidate.compute(samples)
            # Equal inputs give equal predictions: most of ours need no second run.
            equal = predict is None or np.array_equal(seen.rows, expected.rows)
            same = equal or (predict is not None and predict(seen.rows) == wanted)
            tally.add(expected, seen, same)
    pairs = zip(candidates, tallies, strict=True)
    return [tally.comparison(candidate.name, predict is not None) for candidate, tally in pairs]
