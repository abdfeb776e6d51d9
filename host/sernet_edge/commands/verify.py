"""`sernet-edge verify`: a board's answers against the integer and float references."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode, InputError, LinkError
from sernet_edge.audio.clips import Clips, whole_clip
from sernet_edge.audio.synthetic import Clip
from sernet_edge.commands.options import json_option, model_option
from sernet_edge.emulator.backend import image_url
from sernet_edge.emulator.measure import count_clip, countable, emulated_machine
from sernet_edge.firmware import Firmware, check_files, check_identity, check_model, load_firmware
from sernet_edge.link.session import Session, timing_of
from sernet_edge.link.transport import SerialTransport, open_port, ports_seen
from sernet_edge.model.bundled import resolve_model
from sernet_edge.progress import Show, progress_bars
from sernet_edge.references import References
from sernet_edge.verify import Verifier, why_no_time
from sernet_edge.verify_report import Verification, print_report, to_json
from sernet_gen.board import Board, load_board


@click.command()
@click.option("--board", "board_name", required=True, metavar="NAME", help="nano33, posix, ...")
@click.option("--port", metavar="URL", help="Serial port or any pyserial URL of the board.")
@click.option("--emulate", is_flag=True, help="Run the image in the board's emulator instead.")
@click.option("--build", type=click.Path(path_type=Path), help="The build; else build/NAME.")
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
@json_option
def command(
    board_name: str,
    port: str | None,
    emulate: bool,
    build: Path | None,
    data: str | None,
    model: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Check a board's answers against the integer and float references.

    Every byte of the features, of every layer that the firmware makes, and of the scores is
    compared.
    """
    board = load_board(board_name)
    firmware = load_firmware(build or Path("build") / board.name, board.name)
    url = _url(board, firmware, port, emulate)
    bundle = resolve_model(model)
    clips = list(Clips(data, options["limit"]))
    result = _verify(board, firmware, url, bundle, clips, options)
    if as_json:
        click.echo(json.dumps(to_json(result)))
    else:
        print_report(result, bundle.classes)
    if result.exit_code is not ExitCode.AGREED:
        sys.exit(int(result.exit_code))


def _url(board: Board, firmware: Firmware, port: str | None, emulate: bool) -> str:
    if port is not None and emulate:
        raise InputError("--port and --emulate exclude each other: which board is meant?")
    if port is not None:
        return port
    if not emulate:
        raise InputError(
            "Where is the board? Neither --port nor --emulate says so.",
            f"{ports_seen()}\nor run it in the emulator:  --emulate",
        )
    if board.emulator == "none":
        raise LinkError(f"{board.name} has no emulator.", "Connect the board:  --port URL")
    return image_url(board.emulator, board.name, firmware.image)


@contextmanager
def _connected(board: Board, url: str) -> Iterator[tuple[Session, SerialTransport]]:
    transport = open_port(url, board.link.baud)
    try:
        session = Session(
            transport, timing_of(url), lambda line: click.echo(f"device: {line}", err=True)
        )
        session.connect()
        yield session, transport
    finally:
        transport.close()


def _verify(
    board: Board,
    firmware: Firmware,
    url: str,
    bundle: Bundle,
    clips: list[Clip],
    options: dict[str, Any],
) -> Verification:
    any_build = bool(options["any_build"])
    if not any_build:
        check_files(firmware)
        check_model(firmware, bundle)
    references = References(bundle)
    with _connected(board, url) as (session, transport), progress_bars() as show:
        if not any_build:
            check_identity(firmware, session.info)
        _check_classes(session, bundle)
        machine = emulated_machine(transport)
        counting = countable(machine) if options["count"] else None
        no_time = why_no_time(url, session.info)
        verifier = Verifier(session, references, no_time is None, firmware.made_tensors)
        shower = _Shower(show, "samples sent", sum(len(clip.samples) for clip in clips))
        reports = [verifier.verify(clip, shower.next_clip(clip)) for clip in clips]
        link, stack = session.link_counters(), machine.stack_high_water_bytes() if machine else None
        counted = None
        if counting is not None:  # restarts the board, so it comes last
            clip = whole_clip(clips, bundle.model_samples)
            shower = _Shower(show, "samples, counting", len(clip.samples))
            counted = count_clip(counting, transport, clip.samples, shower.next_clip(clip))
        return Verification(
            session.info,
            bundle.name,
            tuple(reports),
            link,
            any_build,
            options["min_float_agreement"],
            no_time,
            (len(verifier.compared), len(references.model.traced)),
            counted,
            stack,
        )


class _Shower:
    """Shows how many samples of all clips the board has taken."""

    def __init__(self, show: Show, what: str, total: int) -> None:
        self._show, self._what, self._total = show, what, total
        self._before = self._after = 0

    def next_clip(self, clip: Clip) -> Callable[[int], None]:
        """Return what to call with the samples of `clip` that were taken."""
        self._before, self._after = self._after, self._after + len(clip.samples)
        before = self._before
        return lambda taken: self._show(self._what, before + taken, self._total)


def _check_classes(session: Session, bundle: Bundle) -> None:
    on_board = session.info.classes
    if on_board != bundle.classes:
        raise InputError(
            f"The board tells {', '.join(on_board)} apart; the model {bundle.name} "
            f"{', '.join(bundle.classes)}.",
            "Name the board's model:  --model DIR",
        )
