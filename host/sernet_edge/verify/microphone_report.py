"""The result of `verify --mic`: figures for machines, a row a part for people."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from sernet_edge.tables import make_console
from sernet_edge.verify.microphone import MicrophoneVerification
from sernet_edge.verify.report import explain, non_zero


def microphone_to_json(
    result: MicrophoneVerification, classes: Sequence[str], recording: Path | None
) -> dict[str, Any]:
    """Return the JSON object of `verify --mic --json`; `recording`: the file that keeps it."""
    return {
        "board": result.info.board,
        "build_id": result.info.build_id,
        "any_build": result.any_build,
        "microphone": True,
        "model": result.model,
        "seconds": result.seconds,
        "recording": None if recording is None else recording.as_posix(),
        "levels": asdict(result.levels),
        "findings": [
            {"fault": item.fault.value, "message": item.message, "hint": item.hint}
            for item in result.findings
        ],
        "recording_equal": result.blame.recording,
        "features_equal": result.blame.features,
        "network_equal": result.blame.network,
        "compared_tensors": result.tensors[0],
        "tensors": result.tensors[1],
        "first_tensor_heard": result.heard_tensor,
        "first_tensor_replayed": result.replayed.tensor,
        "board_class": classes[result.board_class],
        "integer_class": classes[result.integer_class],
        "float_class": classes[result.float_class],
        "probability_error": result.replayed.probability_error,
        "device_ms": result.device_ms,
        "device_ms_reason": result.no_time,
        "link": non_zero(result.link),
        "exit_code": int(result.exit_code),
    }


def print_microphone(
    result: MicrophoneVerification, classes: Sequence[str], recording: Path | None
) -> None:
    """Print a table with a row for each part that may be to blame, then findings and figures."""
    console = make_console()
    title = f"{result.model} on {result.info.board}: {result.seconds:.2f} s from its microphone"
    table = Table(title=title, title_justify="left")
    for name in ("part", "result", "seen"):
        table.add_column(name)
    for row in _rows(result, classes):
        table.add_row(*row)
    console.print(table)
    for line in _lines(result, recording):
        console.print(line, highlight=False, soft_wrap=True)


def _rows(result: MicrophoneVerification, classes: Sequence[str]) -> list[tuple[str, str, str]]:
    blame, levels = result.blame, result.levels
    verdict = "sound" if not result.findings else result.findings[0].fault.value
    board, integer, real = (
        classes[number] for number in (result.board_class, result.integer_class, result.float_class)
    )
    return [
        (
            "microphone",
            verdict,
            f"level {levels.level_dbfs:.1f} dBFS, peak {levels.peak_dbfs:.1f}, noise floor "
            f"{levels.noise_floor_dbfs:.1f}, offset {levels.offset:.0f}, at the limit "
            f"{100 * levels.clipped:.2f} %",
        ),
        (
            "recording",
            "equal" if blame.recording else "DIFFERS",
            "heard and sent back give the same bytes"
            if blame.recording
            else f"heard: {_first(result.heard_tensor)}; sent back: "
            f"{_first(result.replayed.tensor)}",
        ),
        ("features", *_against(blame.features, "the integer front-end of this machine")),
        ("network", *_against(blame.network, "the integer reference, each layer")),
        (
            "class",
            "equal" if board == integer else "DIFFERS",
            f"board {board}, integer reference {integer}, float model {real}",
        ),
    ]


def _first(tensor: str | None) -> str:
    return "all equal to the reference" if tensor is None else f"differs from {tensor} on"


def _against(equal: bool | None, what: str) -> tuple[str, str]:
    if equal is None:
        return "not judged", "its input differs"
    return ("equal", f"byte for byte to {what}") if equal else ("DIFFERS", f"from {what}")


def _lines(result: MicrophoneVerification, recording: Path | None) -> list[str]:
    compared, tensors = result.tensors
    lines = [f"note: {finding}" for finding in result.findings]
    if not result.replayed.byte_exact:
        lines.append(f"DIFFERS  {explain(result.replayed)}")
    lines.append(
        f"build {result.info.build_id[:8]}"
        + (" (--any-build: not compared with the files here)" * result.any_build)
        + f", {compared} of {tensors} tensors compared, largest error of a probability "
        f"{result.replayed.probability_error:.4f}"
    )
    if result.device_ms is not None:
        lines.append(f"the board worked {result.device_ms:.1f} ms for it")
    if result.no_time:
        lines.append(f"no time: {result.no_time}")
    if recording is not None:
        lines.append(f"The recording lies in {recording.as_posix()}.")
    return lines
