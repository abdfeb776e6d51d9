"""`sernet-edge listen`: the board's answers to a stream of sound, as they come."""

import json
from contextlib import closing
from pathlib import Path

import click
from rich.live import Live

from sernet_cal.errors import InputError, LinkError
from sernet_edge.commands.options import json_option
from sernet_edge.emulator.backend import image_url
from sernet_edge.emulator.playing import playing
from sernet_edge.firmware import load_firmware
from sernet_edge.link.live import check_live
from sernet_edge.link.microphone import check_microphone
from sernet_edge.link.session import Session
from sernet_edge.link.transport import SerialTransport, ports_seen
from sernet_edge.listen.follow import Pace, Summary, follow
from sernet_edge.listen.moments import MICROPHONE, microphone_moments, read_sounds, sound_moments
from sernet_edge.listen.screen import Bars, JsonLines, summary_lines, summary_to_json
from sernet_edge.tables import make_console
from sernet_edge.verify.board import connected
from sernet_edge.verify.microphone import pause_of
from sernet_edge.verify.verifier import why_no_time
from sernet_gen.board import Board, load_board


@click.command()
@click.option("--board", "board_name", required=True, metavar="NAME", help="nano33, posix, ...")
@click.option("--port", metavar="URL", help="Serial port or any pyserial URL of the board.")
@click.option("--emulate", is_flag=True, help="Run the image in the board's emulator instead.")
@click.option(
    "--build", type=click.Path(path_type=Path), help="The build to emulate; else build/NAME."
)
@click.option(
    "--source",
    default=MICROPHONE,
    show_default=True,
    metavar="microphone|FILE|DIR",
    help="The board's own microphone, or sounds of this machine that are sent to it.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="How long; else until the sounds end, or Ctrl-C.",
)
@click.option(
    "--play",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --emulate: what the emulated microphone hears; else made-up phrases.",
)
@json_option
def command(
    board_name: str,
    port: str | None,
    emulate: bool,
    build: Path | None,
    source: str,
    seconds: float | None,
    play: Path | None,
    as_json: bool,
) -> None:
    """Show a live board's answers as they come: bars, level, duty cycle, lost samples.

    With --json one object a line for each answer, and a last one with "end" true.
    """
    board = load_board(board_name)
    url = _place(board, port, emulate, build)
    if play is not None and source != MICROPHONE:
        raise InputError(
            f"--play is for the microphone, and --source {source} is sent to the board instead.",
            "Leave one of the two out.",
        )
    with (
        playing(url, board, play, emulate and source == MICROPHONE) as heard,
        connected(board, heard.url, lambda line: click.echo(f"device: {line}", err=True)) as (
            session,
            transport,
        ),
    ):
        no_time = why_no_time(heard.url, session.info)
        wanted_s = seconds if seconds is not None else heard.seconds
        summary = _listen(session, transport, source, wanted_s, as_json, no_time is None)
    if as_json:
        click.echo(json.dumps(summary_to_json(summary, no_time)))
    else:
        for line in summary_lines(summary, no_time):
            click.echo(line)


def _place(board: Board, port: str | None, emulate: bool, build: Path | None) -> str:
    if (port is None) == (not emulate):
        raise InputError(
            "Where is the board? One of --port and --emulate must say so, and not both.",
            f"{ports_seen()}\nor run it in the emulator:  --emulate",
        )
    if port is not None:
        return port
    if board.emulator == "none":
        raise LinkError(f"{board.name} has no emulator.", "Connect the board:  --port URL")
    firmware = load_firmware(build or Path("build") / board.name, board.name)
    return image_url(board.emulator, board.reference, firmware.image)


def _listen(
    session: Session,
    transport: SerialTransport,
    source: str,
    seconds: float | None,
    as_json: bool,
    has_time: bool,
) -> Summary:
    info = session.info
    console = make_console()
    if source == MICROPHONE:
        check_microphone(info)
        moments = microphone_moments(session, seconds, pause_of(transport))
    else:
        check_live(info)
        moments = sound_moments(session, read_sounds(Path(source)), seconds)
    # Only for people: a board in software, or one that is sent sounds, may be too fast for them.
    is_paced = console.is_terminal and (source != MICROPHONE or transport.backend is not None)
    with closing(moments):
        if as_json:
            return follow(moments, JsonLines(info.classes, click.echo), False, Pace())
        with Live(console=console, refresh_per_second=12) as live:
            return follow(moments, Bars(live, info.board, info.classes, has_time), is_paced, Pace())
