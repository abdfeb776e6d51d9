"""The figures of one benchmark, as values and as the JSON object of `bench --json`."""

import functools
import json
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.bench.cycles import NO_CYCLES, Cycles
from sernet_edge.bench.parts import FRONT_END, LINK, NETWORK

GROUPS = (NETWORK, FRONT_END, LINK)
_FORMAT = 1


@dataclass(frozen=True)
class Cost:
    """Executed instructions, and the estimated cycles: None where the core has no table.

    `flash_wait_cycles`: the nominal cycles that are waits for data in flash; part of `cycles`.
    """

    instructions: int
    cycles: Cycles | None
    flash_wait_cycles: int

    def __add__(self, other: "Cost") -> "Cost":
        known = self.cycles is not None and other.cycles is not None
        return Cost(
            self.instructions + other.instructions,
            (self.cycles or NO_CYCLES) + (other.cycles or NO_CYCLES) if known else None,
            self.flash_wait_cycles + other.flash_wait_cycles,
        )

    @property
    def weight(self) -> int:
        """What shares are taken of: nominal cycles, or instructions where there are none."""
        return self.instructions if self.cycles is None else self.cycles.nominal

    def to_json(self) -> dict[str, Any]:
        """Return the cost as fields of a JSON object."""
        return {
            "instructions": self.instructions,
            "estimated_cycles": self.cycles.to_json() if self.cycles else None,
            "flash_wait_cycles": self.flash_wait_cycles if self.cycles else None,
        }


@dataclass(frozen=True)
class Layer:
    """One operator of the network, or a group that runs as one (named by what it makes), one step
    of the front-end, or the link.

    `algorithm`: None where there is no choice of one. `cost`: of a whole clip; `late`: of that
    what comes after the arrival of the clip's last block of samples.
    """

    group: str
    name: str
    algorithm: str | None
    mac: int
    cost: Cost
    late: Cost


@dataclass(frozen=True)
class Subject:
    """What was measured. `model_sha256`: of the int8 network."""

    board: str
    core: str
    clock_hz: int
    flash_wait_states: int
    model: str
    model_sha256: str
    build_id: str
    compiler: str
    clip: str
    clip_seconds: float
    frames: int


@dataclass(frozen=True)
class Memory:
    """Bytes, as `build` reports them: `ram` all variables without the kept clip."""

    ram: int
    stack: int
    kept_clip: int
    flash: int


@dataclass(frozen=True)
class Bench:
    """The figures of one firmware for one clip of the model's length.

    `measured_cycles`: what a real board's clock counted, without the link; None without a board.
    """

    subject: Subject
    memory: Memory
    layers: tuple[Layer, ...]
    measured_cycles: int | None = None

    def cost(self, group: str | None = None) -> Cost:
        """Return the cost of `group`, of everything without one."""
        return total(layer.cost for layer in self.layers if group in (None, layer.group))

    @property
    def mac(self) -> int:
        """Multiply-accumulates of the network for one clip."""
        return sum(layer.mac for layer in self.layers)

    @property
    def busy(self) -> Cost:
        """The cost of a clip without the link, which an application with a microphone has not."""
        return total(layer.cost for layer in self.layers if layer.group != LINK)

    @property
    def late(self) -> Cost:
        """Of `busy`, what comes after the arrival of the last block of samples."""
        return total(layer.late for layer in self.layers if layer.group != LINK)

    def duty_cycle(self, cycles: int) -> float:
        """Return the share of the core's time that `cycles` per clip take as audio comes in."""
        return cycles / (self.subject.clock_hz * self.subject.clip_seconds)

    def milliseconds(self, cycles: int) -> float:
        """Return how long `cycles` take at the board's clock."""
        return 1000.0 * cycles / self.subject.clock_hz

    def share(self, cost: Cost) -> float:
        """Return the part of the whole that `cost` is, of 1."""
        return cost.weight / max(1, self.cost().weight)


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum of `costs`, of which there must be one at least."""
    return functools.reduce(operator.add, costs)


def to_json(bench: Bench) -> dict[str, Any]:
    """Return the JSON object of `bench --json`; what needs cycles is null where there are none.

    `instructions` and `estimated_cycles` are those of everything; `duty_cycle`, `latency_ms` and
    `latency` leave out the link.
    """
    whole, busy, late = bench.cost(), bench.busy, bench.late
    return {
        "format": _FORMAT,
        **vars(bench.subject),
        **whole.to_json(),
        "mac": bench.mac,
        "ram_bytes": bench.memory.ram,
        "stack_bytes": bench.memory.stack,
        "clip_bytes": bench.memory.kept_clip,
        "flash_bytes": bench.memory.flash,
        "duty_cycle": _rounded(bench.duty_cycle(busy.cycles.nominal)) if busy.cycles else None,
        "latency_ms": _rounded(bench.milliseconds(late.cycles.nominal)) if late.cycles else None,
        "latency": late.to_json(),
        "measured_cycles": bench.measured_cycles,
        "groups": {group: _group_json(bench, group) for group in GROUPS},
        "layers": [_layer_json(bench, layer) for layer in bench.layers],
    }


def _group_json(bench: Bench, group: str) -> dict[str, Any]:
    cost = bench.cost(group)
    return {**cost.to_json(), "share": _rounded(bench.share(cost))}


def _layer_json(bench: Bench, layer: Layer) -> dict[str, Any]:
    return {
        "group": layer.group,
        "name": layer.name,
        "algorithm": layer.algorithm,
        "mac": layer.mac,
        **layer.cost.to_json(),
        "share": _rounded(bench.share(layer.cost)),
        "latency": layer.late.to_json(),
    }


def _rounded(value: float) -> float:
    return round(value, 4)


def read_bench(path: Path) -> Bench:
    """Read what `bench --json` wrote to `path`; raises InputError for anything else."""
    make = "Write one:  sernet-edge bench --board NAME --json > FILE"
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no benchmark: it is not readable ({error}).", make) from error
    seen = content.get("format") if isinstance(content, dict) else type(content).__name__
    if seen != _FORMAT:
        raise InputError(
            f"{path} is no benchmark of this version: format {seen} instead of {_FORMAT}.", make
        )
    try:
        return Bench(
            Subject(**{name: content[name] for name in Subject.__dataclass_fields__}),
            Memory(
                content["ram_bytes"],
                content["stack_bytes"],
                content["clip_bytes"],
                content["flash_bytes"],
            ),
            tuple(_read_layer(layer) for layer in content["layers"]),
            content["measured_cycles"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is a damaged benchmark: it lacks {error}.", make) from error


def _read_layer(layer: dict[str, Any]) -> Layer:
    return Layer(
        str(layer["group"]),
        str(layer["name"]),
        layer["algorithm"],
        int(layer["mac"]),
        _read_cost(layer),
        _read_cost(layer["latency"]),
    )


def _read_cost(fields: dict[str, Any]) -> Cost:
    cycles = fields["estimated_cycles"]
    return Cost(
        int(fields["instructions"]),
        None if cycles is None else Cycles(cycles["low"], cycles["nominal"], cycles["high"]),
        int(fields["flash_wait_cycles"] or 0),
    )
