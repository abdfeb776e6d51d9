"""`sernet-edge verify`: boards' answers against the integer and float references."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from sernet_cal.errors import ExitCode, InputError, LinkError, SernetError
from sernet_edge.audio.clips import Clips
from sernet_edge.audio.synthetic import Clip
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.commands.verify_microphone import (
    MicrophoneOptions,
    microphone_options,
    verify_heard,
)
from sernet_edge.emulator.backend import image_url
from sernet_edge.firmware import Firmware, load_firmware
from sernet_edge.link.transport import ports_seen
from sernet_edge.model.bundled import resolve_built_model
from sernet_edge.progress import progress_bars
from sernet_edge.references import References
from sernet_edge.verify.bench import ALL_PORTS, BUILDS, Lost, built_boards, targets_at
from sernet_edge.verify.board import Target, Terms, verify_board
from sernet_edge.verify.fleet import FleetRow, fleet_exit_code, verify_fleet
from sernet_edge.verify.fleet_report import fleet_to_json, print_fleet
from sernet_edge.verify.junit import write_junit
from sernet_edge.verify.live import verify_live
from sernet_edge.verify.live_report import live_to_json, print_live
from sernet_edge.verify.report import print_report, to_json
from sernet_gen.board import Board, load_board


@click.command()
@click.option(
    "--board",
    "board_names",
    multiple=True,
    metavar="NAME",
    help="nano33, posix, ...; several for a bench. Without it, every board that has a build here.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="URL",
    help="Serial port or any pyserial URL of the board; several, or all, for a bench: each board "
    "is compared at the same time, and says itself which it is.",
)
@click.option("--emulate", is_flag=True, help="Run the image in the board's emulator instead.")
@click.option(
    "--build", type=click.Path(path_type=Path), help="The build of the one board; else build/NAME."
)
@click.option("--data", metavar="[NAME=]DIR", help="Folder of recordings; else synthetic clips.")
@model_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N clips.")
@click.option("--any-build", is_flag=True, help="Measure whatever firmware answers; marked so.")
@click.option(
    "--min-float-agreement",
    type=click.FloatRange(0.0, 1.0),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Exit 1 below this share of predictions equal to the float model's. It tells of the "
    "model, not of the board, so nothing is asked for unless you do.",
)
@click.option("--count", is_flag=True, help="Count one clip's instructions (emu:// only).")
@click.option(
    "--live",
    is_flag=True,
    help="All clips as one endless stream, every answer compared; needs `build --live`.",
)
@microphone_options
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write JUnit XML: a suite for each board, a case for each clip.",
)
@json_option
def command(
    board_names: tuple[str, ...],
    ports: tuple[str, ...],
    emulate: bool,
    build: Path | None,
    data: str | None,
    model: Path | None,
    limit: int | None,
    any_build: bool,
    min_float_agreement: float,
    count: bool,
    live: bool,
    junit: Path | None,
    as_json: bool,
    microphone: MicrophoneOptions,
) -> None:
    """Check boards' answers against the integer and float references.

    Every byte of the features, of every layer that the firmware makes, and of the scores is
    compared.
    """
    boards = [load_board(name) for name in dict.fromkeys(board_names or built_boards())]
    _check_places(boards, ports, emulate)
    terms = Terms(any_build, min_float_agreement, count)
    is_single = len(boards) == 1 and len(ports) <= 1 and ports != (ALL_PORTS,)
    if live or microphone.wanted:
        what = "--live" if live else "--mic"
        _refuse_clip_options(what, is_single, junit, min_float_agreement)
        target = _only_target(boards[0], ports, build)
        if microphone.wanted:
            _refuse_clips(live, data, limit, count)
            bundle = resolve_built_model(model, target.firmware.model)
            log = partial(_log, "device")
            verify_heard(target, bundle, microphone, terms, emulate, log, as_json)
        else:
            _verify_live(target, model, list(Clips(data, limit)), terms, as_json)
        return
    if is_single:
        target = _only_target(boards[0], ports, build)
        rows: tuple[FleetRow, ...] = (
            _verify_one(target, model, list(Clips(data, limit)), terms, as_json),
        )
    else:
        _refuse_single_options(build, count)
        rows = _verify_bench(boards, ports, model, list(Clips(data, limit)), terms, as_json)
    if junit is not None:
        write_junit(rows, junit)
    if fleet_exit_code(rows) is not ExitCode.AGREED:
        sys.exit(int(fleet_exit_code(rows)))


def _check_places(boards: Sequence[Board], ports: tuple[str, ...], emulate: bool) -> None:
    if ports and emulate:
        raise InputError("--port and --emulate exclude each other: which board is meant?")
    if ALL_PORTS in ports and len(ports) > 1:
        raise InputError(f"--port {ALL_PORTS} means every port: it stands alone.")
    if len(set(ports)) < len(ports):
        raise InputError("The same --port is named twice.", "Name each once.")
    if not ports and not emulate:
        raise InputError(
            "Where is the board? Neither --port nor --emulate says so.",
            f"{ports_seen()}\nor run it in the emulator:  --emulate",
        )


def _refuse_single_options(build: Path | None, count: bool) -> None:
    for given, name in ((build is not None, "--build"), (count, "--count")):
        if given:
            raise InputError(
                f"{name} is for one board, and here several are meant.",
                "Name one board and one port, or leave it out.",
            )


def _refuse_clips(live: bool, data: str | None, limit: int | None, count: bool) -> None:
    given = {"--live": live, "--data": data, "--limit": limit, "--count": count}
    for name, value in given.items():
        if value:
            raise InputError(
                f"--mic is about what the microphone hears: {name} is for clips of this machine.",
                "Leave one of the two out.",
            )


def _refuse_clip_options(
    what: str, is_single: bool, junit: Path | None, min_agreement: float
) -> None:
    heard = "stream" if what == "--live" else "recording"
    for given, name in (
        (not is_single, "several boards"),
        (junit is not None, "--junit"),
        (min_agreement > 0, "--min-float-agreement"),
    ):
        if given:
            raise InputError(
                f"{what} compares one board's answers to one {heard}: {name} is for clips.",
                "Leave one of the two out.",
            )


def _only_target(board: Board, ports: tuple[str, ...], build: Path | None) -> Target:
    firmware = load_firmware(build or BUILDS / board.name, board.name)
    return Target(board, firmware, ports[0] if ports else _emulator_url(board, firmware))


def _emulator_url(board: Board, firmware: Firmware) -> str:
    if board.emulator == "none":
        raise LinkError(f"{board.name} has no emulator.", "Connect the board:  --port URL")
    return image_url(board.emulator, board.reference, firmware.image)


def _emulated(board: Board) -> Target | Lost:
    try:
        return _only_target(board, (), None)
    except SernetError as error:
        return Lost(board.name, "-", error)


def _log(start: str, line: str) -> None:
    click.echo(f"{start}: {line}", err=True)


def _verify_one(
    target: Target, model: Path | None, clips: Sequence[Clip], terms: Terms, as_json: bool
) -> FleetRow:
    bundle = resolve_built_model(model, target.firmware.model)
    references = References(bundle)
    log = partial(_log, "device")
    with progress_bars() as show:
        result = verify_board(target, bundle, references, clips, terms, show, log)
    if as_json:
        click.echo(json.dumps(to_json(result)))
    else:
        print_report(result, result.info.classes)
    return FleetRow(target.board.name, target.url, result)


def _verify_live(
    target: Target, model: Path | None, clips: Sequence[Clip], terms: Terms, as_json: bool
) -> None:
    bundle = resolve_built_model(model, target.firmware.model)
    with progress_bars() as show:
        result = verify_live(target, bundle, clips, terms, show, partial(_log, "device"))
    if as_json:
        click.echo(json.dumps(live_to_json(result)))
    else:
        print_live(result, result.info.classes)
    if result.exit_code is not ExitCode.AGREED:
        sys.exit(int(result.exit_code))


def _verify_bench(
    boards: Sequence[Board],
    ports: tuple[str, ...],
    model: Path | None,
    clips: Sequence[Clip],
    terms: Terms,
    as_json: bool,
) -> tuple[FleetRow, ...]:
    bench = (
        targets_at(ports, boards, partial(_log, "note"))
        if ports
        else [_emulated(board) for board in boards]
    )
    with progress_bars() as show:
        rows = verify_fleet(
            bench,
            lambda firmware: resolve_built_model(model, firmware.model),
            clips,
            terms,
            show,
            _log,
        )
    if as_json:
        click.echo(json.dumps(fleet_to_json(rows)))
    else:
        print_fleet(rows)
    return rows
