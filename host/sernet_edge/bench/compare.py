"""Two benchmarks side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sernet_edge.bench.present import GROUP_TITLES, headline
from sernet_edge.bench.result import GROUPS, Bench, Cost, Layer, to_json
from sernet_edge.tables import make_console, make_table

_UNITS = {True: "nominal cycles, estimated", False: "instructions"}


@dataclass(frozen=True)
class Comparison:
    """The same work `before` and `after`; layers are the same where their names are."""

    before: Bench
    after: Bench

    @property
    def in_cycles(self) -> bool:
        """Whether both have cycles to compare; else instructions are compared."""
        return self.before.cost().cycles is not None and self.after.cost().cycles is not None

    def pairs(self) -> Iterator[tuple[str, Layer | None, Layer | None]]:
        """Yield each layer of either with its name, None where the other has none of it."""
        old = {(layer.group, layer.name): layer for layer in self.before.layers}
        for layer in self.after.layers:
            yield layer.name, old.pop((layer.group, layer.name), None), layer
        for layer in old.values():
            yield layer.name, layer, None

    def to_json(self) -> dict[str, Any]:
        """Return both, and the ratios after / before of the totals (null where one is missing)."""
        before, after = self.before.cost(), self.after.cost()
        cycles = after.weight / max(1, before.weight) if self.in_cycles else None
        return {
            "before": to_json(self.before),
            "after": to_json(self.after),
            "ratio": {
                "instructions": round(after.instructions / max(1, before.instructions), 4),
                "estimated_cycles": None if cycles is None else round(cycles, 4),
            },
        }


def print_comparison(comparison: Comparison) -> None:
    """Print both side by side to stdout."""
    console = make_console()
    console.print(f"before: {headline(comparison.before)}", soft_wrap=True)
    console.print(f"after:  {headline(comparison.after)}", soft_wrap=True)
    console.print(f"In {_UNITS[comparison.in_cycles]}.", soft_wrap=True)
    table = make_table(("layer", "algorithm"), ("before", "after", "change"))
    for name, old, new in comparison.pairs():
        cells = _cells(comparison, old.cost if old else None, new.cost if new else None)
        table.add_row(name, _algorithms(old, new), *cells)
    table.add_section()
    for group in GROUPS:
        before, after = comparison.before.cost(group), comparison.after.cost(group)
        table.add_row(GROUP_TITLES[group], "", *_cells(comparison, before, after))
    before, after = comparison.before.cost(), comparison.after.cost()
    table.add_row("total", "", *_cells(comparison, before, after))
    console.print(table)
    for line in _memory(comparison):
        console.print(line, soft_wrap=True)


def _algorithms(old: Layer | None, new: Layer | None) -> str:
    names = [layer.algorithm for layer in (old, new) if layer is not None and layer.algorithm]
    return " -> ".join(dict.fromkeys(names))


def _cells(comparison: Comparison, old: Cost | None, new: Cost | None) -> list[str]:
    weights = [
        None if cost is None else cost.weight if comparison.in_cycles else cost.instructions
        for cost in (old, new)
    ]
    texts = ["-" if weight is None else f"{weight:,}" for weight in weights]
    before, after = weights
    if not before or after is None:
        return [*texts, "-"]
    return [*texts, f"{100 * (after / before - 1):+.1f} %"]


def _memory(comparison: Comparison) -> list[str]:
    before, after = comparison.before.memory, comparison.after.memory
    sizes = (
        ("RAM with worst stack", before.ram + before.stack, after.ram + after.stack),
        ("flash", before.flash, after.flash),
    )
    return [f"{name}: {old:,} -> {new:,} bytes ({new - old:+,})" for name, old, new in sizes]
