"""Measures the plans that a cost table is fitted to, and writes the table."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from sernet_cal.bundle import Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.clips import Clips, whole_clip
from sernet_edge.bench.fit import Equation, equations, fit_choices, render_costs, solve
from sernet_edge.bench.measure import measure_clip
from sernet_edge.bench.result import Bench, Memory
from sernet_edge.firmware import load_firmware
from sernet_edge.progress import Show
from sernet_gen.board import Board
from sernet_gen.choices import Choices
from sernet_gen.generate import generate
from sernet_gen.plan import plan_model
from sernet_gen.planner.costs import ESTIMATED_CYCLES, INSTRUCTIONS


def fit_costs(board: Board, bundles: Sequence[Bundle], toolchain: str | None, show: Show) -> str:
    """Return the text of the cost table of `board`'s core, measured with `bundles`.

    Networks of different widths tell apart what grows with the channels and what does not. The
    board's memories must hold every plan: mps2 boards do. Raises what `generate` and `measure_clip`
    raise.
    """
    found: list[Equation] = []
    quantity = INSTRUCTIONS
    models = {bundle.name: (bundle, read_qmodel(bundle.int8)) for bundle in bundles}
    runs = [(b, model, plan) for b, model in models.values() for plan in fit_choices(model)]
    for number, (bundle, model, choices) in enumerate(runs):
        show("Measuring plans", number, len(runs))
        bench = _measured(board, bundle, toolchain, choices)
        if bench.cost().cycles is not None:
            quantity = ESTIMATED_CYCLES
        found += equations(model, plan_model(model, choices), bench)
    show("Measuring plans", len(runs), len(runs))
    command = f"sernet-edge bench --board {board.name} --fit FILE"
    return render_costs(board.core, quantity, solve(found), command)


def _measured(board: Board, bundle: Bundle, toolchain: str | None, choices: Choices) -> Bench:
    clip = whole_clip(Clips(None), bundle.model_samples)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / board.name
        report = generate(bundle, board, place, toolchain, choices=choices).report
        memory = Memory(
            report.ram_bytes, report.stack_bytes or 0, report.clip_bytes, report.flash_bytes
        )
        return measure_clip(load_firmware(place, board.name), board, bundle, clip, memory, False)
