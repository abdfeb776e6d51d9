"""The integer front-end: int16 samples in, the network's int8 rows out; the bit-exact definition.

firmware_gen/runtime/frontend/ computes the same bytes frame by frame. Against the float chain the
steps differ only by rounding: every frame is scaled up to 30 bits before the FFT, so that quiet
bands beside loud ones keep their logarithm.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal import features, float_features, mfcc_kernels, mfcc_tables
from sernet_cal.features import FrontEnd
from sernet_cal.mfcc_tables import IntArray

Samples = npt.NDArray[np.int16]
FloatArray = npt.NDArray[np.float64]

_FRAMES_AT_ONCE = 64  # keeps the workspace of the FFT inside the processor's cache
_LEVEL_BITS = 22


@dataclass(frozen=True)
class Level:
    """The level of a clip as the `paper` form divides by it, without a division for each sample.

    Samples with |x| <= `limit` are multiplied by 2^`shift`, louder ones become +-`clipped`; all
    still fit int16. What is left of the division (`clipped` should be 2^15) is a factor on the
    spectrum: `log2` (Q20) is taken off each logarithm and `epsilon` (Q50) is scaled with it.
    """

    limit: int
    shift: int
    clipped: int
    log2: int
    epsilon: int

    def apply(self, samples: Samples) -> Samples:
        """Return the samples at this level, int16 of the same shape."""
        wide = samples.astype(np.int64)
        inside = np.clip(wide, -self.limit, self.limit) << self.shift
        loud = np.sign(wide) * self.clipped
        return np.where(np.abs(wide) > self.limit, loud, inside).astype(np.int16)


def stream_level() -> Level:
    """Return the level that leaves int16 samples as they are."""
    return Level(
        limit=1 << 15, shift=0, clipped=(1 << 15) - 1, log2=0, epsilon=mfcc_tables.epsilon()
    )


def paper_level(samples: Samples) -> Level:
    """Return the level of a clip by the 99.9th percentile of |x|; a silent clip becomes zeros."""
    thousandfold = mfcc_kernels.percentile_of_magnitudes(samples)
    if thousandfold == 0:
        return Level(limit=0, shift=0, clipped=0, log2=0, epsilon=mfcc_tables.epsilon())
    shift = 0
    while thousandfold << shift < 1000 << 14:
        shift += 1
    level = thousandfold << shift
    # At most 32768000 * 128 < 2^32: one 32-bit division.
    ratio = (level << (_LEVEL_BITS - 15)) // 1000
    return Level(
        limit=thousandfold // 1000,
        shift=shift,
        clipped=min((level + 500) // 1000, (1 << 15) - 1),
        log2=int(mfcc_kernels.log2(np.array(ratio)) - (_LEVEL_BITS << mfcc_tables.LOG_BITS)),
        epsilon=(mfcc_tables.epsilon() * ratio) >> _LEVEL_BITS,
    )


class IntegerFrontEnd:
    """A front-end with its constants; the `paper` form sees one clip as a whole.

    `input_scale` and `input_zero_point` are those of the int8 model's input tensor.
    """

    def __init__(self, front_end: FrontEnd, input_scale: float, input_zero_point: int) -> None:
        self.front_end = front_end
        self.maps = mfcc_tables.affine_maps(front_end, input_scale, input_zero_point)
        self._input_scale = input_scale
        self._window = mfcc_tables.window_table(front_end.window)

    def clip_rows(self, samples: Samples, model_samples: int) -> npt.NDArray[np.int8]:
        """Return the network's input for one clip, int8 [rows, 40], the canvas included.

        Rows as float_features.clip_features has them. Raises InputError for a clip shorter than
        one frame.
        """
        canvas = self._canvas(samples, model_samples)
        scaled = self._scaled(self._cosine_sums(samples, model_samples))
        maps = self.maps
        rounded = (np.abs(scaled) + (1 << (maps.shift - 1))) >> maps.shift
        rows = np.clip(np.sign(scaled) * rounded + maps.zero_point, -128, 127).astype(np.int8)
        silence = maps.silence[None]
        return np.concatenate(
            [np.repeat(silence, canvas.before, 0), rows, np.repeat(silence, canvas.after, 0)]
        )

    def standardised(self, samples: Samples, model_samples: int) -> FloatArray:
        """Return the values just before the int8 step, float64 [frames, 40], no silent canvas.

        Units: deviations (`stream`) or raw MFCC (`paper`), clipped to +-front_end.clip.
        """
        scaled = self._scaled(self._cosine_sums(samples, model_samples))
        result: FloatArray = scaled.astype(np.float64) * self._input_scale / 2.0**self.maps.shift
        return result

    def raw_mfcc(self, samples: Samples, model_samples: int) -> FloatArray:
        """Return the MFCCs before standardisation, float64 [frames, 40], no silent canvas."""
        sums = self._cosine_sums(samples, model_samples)
        result: FloatArray = sums.astype(np.float64) * mfcc_tables.RAW_STEP
        return result

    def _canvas(self, samples: Samples, model_samples: int) -> features.Canvas:
        rows = features.frame_count(model_samples)
        canvas = features.stream_canvas(len(samples), rows)
        return features.Canvas(0, rows, 0) if self.front_end.keeps_clip else canvas

    def _cosine_sums(self, samples: Samples, model_samples: int) -> IntArray:
        """Return the DCT's results for all frames of the clip, [frames, 40]."""
        if self.front_end.keeps_clip:
            kept = float_features.centre_crop(samples, model_samples)
            level = paper_level(kept)
            before = (model_samples - len(kept)) // 2
            samples = np.pad(kept, (before, model_samples - len(kept) - before))
        else:
            level = stream_level()
        return np.concatenate(list(self._blocks(samples, level)))

    def _blocks(self, samples: Samples, level: Level) -> Iterator[IntArray]:
        frames = float_features.frames_of(level.apply(samples))
        for start in range(0, len(frames), _FRAMES_AT_ONCE):
            block = frames[start : start + _FRAMES_AT_ONCE].astype(np.int64)
            yield self._frame_sums(block, level)

    def _frame_sums(self, frames: IntArray, level: Level) -> IntArray:
        loud, shift = mfcc_kernels.windowed(frames, self._window)
        bins = mfcc_kernels.magnitudes(*mfcc_kernels.fft(loud))
        # A sum of 1.0 is 2^(MEL_BITS + shift); epsilon follows. Shifts are 15..47, so that it stays
        # below 2^63.
        dropped = mfcc_tables.EPSILON_BITS - mfcc_tables.MEL_BITS - mfcc_tables.SAMPLE_BITS
        epsilon = (level.epsilon << (shift - mfcc_tables.SAMPLE_BITS)) >> dropped
        logs = mfcc_kernels.log2(mfcc_kernels.mel_sums(bins) + epsilon[:, None])
        unit = ((mfcc_tables.MEL_BITS + shift) << mfcc_tables.LOG_BITS) + level.log2
        return mfcc_kernels.dct(logs - unit[:, None])

    def _scaled(self, sums: IntArray) -> IntArray:
        """Return int8 steps times 2^shift, clipped to +-limit; below 2^62."""
        maps = self.maps
        mapped: IntArray = sums * maps.multiplier + maps.offset
        return np.clip(mapped, -maps.limit, maps.limit)
