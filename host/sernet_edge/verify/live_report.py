"""The result of a live verification: figures for machines, lines for people."""

from collections.abc import Sequence
from typing import Any

from sernet_edge.tables import make_console, percent
from sernet_edge.verify.live import LiveDifference, LiveVerification
from sernet_edge.verify.report import non_zero


def live_to_json(result: LiveVerification) -> dict[str, Any]:
    """Return the JSON object of `verify --live --json`."""
    return {
        "board": result.info.board,
        "build_id": result.info.build_id,
        "any_build": result.any_build,
        "live": True,
        "model": result.model,
        "clips": result.clips,
        "audio_s": result.audio_s,
        "answers": result.answers,
        "unseen_answers": result.unseen,
        "differing_bytes": result.differing_bytes,
        "first_difference": vars(result.difference) if result.difference else None,
        "duty_cycle": result.duty_cycle,
        "duty_cycle_reason": result.no_time,
        "link": non_zero(result.link),
        "instructions_per_second": result.instructions_per_second,
        "stack_high_water_bytes": result.stack_high_water_bytes,
    }


def print_live(result: LiveVerification, classes: Sequence[str]) -> None:
    """Print the figures to stdout."""
    console = make_console()
    for line in _lines(result, classes):
        console.print(line, highlight=False, soft_wrap=True)


def _lines(result: LiveVerification, classes: Sequence[str]) -> list[str]:
    lines = [
        f"{result.model} on {result.info.board}: {result.clips} clips as one stream, "
        f"{result.audio_s:.1f} s",
        f"build {result.info.build_id[:8]}"
        + (" (--any-build: not compared with the files here)" if result.any_build else ""),
        f"answers compared with the integer reference: {result.answers}, "
        f"differing bytes: {result.differing_bytes}"
        + (f", answers that came too close to be seen: {result.unseen}" if result.unseen else ""),
    ]
    if result.difference is not None:
        lines.append(f"DIFFERS  {_explain(result.difference, classes)}")
    counters = [
        f"{side} {name} {value}"
        for side, names in non_zero(result.link).items()
        for name, value in names.items()
    ]
    lines.append(f"link: {', '.join(counters)}")
    if result.duty_cycle is not None:
        lines.append(
            f"duty cycle {percent(result.duty_cycle)} %: {result.busy_s:.2f} s of work for "
            f"{result.audio_s:.1f} s of audio"
        )
    else:
        lines.append(f"no duty cycle: {result.no_time}")
    if result.instructions_per_second is not None:
        lines.append(f"instructions for a second of audio: {result.instructions_per_second:,}")
    if result.stack_high_water_bytes is not None:
        lines.append(f"deepest stack: {result.stack_high_water_bytes:,} bytes")
    return lines


def _explain(found: LiveDifference, classes: Sequence[str]) -> str:
    reference = "which cannot be there yet"
    if found.reference is not None:
        reference = f"{found.reference} in the reference"
    return (
        f"first in answer {found.answer}: the score of {classes[found.score]} is {found.board} on "
        f"the board, {reference}"
    )
