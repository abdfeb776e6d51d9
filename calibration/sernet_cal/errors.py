"""The errors that a user may see, each with the exit code of the command line.

A message says what happened, what was expected and seen, and the command that mends it. Anything
else that reaches the user as a traceback is our bug.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The documented exit codes of `sernet-edge`."""

    AGREED = 0
    DIFFERENT = 1
    USAGE = 2
    NO_LINK = 3
    STALE_FIRMWARE = 4
    DOES_NOT_FIT = 5


class SernetError(Exception):
    """What a user did or has that cannot work; carries the cure as a hint.

    `message` states what happened, `hint` (optional, may have several lines) what mends it.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message, the hint indented by two blanks below it."""
        lines = [self.message, *(f"  {line}" for line in self.hint.splitlines())]
        return "\n".join(lines)


class InputError(SernetError):
    """A file, value or name that cannot be used."""


class ModelError(SernetError):
    """A model that cannot be read, quantized or run."""


class ToolchainError(SernetError):
    """A compiler is missing or failed."""


class LinkError(SernetError):
    """No usable connection to the board."""

    exit_code = ExitCode.NO_LINK


class StaleFirmwareError(SernetError):
    """The board runs something other than the files on disk."""

    exit_code = ExitCode.STALE_FIRMWARE


class DoesNotFitError(SernetError):
    """The firmware needs more memory than the board has."""

    exit_code = ExitCode.DOES_NOT_FIT


def require_extra(module: str, extra: str, purpose: str) -> SernetError:
    """Return the error for an optional `module` that is missing: `[extra]` brings it."""
    return SernetError(
        f"The Python package {module} is needed to {purpose}, and it is not installed.",
        f"Install it, in the folder of sernet-edge's sources:  pip install '.[{extra}]'",
    )
