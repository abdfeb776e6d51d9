"""One clip through a firmware in the emulator, every block of it counted and costed."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sernet_cal.bundle import Bundle
from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import Convolution, FullyConnected, QModel
from sernet_edge.audio.synthetic import Clip
from sernet_edge.bench.cycles import NO_CYCLES, CostModel, load_cycle_table
from sernet_edge.bench.parts import LINK_PART, NETWORK, SCHEDULE, CodeMap, map_code
from sernet_edge.bench.result import Bench, Cost, Layer, Memory, Subject, total
from sernet_edge.emulator.backend import image_url
from sernet_edge.emulator.machine import Machine
from sernet_edge.emulator.measure import counting_session, emulated_machine
from sernet_edge.emulator.profile import PHASES, BlockProfiler, ProfiledBlock
from sernet_edge.firmware import Firmware
from sernet_edge.link.clip import block_samples, run_clip
from sernet_edge.link.transport import SerialTransport, open_port
from sernet_gen.board import Board
from sernet_gen.elf import read_image
from sernet_gen.thumb import is_wide

# Kernels that compute each output from its definition; another is called like its source file.
_DIRECT = frozenset(
    {
        "sn_average_pool",
        "sn_concatenation",
        "sn_convolution",
        "sn_fully_connected",
        "sn_max_pool",
        "sn_mean",
        "sn_softmax",
    }
)


def measure_clip(
    firmware: Firmware,
    board: Board,
    bundle: Bundle,
    clip: Clip,
    memory: Memory,
    with_flash: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> Bench:
    """Run `clip` through `firmware` on the emulated `board`; the same files give the same figures.

    `with_flash`: count the reads of data in flash, which takes ten times as long; without, the
    flash has no wait states. Raises LinkError for a board that has no emulator here,
    ToolchainError without a C compiler, SernetError without unicorn or capstone.
    """
    assert board.memory is not None
    table = load_cycle_table(board.core)
    model = CostModel(table) if table else None
    code = map_code(read_image(firmware.image), firmware.files, firmware.tensors)
    flash = board.memory.flash
    waits = board.flash_wait_states if with_flash else 0
    watched = (flash.origin, flash.origin + flash.length - 1) if waits else None
    transport = open_port(image_url("emu", board.name, firmware.image), board.link.baud)
    try:
        blocks, machine = _profile(transport, code, watched, clip, on_progress)
        runs = _cost_blocks(blocks, machine, model, waits)
    finally:
        transport.close()
    zero = Cost(0, NO_CYCLES if model else None, 0)
    layers = tuple(_layers(read_qmodel(bundle.int8), code, runs, zero))
    return Bench(_subject(firmware, board, bundle, clip, waits), memory, layers)


def _profile(
    transport: SerialTransport,
    code: CodeMap,
    watched: tuple[int, int] | None,
    clip: Clip,
    on_progress: Callable[[int], None] | None,
) -> tuple[tuple[ProfiledBlock, ...], Machine]:
    """Return what ran from BEGIN to RESULT; the second phase is from the last block of samples."""
    machine = emulated_machine(transport)
    assert machine is not None
    session = counting_session(machine, transport)
    profiler = BlockProfiler(machine, code.marks, code.number(LINK_PART), watched)
    last_block = len(clip.samples) - block_samples(session.info)

    def progress(taken: int) -> None:
        if last_block <= taken < len(clip.samples):
            profiler.next_phase()
        if on_progress is not None:
            on_progress(taken)

    progress(0)
    run_clip(session, clip.samples, on_progress=progress)
    return profiler.blocks(), machine


def _subject(firmware: Firmware, board: Board, bundle: Bundle, clip: Clip, waits: int) -> Subject:
    return Subject(
        board.name,
        board.core,
        board.clock_hz,
        waits,
        bundle.name,
        hashlib.sha256(bundle.int8).hexdigest(),
        firmware.build_id,
        firmware.compiler,
        clip.name,
        bundle.model_samples / SAMPLE_RATE_HZ,
        bundle.model_rows,
    )


@dataclass(frozen=True)
class _Run:
    """What a block cost for one part, by phase."""

    address: int
    part: int
    costs: tuple[Cost, ...]


def _cost_blocks(
    blocks: Iterable[ProfiledBlock], machine: Machine, model: CostModel | None, waits: int
) -> list[_Run]:
    runs = []
    for block in blocks:
        code = bytes(machine.uc.mem_read(block.address, block.size))
        instructions = count_instructions(code)
        once = model.block(code, block.address) if model else None
        costs = []
        for phase in range(PHASES):
            count, states = block.runs[phase], waits * block.reads[phase]
            cycles, waited = None, 0
            if model is not None and once is not None:
                refills = model.table.taken_branch * block.taken[phase]
                cycles = once * count + refills + model.table.flash_read * states
                waited = model.table.flash_read.nominal * states
            costs.append(Cost(instructions * count, cycles, waited))
        runs.append(_Run(block.address, block.part, tuple(costs)))
    return runs


def count_instructions(code: bytes) -> int:
    """Return the number of instructions in a block of Thumb code."""
    count = at = 0
    while at < len(code):
        at += 4 if is_wide(int.from_bytes(code[at : at + 2], "little")) else 2
        count += 1
    return count


def _layers(model: QModel, code: CodeMap, runs: list[_Run], zero: Cost) -> Iterator[Layer]:
    macs = multiplications(model)
    for part in code.parts:
        own = [run for run in runs if run.part == code.number(part)]
        phases = [total([zero, *(run.costs[phase] for run in own)]) for phase in range(PHASES)]
        is_operator = part.group == NETWORK and part.name != SCHEDULE
        yield Layer(
            part.group,
            part.name,
            _algorithm(code, own) if is_operator else None,
            macs.get(part.name, 0) if is_operator else 0,
            total(phases),
            phases[-1],
        )


def _algorithm(code: CodeMap, runs: list[_Run]) -> str | None:
    """Return the algorithm of an operator by the kernel that took most of its instructions."""
    spent: Counter[str] = Counter()
    for run in runs:
        kernel = code.kernel_at(run.address)
        if kernel is not None:
            spent[kernel] += sum(cost.instructions for cost in run.costs)
    if not spent:
        return None
    longest = max(sorted(spent), key=lambda name: spent[name])
    return "direct" if longest in _DIRECT else longest.removeprefix("sn_")


def multiplications(model: QModel) -> dict[str, int]:
    """Return the multiply-accumulates of each convolution and dense layer for one clip.

    Padding counts as data, as the field counts it.
    """
    macs = {}
    for operator in model.operators:
        match operator:
            case Convolution():
                height, width, _ = model.traced[operator.output].shape
                macs[model.name_of(operator)] = height * width * int(operator.weights.size)
            case FullyConnected():
                macs[model.name_of(operator)] = int(operator.weights.size)
    return macs
