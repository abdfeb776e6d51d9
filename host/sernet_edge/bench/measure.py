"""One clip through a firmware in the emulator, every block of it counted and costed."""

import hashlib
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
from sernet_edge.emulator.machine import has_model
from sernet_edge.emulator.measure import counting_session, emulated_machine
from sernet_edge.emulator.profile import PHASES, BlockProfiler, ProfiledBlock
from sernet_edge.emulator.qemu_profile import QemuProfiler
from sernet_edge.firmware import Firmware
from sernet_edge.link.clip import block_samples, run_clip
from sernet_edge.link.session import Session
from sernet_edge.link.transport import open_port
from sernet_gen.board import Board
from sernet_gen.choices import Choices, read_choices
from sernet_gen.elf import Image, read_image
from sernet_gen.kernels.choice import Group
from sernet_gen.steps import make_steps
from sernet_gen.thumb import is_wide


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
    flash has no wait states. A core that unicorn does not model runs in QEMU, without the link,
    in which the firmware there waits all the while. Raises LinkError for a board that has no
    emulator here, ToolchainError without a C compiler, SernetError without unicorn or capstone.
    """
    assert board.memory is not None
    table = load_cycle_table(board.core)
    model = CostModel(table) if table else None
    image = read_image(firmware.image)
    code = map_code(image, firmware.files, firmware.tensors)
    waits = board.flash_wait_states if with_flash else 0
    if has_model(board.core):
        flash = board.memory.flash
        watched = (flash.origin, flash.origin + flash.length - 1) if waits else None
        blocks = _profile(firmware, board, code, watched, clip, on_progress)
    else:
        blocks = _profile_in_qemu(firmware, board, code, image, clip, on_progress)
    runs = _cost_blocks(blocks, image, model, waits)
    zero = Cost(0, NO_CYCLES if model else None, 0)
    network = read_qmodel(bundle.int8)
    choices = read_choices(network, firmware.choices)
    layers = tuple(_layers(network, choices, code, runs, zero))
    return Bench(_subject(firmware, board, bundle, clip, waits), memory, layers)


def _profile(
    firmware: Firmware,
    board: Board,
    code: CodeMap,
    watched: tuple[int, int] | None,
    clip: Clip,
    on_progress: Callable[[int], None] | None,
) -> tuple[ProfiledBlock, ...]:
    """Return what ran from BEGIN to RESULT; the second phase is from the last block of samples."""
    transport = open_port(image_url("emu", board.reference, firmware.image), board.link.baud)
    try:
        machine = emulated_machine(transport)
        assert machine is not None
        session = counting_session(machine, transport)
        profiler = BlockProfiler(machine, code.marks, code.number(LINK_PART), watched)
        _run(session, clip, profiler.next_phase, on_progress)
        return profiler.blocks()
    finally:
        transport.close()


def _profile_in_qemu(
    firmware: Firmware,
    board: Board,
    code: CodeMap,
    image: Image,
    clip: Clip,
    on_progress: Callable[[int], None] | None,
) -> tuple[ProfiledBlock, ...]:
    """As `_profile`, without the blocks of the link."""
    link = code.number(LINK_PART)
    sizes = {symbol.address: symbol.size for symbol in image.symbols if not symbol.is_function}
    with QemuProfiler(code.marks, sizes, link) as profiler:
        url = image_url("qemu", board.reference, firmware.image) + profiler.url_options
        transport = open_port(url, board.link.baud)
        try:
            session = counting_session(None, transport)
            profiler.start()
            _run(session, clip, profiler.next_phase, on_progress)
        finally:
            transport.close()
        return tuple(block for block in profiler.blocks() if block.part != link)


def _run(
    session: Session,
    clip: Clip,
    next_phase: Callable[[], None],
    on_progress: Callable[[int], None] | None,
) -> None:
    last_block = len(clip.samples) - block_samples(session.info)

    def progress(taken: int) -> None:
        if last_block <= taken < len(clip.samples):
            next_phase()
        if on_progress is not None:
            on_progress(taken)

    progress(0)
    run_clip(session, clip.samples, on_progress=progress)


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
    blocks: Iterable[ProfiledBlock], image: Image, model: CostModel | None, waits: int
) -> list[_Run]:
    runs = []
    for block in blocks:
        code = image.content(block.address, block.size)
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


def _layers(
    model: QModel, choices: Choices, code: CodeMap, runs: list[_Run], zero: Cost
) -> Iterator[Layer]:
    macs, algorithms = multiplications(model, choices), _algorithms(model, choices)
    for part in code.parts:
        own = [run for run in runs if run.part == code.number(part)]
        phases = [total([zero, *(run.costs[phase] for run in own)]) for phase in range(PHASES)]
        is_operator = part.group == NETWORK and part.name != SCHEDULE
        yield Layer(
            part.group,
            part.name,
            algorithms.get(part.name) if is_operator else None,
            macs.get(part.name, 0) if is_operator else 0,
            total(phases),
            phases[-1],
        )


def _algorithms(model: QModel, choices: Choices) -> dict[str, str]:
    """Return the algorithm of each convolution, or group of them, by the name of its output."""
    return {
        model.traced[step.output].name: step.choice.algorithm
        for step in make_steps(model, choices)
        if isinstance(step.part, Group)
    }


def multiplications(model: QModel, choices: Choices | None = None) -> dict[str, int]:
    """Return the multiply-accumulates of each group of convolutions and each dense layer for one
    clip, by the name of its output; without `choices` each convolution is on its own.

    Padding counts as data, as the field counts it.
    """
    macs = {}
    for step in make_steps(model, choices or {}):
        if isinstance(step.part, Group):
            layers = (_convolution_macs(model, layer) for layer in step.part.convolutions)
            macs[model.traced[step.output].name] = sum(layers)
    for operator in model.operators:
        if isinstance(operator, FullyConnected):
            macs[model.name_of(operator)] = int(operator.weights.size)
    return macs


def _convolution_macs(model: QModel, operator: Convolution) -> int:
    height, width, _ = model.traced[operator.output].shape
    return height * width * int(operator.weights.size)
