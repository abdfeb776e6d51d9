"""Which front-ends `features --compare` sets side by side, and what they are held to."""

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from sernet_cal import features, float_features
from sernet_cal.bundle import Bundle
from sernet_cal.errors import SernetError
from sernet_cal.features import FrontEnd, Window, paper_front_end
from sernet_cal.interpreter import TfliteModel
from sernet_edge.audio.load import Samples
from sernet_edge.cmsis_mfcc import KINDS, cmsis_mfcc
from sernet_edge.feature_report import (
    Candidate,
    FloatCandidate,
    IntegerCandidate,
    RawMfcc,
    Setting,
)

_STREAM_CLIP = 4.0
# Where no model says otherwise, the whole clipped range maps to the whole of int8.
_ZERO_POINT = -1
_INT8_STEPS = 255


@dataclass(frozen=True)
class Reference:
    """The float chain that everything is held to: its name for the report, and its MFCC."""

    name: str
    raw_mfcc: RawMfcc


def find_reference(window: Window) -> Reference:
    """Return tf.signal where TensorFlow is installed, else the same chain in numpy."""
    if importlib.util.find_spec("tensorflow") is None:
        chain = partial(float_features.raw_mfcc, window=window)
        return Reference("numpy float64 (TensorFlow is not installed)", chain)
    from sernet_edge.train import tf_features

    return Reference("tf.signal float32", partial(tf_features.raw_mfcc, window=window))


def model_setting(bundle: Bundle, model: TfliteModel) -> Setting:
    """Return the setting that the bundle's int8 model was made for."""
    return Setting(bundle.front_end, *model.input_quantization, bundle.model_samples)


def other_setting(bundle: Bundle, clips: Iterable[Samples]) -> Setting:
    """Return the other form, with the model's window and clip length.

    A `stream` form made here is normalised by mean and deviation over `clips`.
    """
    window = bundle.front_end.window
    if bundle.front_end.form == "stream":
        front_end = paper_front_end(window)
    else:
        front_end = measured_front_end(clips, window)
    scale = 2.0 * front_end.clip / _INT8_STEPS
    return Setting(front_end, scale, _ZERO_POINT, bundle.model_samples)


def measured_front_end(clips: Iterable[Samples], window: Window) -> FrontEnd:
    """Return a `stream` front-end normalised by mean and deviation over all frames of `clips`."""
    count, total, squares = 0, np.zeros(features.COEFFICIENTS), np.zeros(features.COEFFICIENTS)
    for samples in clips:
        rows = float_features.raw_mfcc(samples.astype(np.float64) / 32768.0, window)
        count, total, squares = count + len(rows), total + rows.sum(0), squares + (rows**2).sum(0)
    mean = total / count
    # A constant coefficient (digital silence) keeps its scale.
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    deviation[deviation < 1e-6] = 1.0
    return FrontEnd("stream", window, tuple(mean), tuple(deviation), _STREAM_CLIP)


def candidates(setting: Setting) -> tuple[list[Candidate], str]:
    """Return the front-ends to compare, ours first, and why CMSIS-DSP's are left out, or ""."""
    found: list[Candidate] = [IntegerCandidate(setting)]
    window = setting.front_end.window
    try:
        found += [
            FloatCandidate(f"CMSIS-DSP {kind}", setting, cmsis_mfcc(kind, window)) for kind in KINDS
        ]
    except SernetError as error:
        return found, str(error)
    return found, ""
