"""Running one C compiler: its command line, and errors that show what it said."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sernet_cal.errors import ToolchainError

Family = Literal["gcc", "clang", "zig"]

# A compiler's complaint is shown up to here; the first lines name the cause.
_SHOWN_LINES = 40


@dataclass(frozen=True)
class Compiler:
    """A C compiler that answered to `--version`.

    `name`: what the user calls it, e.g. "arm-none-eabi-gcc". `version`: its version text.
    `command`: the words that start it. `target_flags`: what selects the core, put first.
    """

    name: str
    version: str
    family: Family
    command: tuple[str, ...]
    target_flags: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The compiler's name and version for reports."""
        return f"{self.name} {self.version}"

    @property
    def portable_command(self) -> str:
        """The command as a Makefile may name it: no path of this machine, no Python."""
        return "zig cc" if self.family == "zig" else self.name

    def run(self, arguments: Sequence[str], action: str, cwd: Path | None = None) -> str:
        """Run the compiler for `action` ("compile x.c"); returns what it printed, warnings too.

        Raises ToolchainError with the compiler's output when it fails.
        """
        return run_tool((*self.command, *self.target_flags), arguments, self.title, action, cwd)

    def compile_shared(
        self,
        sources: Sequence[Path],
        include_dirs: Sequence[Path],
        output: Path,
        flags: Sequence[str] = (),
    ) -> None:
        """Compile and link C99 `sources` into the shared library `output` (for ctypes)."""
        includes = [word for folder in include_dirs for word in ("-I", str(folder))]
        language = ["-std=c99", "-fPIC", "-shared"]
        paths = [str(source) for source in sources]
        arguments = [*language, *flags, *includes, *paths, "-o", str(output)]
        self.run(arguments, f"build {output.name}")


def run_tool(
    command: Sequence[str],
    arguments: Sequence[str],
    title: str,
    action: str,
    cwd: Path | None = None,
) -> str:
    """Run `command` + `arguments`; returns stdout and stderr together.

    Raises ToolchainError naming `title` and `action`, with the first lines that the tool printed.
    """
    try:
        result = subprocess.run(
            [*command, *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolchainError(
            f"{title} could not {action}: {command[0]} does not start ({error.strerror}).",
            "Name a working compiler:  --toolchain PATH",
        ) from error
    if result.returncode == 0:
        return result.stdout
    lines = result.stdout.splitlines() or ["(the compiler printed nothing)"]
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], f"({len(lines) - _SHOWN_LINES} more lines)"]
    raise ToolchainError(
        f"{title} could not {action} (exit {result.returncode}). It said:", "\n".join(lines)
    )
