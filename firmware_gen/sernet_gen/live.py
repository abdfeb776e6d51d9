"""What a plan must keep to so that the network can run on a stream without an end."""

import math
from collections.abc import Sequence

from sernet_cal.errors import ModelError
from sernet_cal.qmodel_types import Mean, QModel
from sernet_gen.schedule import Schedule
from sernet_gen.steps import Step

# SN_SLIDE_MAX_WIDTH of sn_slide.h: the sums of wider rows could leave an int16.
MAX_WIDTH = 128
# LARGEST_CYCLE of sn_slide.c, in ticks.
LARGEST_CYCLE = (2**32 - 1) // 4
_ROW_SUM_BYTES = 2


def last_layer(model: QModel) -> int:
    """Return the tensor whose rows the mean takes: each of them gives an answer."""
    return next(op.input for op in model.operators if isinstance(op, Mean))


def answer_ticks(model: QModel) -> int:
    """Return the feature rows from one answer to the next."""
    return model.traced[last_layer(model)].period


def ring_bytes(model: QModel) -> int:
    """Return the bytes of the ring of row sums over which the mean slides."""
    rows, _, channels = model.traced[last_layer(model)].shape
    return _ROW_SUM_BYTES * rows * channels


def keeps_pace(model: QModel, step: Step) -> bool:
    """Return whether `step` runs for each answer anew.

    Longer runs give several answers at once, and then none for as long.
    """
    return step.run_ticks <= answer_ticks(model)


def cycle(schedule: Schedule, slots: Sequence[Sequence[int]]) -> int:
    """Return the ticks after which runs and rows come round in their slots (`slots` as in a Plan),
    beyond the stream's start: as sn_slide.c computes it."""
    rings = zip(schedule.model.traced, slots, strict=True)
    period = math.lcm(
        schedule.period, *(tensor.period * len(ring) for tensor, ring in rings if ring)
    )
    settled = max(_settled_tick(schedule, step) for step in schedule.steps)
    return period * (1 + settled // period)


def _settled_tick(schedule: Schedule, step: Step) -> int:
    """Return a tick from which on no run of `step` reaches above the stream's start."""
    above = step.early * step.stride + step.above
    runs = 1 + above // (step.rows * step.stride)
    return schedule.lags[step.output] + runs * step.run_ticks


def check_endless(model: QModel, schedule: Schedule, slots: Sequence[Sequence[int]]) -> None:
    """Raise ModelError for a network or a plan that cannot run for ever."""
    width = model.traced[last_layer(model)].width
    if width > MAX_WIDTH:
        raise ModelError(
            f"The network cannot run live: the rows of its last layer are {width} pixels wide; the "
            f"sums of such a row are kept in 16 bits, which holds {MAX_WIDTH} pixels.",
            "Build it without --live, or pool the width in an earlier layer.",
        )
    ticks = cycle(schedule, slots)
    if ticks > LARGEST_CYCLE:
        raise ModelError(
            f"The network cannot run live by this plan: its memory comes round only after {ticks} "
            f"feature rows, and the firmware counts {LARGEST_CYCLE} of them.",
            "Choose other numbers of rows for its layers, or let the planner choose.",
        )
