"""An image through a debug probe, by pyocd: an optional package that drives all usual probes."""

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import LinkError, SernetError, ToolchainError, require_extra
from sernet_edge.flash.faults import (
    BoardNotFoundError,
    ReadBackError,
    broken_off,
    flash_command,
    several,
    wrong_chip,
)
from sernet_edge.flash.image import Image
from sernet_edge.progress import Show
from sernet_gen.board import Board

# A megabyte takes a slow probe about a minute; a probe that hangs must not hold the user.
_LOAD_S = 300.0
_ASK_S = 60.0
_SHOWN_LINES = 5
# What pyocd calls the chip behind a probe that does not know its board.
_UNKNOWN_CHIP = "cortex_m"
_READ_BACK = "read_back.bin"


@dataclass(frozen=True)
class Probe:
    """A debug probe: its unique id, what it says of itself, and pyocd's name for the chip."""

    uid: str
    description: str
    target: str


class Pyocd:
    """pyocd as a program; raises SernetError where it is not installed."""

    def __init__(self) -> None:
        self._program = _find_program()

    def choose_target(self, board: Board) -> str:
        """Return pyocd's whole name of the board's chip; raises ToolchainError naming the pack
        that has it, when pyocd does not know it."""
        wanted = board.flash_target or ""
        names = sorted(str(item["name"]) for item in self._ask("--targets", "targets"))
        found = [name for name in names if name.startswith(wanted)]
        if not found:
            raise ToolchainError(
                f"pyocd does not know the chip {wanted} ({board.title}) yet.",
                f"Install its pack once:  {self.words} pack install {wanted}",
            )
        return wanted if wanted in found else found[0]

    def choose_probe(self, board: Board, named: str | None) -> Probe:
        """Return the probe `named` (or the beginning of its unique id), or the only one.

        Raises BoardNotFoundError, SeveralBoardsError, and WrongChipError for a probe that knows
        that it sits on another board.
        """
        probes = [
            Probe(str(item["unique_id"]), str(item["info"]), str(item["target"]))
            for item in self._ask("--probes", "boards")
        ]
        found = [probe for probe in probes if probe.uid.startswith(named or "")]
        if not found:
            which = f"The debug probe {named} is" if named else "No debug probe is"
            seen = "\n".join(f"  {probe.uid}  {probe.description}" for probe in probes)
            raise BoardNotFoundError(
                f"{which}{' not' if named else ''} connected.",
                (f"Probes seen here:\n{seen}\n" if seen else "")
                + f"Plug the {board.title} in by the USB plug of its debugger. On Linux the user "
                "needs the rules of udev that come with pyocd; a J-Link needs SEGGER's software.",
            )
        if len(found) > 1:
            listed = [(probe.uid, probe.description) for probe in found]
            raise several("debug probes", "--probe", listed)
        _check_chip(found[0], board)
        return found[0]

    def write(self, board: Board, image: Image, target: str, probe: Probe, show: Show) -> None:
        """Write `image`, read it back, and start it.

        Raises BrokenOffError with pyocd's last words, and ReadBackError.
        """
        where = ["--no-wait", "--target", target, "--probe", probe.uid]
        load = ["--format", "bin", "--base-address", f"0x{image.address:08x}"]
        with broken_off(_again(board)), tempfile.TemporaryDirectory(prefix="sernet-edge-") as name:
            folder = Path(name)
            show("write, by pyocd", 0, 1)
            self._do(["load", *where, *load, str(image.path.absolute())], folder)
            show("write, by pyocd", 1, 1)
            words = f"savemem 0x{image.address:08x} {len(image.content)} {_READ_BACK}"
            self._do(["commander", *where, "--command", words], folder)
            show("read back, by pyocd", 1, 1)
            _compare(board, image, folder / _READ_BACK)

    @property
    def words(self) -> str:
        """The program as one types it."""
        return "pyocd" if len(self._program) == 1 else "python -m pyocd"

    def _ask(self, option: str, key: str) -> Sequence[dict[str, Any]]:
        done = self._run(["json", option], _ASK_S)
        try:
            answer = json.loads(done.stdout)
            items: list[dict[str, Any]] = answer[key]
        except (ValueError, KeyError, TypeError) as error:
            raise ToolchainError(
                f"{self.words} json {option} does not answer in its form (exit {done.returncode}).",
                _last_lines(done),
            ) from error
        return items

    def _do(self, arguments: Sequence[str], folder: Path) -> None:
        done = self._run(arguments, _LOAD_S, folder)
        if done.returncode:
            raise LinkError(
                f"{self.words} {arguments[0]} failed (exit {done.returncode}). Its last words:\n"
                f"{_last_lines(done)}"
            )

    def _run(
        self, arguments: Sequence[str], timeout_s: float, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self._program, *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LinkError(
                f"{self.words} {arguments[0]} did not end within {timeout_s:.0f} s.",
                "Unplug the board, plug it in again, then flash it again.",
            ) from error
        except OSError as error:
            raise ToolchainError(f"{self.words} does not start: {error.strerror}.") from error


def _find_program() -> tuple[str, ...]:
    if importlib.util.find_spec("pyocd") is not None:
        return (sys.executable, "-m", "pyocd")
    path = shutil.which("pyocd")
    if path is None:
        raise _not_installed()
    return (path,)


def _not_installed() -> SernetError:
    return require_extra("pyocd", "pyocd", "flash this board")


def _check_chip(probe: Probe, board: Board) -> None:
    """The names are beginnings of each other: a pack writes stm32f446retx for stm32f446re."""
    wanted, seen = board.flash_target or "", probe.target
    if seen != _UNKNOWN_CHIP and not (seen.startswith(wanted) or wanted.startswith(seen)):
        raise wrong_chip(f"{seen} ({probe.description})", board)


def _compare(board: Board, image: Image, path: Path) -> None:
    seen = path.read_bytes() if path.is_file() else b""
    if seen == image.content:
        return
    pairs = zip(seen, image.content, strict=False)
    wrong = next((at for at, (one, other) in enumerate(pairs) if one != other), len(seen))
    raise ReadBackError(
        f"The flash does not hold the image: the first byte that differs is {wrong:,} of "
        f"{len(image.content):,}.",
        _again(board),
    )


def _again(board: Board) -> str:
    return (
        "The board may have no whole firmware now; a debug probe can always write it anew.\n"
        f"Unplug the board, plug it in again, then flash it again:  {flash_command(board)}"
    )


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stdout + done.stderr).splitlines()
    return "\n".join(lines[-_SHOWN_LINES:]) or "(it printed nothing)"
