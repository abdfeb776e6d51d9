"""One flashing of a Nano in software, with faults: it ends right, or says how to go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fake_desk import FakeDesk, Fault
from fake_nano import APP, FakeNano, make_image

from sernet_cal.errors import SernetError
from sernet_edge.firmware import Firmware, load_firmware
from sernet_edge.flash.run import Places, plan_flash
from sernet_gen.board import Board, load_board

OLD_IMAGE = make_image(15_000, "33" * 32, 5)
# What a person can do, as the hints say it.
CURES = ("reset button", "flash it again", "Flash it again", "Plug it in", "log in again", "Close")


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: `error` is the name of the error's type, "" where the board is right.

    `steps`: how many there were. `struck`: the faults that came to pass. `problem`: what is wrong
    with the ending, "" where nothing is.
    """

    error: str
    steps: int
    struck: tuple[str, ...]
    problem: str = ""


def trial(folder: Path, faults: Sequence[Fault], starts_in_loader: bool = False) -> Outcome:
    """Flash the build in `folder` while `faults` strike; after an error, do what its hint says."""
    nano = FakeNano(OLD_IMAGE)
    if starts_in_loader:
        nano.double_tap(0.0)
    desk = FakeDesk([nano], faults=faults)
    try:
        flash(desk, folder)
    except SernetError as error:
        problem = _wrong_words(str(error), nano.writes == 0)
        problem = problem or _unrecovered(nano, folder, str(error))
        return Outcome(type(error).__name__, desk.steps, tuple(desk.struck), problem)
    return Outcome("", desk.steps, tuple(desk.struck), wrong_board(nano, folder))


def flash(desk: FakeDesk, folder: Path) -> str:
    """Flash the sketch; returns the id of the build that then answers."""
    plan = plan_flash(desk, _board(), _firmware(folder), None, Places())
    answer = plan.write(lambda what, done, total: None)
    assert answer is not None
    return answer.info.build_id


@cache
def _board() -> Board:
    return load_board("nano33")


@cache
def _firmware(folder: Path) -> Firmware:
    return load_firmware(folder, "nano33")


def wrong_board(nano: FakeNano, folder: Path) -> str:
    """Return what is wrong with a board that ought to run the build, "" where nothing is."""
    content = (folder / "arduino/sketch.bin").read_bytes()
    if nano.flash[APP : APP + len(content)] != content:
        return "the flash does not hold the image"
    return "" if nano.mode == "sketch" else f"the board is in the mode {nano.mode}"


def _wrong_words(text: str, is_untouched: bool) -> str:
    if not any(cure in text for cure in CURES):
        return f"no cure in: {text}"
    if "Nothing was written" in text and not is_untouched:
        return f"something was written, but: {text}"
    return ""


def _unrecovered(nano: FakeNano, folder: Path, text: str) -> str:
    """Do what the hint says, on a board to which nothing more happens."""
    fresh = FakeNano()
    fresh.flash = nano.flash
    fresh.boot(0.0)
    if "twice" in text:
        fresh.double_tap(0.0)
    elif fresh.mode == "dead":
        return f"the firmware crashes, but the cure is: {text}"
    try:
        flash(FakeDesk([fresh]), folder)
    except SernetError as error:
        return f"the cure of: {text}\nfailed with: {error}"
    return wrong_board(fresh, folder)
