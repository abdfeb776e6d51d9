"""How far the integer front-end's coefficients are from the float chain's, in decibels."""

import math
from dataclasses import dataclass

import numpy as np

from sernet_cal import float_features
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_edge.audio.load import Samples


@dataclass
class SnrMeter:
    """Energies summed over clips: of the float chain's values, and of the differences to them.

    The values are the network's input just before the int8 step (standardised, clipped).
    """

    signal: float = 0.0
    noise: float = 0.0

    def add(self, front_end: IntegerFrontEnd, samples: Samples, model_samples: int) -> None:
        """Add one clip, its own frames only: the silent canvas around it is a constant."""
        ours = front_end.standardised(samples, model_samples)
        whole = float_features.clip_features(front_end.front_end, samples, model_samples)
        first = (len(whole) - len(ours)) // 2
        exact = whole[first : first + len(ours)]
        self.signal += float(np.sum(exact**2))
        self.noise += float(np.sum((exact - ours) ** 2))

    @property
    def decibels(self) -> float:
        """10 log10 of the energies' ratio; infinite without any difference."""
        return 10 * math.log10(self.signal / self.noise) if self.noise else math.inf
