"""Learning rates and the decay of the averaged weights, step by step."""

import math

from sernet_edge.train.recipe_groups import ScheduleSettings


def learning_rate(settings: ScheduleSettings, step: int, steps: int, epoch: int) -> float:
    """Return the rate of `step` (0 first) of `steps`, which lies in `epoch` (0 first)."""
    if settings.kind == "one_cycle":
        return _one_cycle(settings, step, steps)
    return _staircase(settings, epoch)


def average_decay(decay: float, step: int) -> float:
    """Return the decay of the moving average of the weights at `step` (0 first).

    It starts fast, as min(decay, (1 + t) / (10 + t)), so that the first weights are soon forgotten.
    """
    return min(decay, (1 + step) / (10 + step))


def _one_cycle(settings: ScheduleSettings, step: int, steps: int) -> float:
    """The one-cycle policy of Smith & Topin (2018), with cosines."""
    warm = settings.warm_share * steps
    if step < warm:
        return _cosine(settings.first_rate, settings.peak_rate, step / warm)
    share = (step - warm) / max(1.0, steps - 1 - warm)
    return _cosine(settings.peak_rate, settings.last_rate, share)


def _staircase(settings: ScheduleSettings, epoch: int) -> float:
    """The published decay: at every multiple of `stair_epochs` from `stair_from_epoch` on."""
    if epoch < settings.stair_from_epoch:
        return settings.peak_rate
    stairs_before = (settings.stair_from_epoch - 1) // settings.stair_epochs
    stairs = epoch // settings.stair_epochs - stairs_before
    return settings.peak_rate * settings.stair_factor**stairs


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1.0 + math.cos(math.pi * min(1.0, share))) / 2.0
