"""CMSIS-DSP's MFCC in float, Q31 and Q15, as the peers in the comparison of front-ends.

Fed as its documentation asks, with this project's filters and window; what it loses in fixed point
is its own: the mel sum is shifted down with the FFT's scaling, so quiet bands fall off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sernet_cal import features, float_features
from sernet_cal.errors import require_extra
from sernet_cal.features import Window

FloatArray = npt.NDArray[np.float64]
Kind = Literal["f32", "q31", "q15"]
KINDS: tuple[Kind, ...] = ("f32", "q31", "q15")
_WORKSPACE = 4 * features.FRAME_LENGTH  # values; twice what any of the three needs


@dataclass(frozen=True)
class _Format:
    """How a kind holds samples, tables and results: value * 2^bits in `dtype`."""

    dtype: type[np.generic]
    input_bits: int
    output_bits: int

    def convert(self, values: FloatArray) -> npt.NDArray[np.generic]:
        if self.dtype is np.float32:
            return values.astype(np.float32)
        largest = 2.0**self.input_bits
        return np.clip(np.rint(values * largest), -largest, largest - 1).astype(self.dtype)


_FORMATS: dict[Kind, _Format] = {
    "f32": _Format(np.float32, 0, 0),
    "q31": _Format(np.int32, 31, 23),
    "q15": _Format(np.int16, 15, 7),
}


def cmsis_mfcc(kind: Kind, window: Window) -> Callable[[FloatArray], FloatArray]:
    """Return a function from samples (full scale 1.0) to raw MFCCs, float64 [frames, 40].

    Raises SernetError when the package cmsisdsp is not installed.
    """
    try:
        import cmsisdsp
    except ImportError as error:
        raise require_extra("cmsisdsp", "train", "compare with CMSIS-DSP's MFCC") from error
    form = _FORMATS[kind]
    instance = _instance(cmsisdsp, kind, window)
    run = getattr(cmsisdsp, f"arm_mfcc_{kind}")
    workspace = np.zeros(_WORKSPACE, np.float32 if kind == "f32" else np.int32)

    def raw_mfcc(samples: FloatArray) -> FloatArray:
        frames = float_features.frames_of(form.convert(samples))
        rows = [_result(run(instance, frame.copy(), workspace)) for frame in frames]
        return np.array(rows, np.float64) / 2.0**form.output_bits

    return raw_mfcc


def _result(answer: Any) -> Any:
    """Return the coefficients; the fixed-point functions put a status before them."""
    return answer[1] if isinstance(answer, tuple) else answer


def _instance(cmsisdsp: Any, kind: Kind, window: Window) -> Any:
    from cmsisdsp import datatype, mfcc

    code = {"f32": datatype.F32, "q31": datatype.Q31, "q15": datatype.Q15}[kind]
    lengths, positions, filters = mfcc.melFilterMatrix(
        code,
        features.MEL_LOW_HZ,
        features.MEL_HIGH_HZ,
        features.MEL_BANDS,
        features.SAMPLE_RATE_HZ,
        features.FRAME_LENGTH,
    )
    cosines = mfcc.dctMatrix(code, features.COEFFICIENTS, features.MEL_BANDS)
    instance = getattr(cmsisdsp, f"arm_mfcc_instance_{kind}")()
    getattr(cmsisdsp, f"arm_mfcc_init_{kind}")(
        instance,
        features.FRAME_LENGTH,
        features.MEL_BANDS,
        features.COEFFICIENTS,
        cosines,
        positions,
        lengths,
        filters,
        _FORMATS[kind].convert(float_features.window_values(window)),
    )
    return instance
