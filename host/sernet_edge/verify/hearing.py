"""What can be said of a microphone from one recording: its level, and what is wrong with it."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from sernet_cal.errors import ExitCode
from sernet_cal.features import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.int16]

_FULL_SCALE = 32768.0
_LIMITS = (-32768, 32767)
_FRAME = SAMPLE_RATE_HZ // 50  # 20 ms
_FLOOR_PERCENTILE = 10.0
# Below, a decibel: what stands for the logarithm of nothing.
_NOTHING_DBFS = -120.0

# A recording that takes one or two neighbouring values only is no sound.
_STUCK_RANGE = 1
# What is softer lies in the last two or three bits, and the features see the rounding.
_QUIET_DBFS = -66.0
# One sample in a thousand is heard as a crackle.
_CLIPPED_SHARE = 0.001
_OFFSET = 1000
# Speech swings by 20 dB and more; a room by itself hardly at all.
_SWING_DB = 6.0


@dataclass(frozen=True)
class Levels:
    """Of one recording: `level_dbfs` its effective value without the offset, `peak_dbfs` its
    largest sample, `noise_floor_dbfs` the effective value that a tenth of its 20 ms pieces stay
    below, all in dB of full scale and not below -120. `offset`: its mean, `span`: the distance of
    its smallest from its largest value, both in steps. `clipped`: share of samples at a limit.
    """

    level_dbfs: float
    peak_dbfs: float
    noise_floor_dbfs: float
    offset: float
    span: int
    clipped: float


class Fault(Enum):
    """What can be wrong with a recording; only a microphone that is stuck has nothing to compare.

    LOST means that samples are missing between others.
    """

    STUCK = "stuck"
    LOST = "lost"
    CLIPPED = "clipped"
    OFFSET = "offset"
    QUIET = "quiet"
    EVEN = "even"

    @property
    def exit_code(self) -> ExitCode:
        """What `verify --mic` ends with where every byte is equal; AGREED for mere advice."""
        return {Fault.STUCK: ExitCode.USAGE, Fault.LOST: ExitCode.DIFFERENT}.get(
            self, ExitCode.AGREED
        )


@dataclass(frozen=True)
class Finding:
    """A fault of a recording, what was seen, and what to do."""

    fault: Fault
    message: str
    hint: str

    def __str__(self) -> str:
        """Return both as one line."""
        return f"{self.message} {self.hint}"


def measure_levels(samples: Samples) -> Levels:
    """Return the levels of a recording, int16 [n], n > 0."""
    values = samples.astype(np.float64)
    centred = values - values.mean()
    pieces = [centred[at : at + _FRAME] for at in range(0, len(centred), _FRAME)]
    powers = [float(np.mean(piece**2)) for piece in pieces]
    limits = (samples == _LIMITS[0]) | (samples == _LIMITS[1])
    return Levels(
        dbfs(float(np.mean(centred**2))),
        dbfs(float(np.max(np.abs(values))) ** 2),
        dbfs(float(np.percentile(powers, _FLOOR_PERCENTILE))),
        float(values.mean()),
        int(np.ptp(values)),
        float(np.mean(limits)),
    )


def dbfs(power: float) -> float:
    """Return the mean square `power` of samples in dB of full scale, -120 at least."""
    relative = power / _FULL_SCALE**2
    return max(_NOTHING_DBFS, 10.0 * float(np.log10(relative))) if relative else _NOTHING_DBFS


def find_faults(levels: Levels, lost: int, board: str) -> tuple[Finding, ...]:
    """Return what is wrong with a recording of `levels` on `board` that lost so many samples."""
    file = f"boards/{board}/board.toml"
    if levels.span <= _STUCK_RANGE:
        return (_stuck(levels, file),)
    found = []
    if lost:
        found.append(
            Finding(
                Fault.LOST,
                f"{lost:,} samples were lost: the board was busy for too long to take them.",
                "What is around them sounds torn. Build it faster:  sernet-edge build --board "
                f"{board} --live --latency-budget MS, with fewer MS than `sernet-edge plan` shows.",
            )
        )
    if levels.clipped >= _CLIPPED_SHARE:
        found.append(
            Finding(
                Fault.CLIPPED,
                f"{100 * levels.clipped:.1f} % of the samples are at the limit: it was too loud.",
                f"Keep away from it, or lower microphone.gain_db in {file} and build anew.",
            )
        )
    if abs(levels.offset) >= _OFFSET:
        found.append(
            Finding(
                Fault.OFFSET,
                f"The samples have a mean of {levels.offset:,.0f}, which should be near 0.",
                "It had not settled yet, or is defect: record again, and longer (--seconds).",
            )
        )
    return (*found, *_soft(levels, file))


def _stuck(levels: Levels, file: str) -> Finding:
    what = "nothing but zeros" if abs(levels.offset) < 1 else f"{levels.offset:,.0f} all the time"
    return Finding(
        Fault.STUCK,
        f"The microphone sends {what}: it has no power or no clock, or it is not connected.",
        f"Check the pins clock, data and power under [microphone] in {file}, and solder joints. An "
        "emulated one hears a file:  --play FILE.wav",
    )


def _soft(levels: Levels, file: str) -> list[Finding]:
    if levels.level_dbfs < _QUIET_DBFS:
        return [
            Finding(
                Fault.QUIET,
                f"It was too quiet: {levels.level_dbfs:.0f} dBFS, and {_QUIET_DBFS:.0f} are needed "
                "for more than rounding to be left.",
                f"Speak up while it records, or raise microphone.gain_db in {file} and build anew.",
            )
        ]
    if levels.level_dbfs - levels.noise_floor_dbfs < _SWING_DB:
        return [
            Finding(
                Fault.EVEN,
                f"It was even: {levels.level_dbfs:.0f} dBFS over a floor of "
                f"{levels.noise_floor_dbfs:.0f}. That is a noise, not speech.",
                "Speak while it records; if you did, the microphone hears itself or a hum only.",
            )
        ]
    return []
