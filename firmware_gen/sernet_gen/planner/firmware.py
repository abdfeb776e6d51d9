"""The plan of a board's firmware: the board's core, clock and memories as the planner's target."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sernet_cal.errors import DoesNotFitError
from sernet_cal.features import FRAME_LENGTH, HOP_LENGTH, SAMPLE_RATE_HZ
from sernet_cal.qmodel_types import QModel
from sernet_gen.board import Board
from sernet_gen.planner.budgets import Budgets, board_budgets
from sernet_gen.planner.choose import Chosen, Target, choose
from sernet_gen.planner.costs import load_costs
from sernet_gen.planner.runtime import runtime_of

# An emulator on a loaded machine may be this much slower than the board, or take this long anyway.
_PATIENCE = 4.0
_LEAST_BUDGET_MS = 5_000
# Share of its time that a board may work on an endless stream: the link needs some of the rest.
_KEEPS_UP = 0.9
# Times its goal that a live firmware may take of the RAM before it may take all: little more is
# little slower, and long runs are of no use to a stream.
_MORE_RAM = (1.25, 1.5, 2.0)


@dataclass(frozen=True)
class FirmwarePlan:
    """A plan for a board: what was chosen, for what, and within which budgets.

    `dropped`: goals of board.toml that this network cannot keep to, in words.
    """

    chosen: Chosen
    target: Target
    budgets: Budgets
    dropped: tuple[str, ...]

    @property
    def flash_bytes(self) -> int:
        """Predicted flash of the firmware."""
        return self.chosen.flash_bytes

    @property
    def ram_bytes(self) -> int:
        """Predicted RAM of the firmware: variables without a kept clip, and the worst stack."""
        return self.target.ram + self.target.stack + self.chosen.prediction.arena

    @property
    def stack_bytes(self) -> int:
        """Predicted worst stack, part of `ram_bytes`."""
        return self.target.stack

    @property
    def latency_ms(self) -> float:
        """Predicted milliseconds from the last sample to the answer."""
        return 1000.0 * self.chosen.prediction.late / self.target.clock_hz

    @property
    def run_budget_ms(self) -> int:
        """Milliseconds that a second of audio may take before a host takes the board for hung."""
        return max(_LEAST_BUDGET_MS, math.ceil(_PATIENCE * 1000.0 * self.duty_cycle))

    @property
    def duty_cycle(self) -> float:
        """Predicted share of the core's time as audio comes in."""
        prediction = self.chosen.prediction
        samples = (prediction.rows - 1) * HOP_LENGTH + FRAME_LENGTH
        return prediction.total * SAMPLE_RATE_HZ / (self.target.clock_hz * samples)


def extras_of(board: Board, live: bool) -> tuple[str, ...]:
    """Return what a firmware of `board` has that others have not, as it says in HELLO."""
    if not live:
        return ()
    return ("live",) if board.microphone is None else ("live", "microphone")


def target_of(board: Board, live: bool = False) -> Target:
    """Return what is planned for on `board`; `live` as in Target."""
    runtime = runtime_of(board.name, extras_of(board, live))
    return Target(
        load_costs(board.core),
        board.clock_hz,
        board.flash_wait_states,
        runtime.flash,
        runtime.winograd,
        runtime.ram,
        runtime.stack,
        live,
    )


def plan_firmware(model: QModel, board: Board, wanted: Budgets, live: bool = False) -> FirmwarePlan:
    """Return the fastest plan of `model` on `board`; `live` as in Target.

    `wanted`: limits that must be kept. Where it has none those of board.toml are goals: without a
    plan that keeps to them, the latency is dropped, then the memories' budgets for what the board
    has (`live`: for more RAM, step by step). A `live` plan that does not keep up with a stream is
    none, unless the others do not either. Raises DoesNotFitError when there is no plan at all.
    """
    target = target_of(board, live)
    failure: DoesNotFitError | None = None
    late: list[FirmwarePlan] = []
    for budgets, dropped in _attempts(board, wanted, live):
        try:
            planned = FirmwarePlan(choose(model, target, budgets), target, budgets, dropped)
        except DoesNotFitError as error:
            failure = error
            continue
        if not live or planned.duty_cycle <= _KEEPS_UP:
            return planned
        late.append(planned)
    if late:
        return min(late, key=lambda planned: planned.duty_cycle)
    assert failure is not None
    raise failure


def _attempts(
    board: Board, wanted: Budgets, live: bool
) -> Iterator[tuple[Budgets, tuple[str, ...]]]:
    """Yield the budgets to try, and what of the board's goals they leave out."""
    assert board.memory is not None
    goals = board_budgets(board)
    yield goals.but(wanted), ()
    if wanted.latency_ms is None and goals.latency_ms is not None:
        late = f"an answer {goals.latency_ms:g} ms after the last sample"
        yield replace(goals, latency_ms=None).but(wanted), (late,)
    if live and wanted.ram is None and goals.ram is not None:
        latency_ms = goals.latency_ms if wanted.latency_ms is None else None
        left_out = Budgets(ram=goals.ram, latency_ms=latency_ms).words()
        for share in _MORE_RAM:
            ram = min(round(share * goals.ram), board.memory.ram.length)
            yield replace(goals, ram=ram, latency_ms=None).but(wanted), (left_out,)
    has = Budgets(board.memory.flash.length, board.memory.ram.length, None)
    if (wanted.flash is None or wanted.ram is None) and has != goals:
        yield has.but(wanted), (goals.but(wanted).words(),)
