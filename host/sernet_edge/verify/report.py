"""The result of a verification: figures for machines, a table for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from sernet_cal.errors import ExitCode
from sernet_edge.link.answers import DeviceInfo
from sernet_edge.verify.verifier import ClipReport


@dataclass(frozen=True)
class Verification:
    """All clips on one board.

    `link`: counters by side and name. `no_time`: why no clip has a `device_ms`, None where they
    have. `tensors`: of the network, how many were compared and how many there are; the others are
    inside fused layers. `instructions_per_clip` and `stack_high_water_bytes`: None where nobody
    counted.
    """

    info: DeviceInfo
    model: str
    reports: tuple[ClipReport, ...]
    link: dict[str, dict[str, int]]
    any_build: bool
    min_float_agreement: float
    no_time: str | None
    tensors: tuple[int, int]
    instructions_per_clip: int | None = None
    stack_high_water_bytes: int | None = None

    @property
    def byte_exact_clips(self) -> int:
        """Clips without a byte that differs."""
        return sum(report.byte_exact for report in self.reports)

    @property
    def float_agreement(self) -> float:
        """Share of clips whose class is that of the float model on float features."""
        same = sum(report.board_class == report.float_class for report in self.reports)
        return same / len(self.reports)

    @property
    def max_probability_error(self) -> float:
        """Largest distance of any class's probability from the float model's."""
        return max(report.probability_error for report in self.reports)

    @property
    def exit_code(self) -> ExitCode:
        """AGREED only if every byte is equal and the float agreement is as high as asked for."""
        exact = self.byte_exact_clips == len(self.reports)
        agreed = exact and self.float_agreement >= self.min_float_agreement
        return ExitCode.AGREED if agreed else ExitCode.DIFFERENT


def to_json(result: Verification) -> dict[str, Any]:
    """Return the JSON object of `verify --json`."""
    return {
        "board": result.info.board,
        "build_id": result.info.build_id,
        "any_build": result.any_build,
        "model": result.model,
        "clips": len(result.reports),
        "byte_exact_clips": result.byte_exact_clips,
        "compared_tensors": result.tensors[0],
        "tensors": result.tensors[1],
        "float_agreement": result.float_agreement,
        "min_float_agreement": result.min_float_agreement,
        "max_probability_error": result.max_probability_error,
        "link": non_zero(result.link),
        "device_ms": None if result.no_time else [report.device_ms for report in result.reports],
        "device_ms_reason": result.no_time,
        "instructions_per_clip": result.instructions_per_clip,
        "stack_high_water_bytes": result.stack_high_water_bytes,
        "differences": [_difference(item) for item in result.reports if not item.byte_exact],
    }


def non_zero(link: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the link counters that are not zero."""
    return {side: {k: v for k, v in names.items() if v} for side, names in link.items()}


def _difference(report: ClipReport) -> dict[str, Any]:
    found = report.difference
    return {
        "clip": report.clip,
        "tensor": report.tensor,
        "position": list(found.position) if found else None,
        "reference": found.values[0] if found else None,
        "board": found.values[1] if found else None,
        "text": str(found) if found else None,
    }


def print_report(result: Verification, classes: Sequence[str]) -> None:
    """Print the table of clips, then the figures, to stdout."""
    console = Console(markup=False, emoji=False)
    table = Table(title=f"{result.model} on {result.info.board}", title_justify="left")
    for name in ("clip", "bytes", "board", "float", "max error", "ms"):
        table.add_column(name, justify="right" if name in ("max error", "ms") else "left")
    for report in result.reports:
        table.add_row(
            report.clip,
            "equal" if report.byte_exact else f"differ from {report.tensor} on",
            classes[report.board_class],
            classes[report.float_class],
            f"{report.probability_error:.4f}",
            "-" if report.device_ms is None else f"{report.device_ms:.1f}",
        )
    console.print(table)
    for line in _figures(result):
        console.print(line, highlight=False, soft_wrap=True)


def _figures(result: Verification) -> list[str]:
    clips = len(result.reports)
    compared, tensors = result.tensors
    lines = [
        f"build {result.info.build_id[:8]}"
        + (" (--any-build: not compared with the files here)" if result.any_build else ""),
        f"byte for byte equal to the integer reference: {result.byte_exact_clips} of {clips} clips "
        f"in {compared} of {tensors} tensors"
        + (
            " (the others are inside fused layers: the board does not make them)"
            * (compared < tensors)
        ),
        f"same class as the float model: {100 * result.float_agreement:.1f} %, "
        f"largest error of a probability {result.max_probability_error:.4f}",
    ]
    counters = [
        f"{side} {name} {value}"
        for side, names in non_zero(result.link).items()
        for name, value in names.items()
    ]
    lines.append(f"link: {', '.join(counters)}")
    if result.no_time:
        lines.append(f"no time: {result.no_time}")
    if result.instructions_per_clip is not None:
        lines.append(f"instructions for one clip: {result.instructions_per_clip:,}")
    if result.stack_high_water_bytes is not None:
        lines.append(f"deepest stack: {result.stack_high_water_bytes:,} bytes")
    return lines + explain_differences(result)


def explain_differences(result: Verification) -> list[str]:
    """Return a line for each clip that differs."""
    return [f"DIFFERS  {explain(report)}" for report in result.reports if not report.byte_exact]


def explain(report: ClipReport) -> str:
    """Return where the first byte of a clip that differs is."""
    if report.difference is not None:
        return str(report.difference)
    reason = "its place was not looked for, or did not show again"
    return f"{report.clip}: first in {report.tensor} ({reason})"
