"""A child process that is a board: started quietly, watched, and ended for certain."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO

from sernet_cal.errors import LinkError

_PATIENCE_S = 2.0


class ChildProcess:
    """A process whose words on stderr are kept for the error message; `more`: its environment."""

    def __init__(self, command: Sequence[str], title: str, with_pipes: bool, **more: str) -> None:
        self._title = title
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        pipe = subprocess.PIPE if with_pipes else subprocess.DEVNULL
        try:
            self.process = subprocess.Popen(
                list(command),
                stdin=pipe,
                stdout=pipe,
                stderr=self._words,
                bufsize=0,
                env={**os.environ, **more},
            )
        except OSError as error:
            self._words.close()
            raise LinkError(
                f"{title} does not start: {error.strerror}.",
                "Build it anew:  sernet-edge build --board NAME",
            ) from error

    def ended(self) -> LinkError:
        """Return the error that tells how the process ended, with its last words."""
        try:
            code = self.process.wait(_PATIENCE_S)
            how = f"ended with exit code {code}" if code >= 0 else f"was killed by signal {-code}"
        except subprocess.TimeoutExpired:
            how = "closed its connection"
        return LinkError(f"{self._title} {how}.", self.last_words())

    def last_words(self) -> str:
        """Return the last lines that the process wrote to stderr."""
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if line.strip())[-4000:] if lines else ""

    def close(self) -> None:
        """End the process, gently if it will."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        try:
            self.process.wait(_PATIENCE_S if self.process.stdin is not None else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._words.close()
