"""The MFCC of the published code: tf.signal itself, the judge of every other front-end here."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sernet_cal import features
from sernet_cal.features import Window
from sernet_cal.tensorflow_import import import_tensorflow

FloatArray = npt.NDArray[np.float64]


def raw_mfcc(samples: FloatArray, window: Window = "hann") -> FloatArray:
    """Return TensorFlow's float32 MFCCs of `samples` (full scale 1.0), float64 [frames, 40].

    As float_features.raw_mfcc. Raises SernetError when TensorFlow is not installed.
    """
    tf = import_tensorflow("compute the reference MFCC")
    windows = {"hann": tf.signal.hann_window, "hamming": tf.signal.hamming_window}
    spectrum = tf.abs(
        tf.signal.stft(
            tf.constant(samples, tf.float32),
            features.FRAME_LENGTH,
            features.HOP_LENGTH,
            window_fn=windows[window],
        )
    )
    log_mel = tf.math.log(tf.matmul(spectrum, _mel_weights()) + features.LOG_EPSILON)
    mfcc = tf.signal.mfccs_from_log_mel_spectrograms(log_mel)[:, : features.COEFFICIENTS]
    result: FloatArray = mfcc.numpy().astype(np.float64)
    return result


@cache
def _mel_weights() -> Any:
    tf = import_tensorflow("compute the reference MFCC")
    return tf.signal.linear_to_mel_weight_matrix(
        features.MEL_BANDS,
        features.FRAME_LENGTH // 2 + 1,
        features.SAMPLE_RATE_HZ,
        features.MEL_LOW_HZ,
        features.MEL_HIGH_HZ,
    )
