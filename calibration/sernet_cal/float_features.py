"""The float MFCC in numpy: tf.signal's chain, in float64, without TensorFlow.

Formulas: tf.signal.stft (periodic window), tf.signal.linear_to_mel_weight_matrix and
tf.signal.mfccs_from_log_mel_spectrograms; tests hold it to TensorFlow itself.
"""

from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from sernet_cal import features
from sernet_cal.features import FrontEnd, Window

FloatArray = npt.NDArray[np.float64]
Samples = npt.NDArray[np.int16]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@cache
def window_values(window: Window) -> FloatArray:
    """Return the periodic window, float64 [1024]."""
    phase = 2 * np.pi * np.arange(features.FRAME_LENGTH) / features.FRAME_LENGTH
    match window:
        case "hann":
            return 0.5 - 0.5 * np.cos(phase)
        case "hamming":
            return 0.54 - 0.46 * np.cos(phase)


def _hertz_to_mel(hertz: FloatArray) -> FloatArray:
    mel: FloatArray = 1127.0 * np.log1p(hertz / 700.0)
    return mel


def _band_edges_mel() -> FloatArray:
    """Return the edges of the mel bands, float64 [130]: band i lies between edges i and i + 2."""
    limits = _hertz_to_mel(np.array([features.MEL_LOW_HZ, features.MEL_HIGH_HZ]))
    return np.linspace(limits[0], limits[1], features.MEL_BANDS + 2)


def band_centres_hz() -> FloatArray:
    """Return the mel bands' centres in Hz, float64 [128], rising."""
    centres: FloatArray = 700.0 * np.expm1(_band_edges_mel()[1:-1] / 1127.0)
    return centres


@cache
def mel_weights() -> FloatArray:
    """Return the triangular mel filters, float64 [513 bins, 128 bands] (the DC bin is zero)."""
    bins = features.FRAME_LENGTH // 2 + 1
    hertz = np.linspace(0.0, features.SAMPLE_RATE_HZ / 2, bins)
    mel = _hertz_to_mel(hertz)[:, None]
    edges = _band_edges_mel()
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (mel - lower) / (centre - lower)
    falling = (upper - mel) / (upper - centre)
    weights: FloatArray = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return weights


def frames_of(samples: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """Return the overlapping frames of `samples`, [frames, 1024], as a view."""
    view = np.lib.stride_tricks.sliding_window_view(samples, features.FRAME_LENGTH)
    return view[:: features.HOP_LENGTH]


def raw_mfcc(samples: FloatArray, window: Window = "hann") -> FloatArray:
    """Return the unclipped MFCCs of `samples` (full scale 1.0), float64 [frames, 40]."""
    if len(samples) < features.FRAME_LENGTH:
        return np.zeros((0, features.COEFFICIENTS))
    spectrum = np.abs(np.fft.rfft(frames_of(samples) * window_values(window), axis=1))
    log_mel = np.log(spectrum @ mel_weights() + features.LOG_EPSILON)
    scale = 1.0 / np.sqrt(2.0 * features.MEL_BANDS)
    mfcc: FloatArray = dct(log_mel, type=2, axis=1)[:, : features.COEFFICIENTS] * scale
    return mfcc


def centre_crop(samples: Samples, model_samples: int) -> Samples:
    """Return the middle `model_samples` samples of a longer clip, a shorter one as it is."""
    excess = max(0, len(samples) - model_samples)
    return samples[excess // 2 : excess // 2 + model_samples]


def normalise_clip(samples: Samples, model_samples: int) -> FloatArray:
    """Return the clip as the `paper` front-end sees it, float64 [model_samples], within +-1.

    Crops to the centre, divides by the 99.9th percentile of |x| (numpy's linear interpolation;
    a clip whose percentile is 0 becomes silence), clips, and centres in zeros.
    """
    kept = centre_crop(samples, model_samples).astype(np.float64)
    percentile = np.percentile(np.abs(kept), 99.9)
    kept = np.clip(kept / percentile, -1.0, 1.0) if percentile > 0 else np.zeros_like(kept)
    before = (model_samples - len(kept)) // 2
    return np.pad(kept, (before, model_samples - len(kept) - before))


def standardise(front_end: FrontEnd, mfcc: FloatArray) -> FloatArray:
    """Return (x - mean) / deviation clipped to +-clip, float64 of the same shape."""
    scaled = (mfcc - np.array(front_end.mean)) / np.array(front_end.deviation)
    clipped: FloatArray = np.clip(scaled, -front_end.clip, front_end.clip)
    return clipped


def silence_vector() -> FloatArray:
    """Return the raw MFCCs of digital silence, float64 [40]: c0 = -221, the others 0."""
    vector = np.zeros(features.COEFFICIENTS)
    vector[0] = np.log(features.LOG_EPSILON) * np.sqrt(2.0 * features.MEL_BANDS)
    return vector


def clip_features(front_end: FrontEnd, samples: Samples, model_samples: int) -> FloatArray:
    """Return the float input of the network for one clip, float64 [rows, 40].

    `stream`: at least as many rows as `model_samples` gives (silence around short clips, long ones
    whole); `paper`: exactly as many. Raises InputError for a clip shorter than one frame.
    """
    canvas = features.stream_canvas(len(samples), features.frame_count(model_samples))
    if front_end.form == "paper":
        return standardise(
            front_end, raw_mfcc(normalise_clip(samples, model_samples), front_end.window)
        )
    mfcc = raw_mfcc(samples.astype(np.float64) / 32768.0, front_end.window)
    silence = silence_vector()[None]
    rows = [np.repeat(silence, canvas.before, 0), mfcc, np.repeat(silence, canvas.after, 0)]
    return standardise(front_end, np.concatenate(rows))
