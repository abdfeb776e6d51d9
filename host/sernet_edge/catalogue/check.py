"""Whether a board's file makes a firmware: built by every compiler here, measured, verified."""

import importlib.util
import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode, SernetError, ToolchainError
from sernet_edge.audio.synthetic import Clip
from sernet_edge.emulator.backend import image_url
from sernet_edge.emulator.protocol_qemu import PROGRAM
from sernet_edge.firmware import load_firmware
from sernet_edge.references import References
from sernet_edge.verify.board import Target, Terms, verify_board
from sernet_gen.board import Board
from sernet_gen.compiler import Compiler
from sernet_gen.constants import Constants
from sernet_gen.generate import Build, generate_constants
from sernet_gen.report import MemoryReport
from sernet_gen.toolchain import find_toolchain

TOOLCHAINS = ("gcc", "zig")


@dataclass(frozen=True)
class Step:
    """One step of a check and how it ended; `passed` is None for one that could not be taken.

    `error`: what stopped it, or for a difference nothing.
    """

    name: str
    passed: bool | None
    detail: str
    error: SernetError | None = None


@dataclass(frozen=True)
class _ListeningCompiler(Compiler):
    """A compiler whose words are kept even where it succeeds; `words` is shared with its copies."""

    words: tuple[list[str], ...] = ()

    def run(self, arguments: Sequence[str], action: str, cwd: Path | None = None) -> str:
        """As every compiler's."""
        said = super().run(arguments, action, cwd)
        for kept in self.words:
            kept.extend(said.splitlines())
        return said


def check_board(
    board: Board, bundle: Bundle, constants: Constants, clips: Sequence[Clip], folder: Path
) -> Iterator[Step]:
    """Yield the steps of checking `board` with the firmware of `bundle`, as they are taken.

    `constants`: the C of `bundle`. Builds lie in `folder`, one for each compiler. Of a compiler or
    emulator that this machine lacks, the steps are told as not taken.
    """
    references = References(bundle)
    for word in TOOLCHAINS:
        build = yield from _check_with(word, board, constants, folder / word)
        if build is not None:
            yield _verify(word, board, build, bundle, references, clips)


def _check_with(
    word: str, board: Board, constants: Constants, folder: Path
) -> Generator[Step, None, Build | None]:
    name = f"compile with {word}"
    try:
        compiler = find_toolchain(board.core, word)
    except ToolchainError as error:
        yield Step(name, None, error.message)
        return None
    words: list[str] = []
    listening = _ListeningCompiler(**vars(compiler), words=(words,))
    try:
        build = generate_constants(constants, board, folder, listening)
    except SernetError as error:
        yield Step(name, False, error.message, error)
        return None
    if words:
        warning = ToolchainError(f"{compiler.title} warns about {board.name}:", "\n".join(words))
        yield Step(name, False, f"{len(words)} lines of warnings", warning)
        return None
    yield Step(name, True, f"{compiler.title}: no warning")
    yield Step(f"fit with {word}", True, _sizes(build.report))
    return build


def _sizes(report: MemoryReport) -> str:
    return ", ".join(
        f"{row.name} {row.used:,}" + (f" of {row.limit:,}" if row.limit is not None else "")
        for row in report.rows
        if not row.is_goal
    )


def _verify(
    word: str,
    board: Board,
    build: Build,
    bundle: Bundle,
    references: References,
    clips: Sequence[Clip],
) -> Step:
    name = f"verify with {word}"
    reason = why_no_emulator(board)
    if reason is not None:
        return Step(name, None, reason)
    try:
        firmware = load_firmware(build.folder, board.name)
        url = image_url(board.emulator, board.reference, firmware.image)
        result = verify_board(
            Target(board, firmware, url), bundle, references, clips, Terms(), _show_nothing, _ignore
        )
    except SernetError as error:
        return Step(name, False, error.message, error)
    passed = result.exit_code is ExitCode.AGREED
    count = f"{result.byte_exact_clips} of {len(clips)}"
    return Step(name, passed, f"{count} clips equal to the last byte, by {board.emulator}://")


def why_no_emulator(board: Board) -> str | None:
    """Return why `board` cannot be emulated on this machine, None where it can."""
    match board.emulator:
        case "none":
            return "this board has no emulator; only a real one can tell:  verify --port URL"
        case "emu" if importlib.util.find_spec("unicorn") is None:
            return "the Python package unicorn is not installed"
        case "qemu" if shutil.which(PROGRAM) is None:
            return f"{PROGRAM} is not on PATH"
        case _:
            return None


def _show_nothing(what: str, done: int, total: int) -> None:
    """Show no progress."""


def _ignore(line: str) -> None:
    """Ignore what a board prints."""
