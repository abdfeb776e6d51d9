"""`sernet-edge verify --mic`: its options, and what they do."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode, InputError
from sernet_edge.emulator.playing import playing
from sernet_edge.progress import progress_bars
from sernet_edge.verify.board import OnLog, Target, Terms
from sernet_edge.verify.microphone import verify_microphone
from sernet_edge.verify.microphone_report import microphone_to_json, print_microphone
from sernet_edge.verify.recordings import save_recording

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--mic",
        is_flag=True,
        help="Let the board record and classify what its microphone hears, and compare microphone, "
        "features and network apart; needs `build --live`. Exit 2 for a microphone that is stuck.",
    ),
    click.option(
        "--seconds",
        type=click.FloatRange(min=0, min_open=True),
        metavar="S",
        help="With --mic: how long; else the model's clip.",
    ),
    click.option(
        "--play",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="With --mic --emulate: what the emulated microphone hears; else a made-up phrase.",
    ),
    click.option(
        "--record",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="With --mic: keep the recording in DIR, a corpus for --data DIR.",
    ),
    click.option("--label", metavar="CLASS", help="With --record: the class that it is of."),
    click.option(
        "--speaker",
        metavar="NAME",
        default="me",
        show_default=True,
        help="With --record: who said it.",
    ),
)


@dataclass(frozen=True)
class MicrophoneOptions:
    """What is asked of the microphone; `wanted`: whether it is meant at all."""

    wanted: bool
    seconds: float | None
    play: Path | None
    record: Path | None
    label: str | None
    speaker: str


def microphone_options(command: _Command) -> Callable[..., Any]:
    """Give `command` the options above; it gets them as `microphone`."""

    @wraps(command)
    def with_microphone(
        *args: Any,
        mic: bool,
        seconds: float | None,
        play: Path | None,
        record: Path | None,
        label: str | None,
        speaker: str,
        **options: Any,
    ) -> Any:
        given = {"--seconds": seconds, "--play": play, "--record": record, "--label": label}
        for name, value in given.items():
            if value is not None and not mic:
                raise InputError(f"{name} is for the microphone.", f"Add it:  --mic {name} ...")
        if (label is None) != (record is None):
            raise InputError(
                "--record keeps a recording for a corpus, and --label says of which class it is: "
                "both or none.",
                "For example:  --record my-voice --label anger",
            )
        asked = MicrophoneOptions(mic, seconds, play, record, label, speaker)
        return command(*args, microphone=asked, **options)

    result: Callable[..., Any] = with_microphone
    for option in reversed(_OPTIONS):
        result = option(result)
    return result


def verify_heard(
    target: Target,
    bundle: Bundle,
    asked: MicrophoneOptions,
    terms: Terms,
    is_emulated: bool,
    on_log: OnLog,
    as_json: bool,
) -> None:
    """Run `verify --mic` on the board of `target`, print the result, and exit with its code."""
    with (
        playing(target.url, target.board, asked.play, is_emulated) as heard,
        progress_bars() as show,
    ):
        board = replace(target, url=heard.url)
        result = verify_microphone(board, bundle, asked.seconds, terms, show, on_log)
    kept = None
    if asked.record is not None:
        kept = save_recording(asked.record, result.samples, asked.label or "", asked.speaker)
    if as_json:
        click.echo(json.dumps(microphone_to_json(result, result.info.classes, kept)))
    else:
        print_microphone(result, result.info.classes, kept)
    if result.exit_code is not ExitCode.AGREED:
        sys.exit(int(result.exit_code))
