"""A benchmark as a table for people."""

from collections.abc import Callable

from rich.table import Table

from sernet_edge.bench.cycles import Cycles, why_no_table
from sernet_edge.bench.parts import FRONT_END, LINK, NETWORK
from sernet_edge.bench.result import GROUPS, Bench, Cost
from sernet_edge.emulator.machine import has_model
from sernet_edge.tables import make_console, make_table, percent

_NUMBERS = ("MMAC", "instructions", "low", "nominal", "high", "per MAC", "share %")
GROUP_TITLES = {NETWORK: "network", FRONT_END: "front-end", LINK: "link"}


def print_bench(bench: Bench) -> None:
    """Print the layers, the groups and the totals to stdout."""
    console = make_console()
    console.print(f"{headline(bench)}\n{_about(bench)}", soft_wrap=True)
    console.print(_table(bench))
    for line in _figures(bench):
        console.print(line, soft_wrap=True)


def headline(bench: Bench) -> str:
    """Return what was measured, in a line."""
    subject = bench.subject
    return (
        f"{subject.model} on {subject.board}, build {subject.build_id[:8]} by {subject.compiler}: "
        f"one clip of {subject.clip_seconds:g} s"
    )


def _about(bench: Bench) -> str:
    subject = bench.subject
    if bench.cost().cycles is None:
        without = "" if has_model(subject.core) else "\nQEMU counted, all but the link."
        reason = why_no_table(subject.core)
        return f"Instructions only: {subject.core} has no table of cycles, as {reason}.{without}"
    waits = subject.flash_wait_states
    read = f", with {waits} wait states for each read of data in flash" if waits else ""
    return (
        "Instructions are exact. Cycles, in millions, are estimated: instructions weighted by the "
        f"table of {subject.core}{read}."
    )


def _table(bench: Bench) -> Table:
    table = make_table(("layer", "algorithm"), _NUMBERS)
    for layer in bench.layers:
        table.add_row(layer.name, layer.algorithm or "", *_cells(bench, layer.mac, layer.cost))
    table.add_section()
    for group in GROUPS:
        mac = bench.mac if group == NETWORK else 0
        table.add_row(GROUP_TITLES[group], "", *_cells(bench, mac, bench.cost(group)))
    table.add_row("total", "", *_cells(bench, bench.mac, bench.cost()))
    return table


def _cells(bench: Bench, mac: int, cost: Cost) -> list[str]:
    cycles = cost.cycles
    named = (cycles.low, cycles.nominal, cycles.high) if cycles else ()
    return [
        f"{mac / 1e6:.1f}" if mac else "",
        f"{cost.instructions:,}",
        *([f"{value / 1e6:.1f}" for value in named] or [""] * 3),
        f"{cost.weight / mac:.2f}" if mac else "",
        percent(bench.share(cost)),
    ]


def _figures(bench: Bench) -> list[str]:
    memory = bench.memory
    lines = _of_cycles(bench) if bench.cost().cycles else _of_instructions(bench)
    if bench.measured_cycles is not None:
        lines.append(
            f"measured on the board: {bench.measured_cycles:,} cycles, duty cycle "
            f"{percent(bench.duty_cycle(bench.measured_cycles))} %, without the link"
        )
    kept = f" + kept clip {memory.kept_clip:,}" if memory.kept_clip else ""
    lines.append(
        f"RAM: variables {memory.ram:,} + worst stack {memory.stack:,}{kept} bytes; "
        f"flash: {memory.flash:,} bytes"
    )
    return lines


def _of_instructions(bench: Bench) -> list[str]:
    frame = bench.cost(FRONT_END).instructions / bench.subject.frames
    lines = [f"front-end: {frame:,.0f} instructions per frame"]
    if bench.mac:
        per_mac = bench.cost(NETWORK).instructions / bench.mac
        lines.insert(0, f"network: {per_mac:.3f} instructions per MAC")
    return lines


def _of_cycles(bench: Bench) -> list[str]:
    subject, busy, late = bench.subject, bench.busy, bench.late
    network, front_end = bench.cost(NETWORK), bench.cost(FRONT_END)
    assert busy.cycles is not None
    assert late.cycles is not None
    lines = []
    if network.cycles is not None and bench.mac:
        waits = network.flash_wait_cycles
        without = (network.cycles.nominal - waits) / bench.mac
        remark = f" ({without:.2f} without waits for flash)" if waits else ""
        lines.append(
            f"network: {network.cycles.nominal / bench.mac:.2f} estimated cycles per MAC{remark}, "
            f"{network.instructions / bench.mac:.2f} instructions per MAC"
        )
    if front_end.cycles is not None:
        frame = front_end.cycles.nominal / subject.frames
        lines.append(f"front-end: {frame:,.0f} estimated cycles per frame")
    duty = _range(busy.cycles, lambda value: 100 * bench.duty_cycle(value))
    latency = _range(late.cycles, bench.milliseconds)
    return [
        *lines,
        f"duty cycle at {subject.clock_hz / 1e6:g} MHz: {duty} %, estimated low / nominal / high, "
        "without the link",
        f"latency from the last block of samples to the scores: {latency} ms, estimated likewise",
    ]


def _range(cycles: Cycles, turn: Callable[[int], float]) -> str:
    return " / ".join(f"{turn(value):.1f}" for value in (cycles.low, cycles.nominal, cycles.high))
