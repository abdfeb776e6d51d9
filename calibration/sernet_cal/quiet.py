"""Keeps a library's chatter off stdout and stderr, that of its C++ parts included."""

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def quiet() -> Iterator[Path]:
    """Send everything that is written to stderr to a file, which is yielded; drop stdout's text.

    Warnings are ignored. The file is gone when the context ends.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "log"
        sys.stderr.flush()
        kept = os.dup(2)
        with path.open("wb") as log, contextlib.redirect_stdout(io.StringIO()):
            os.dup2(log.fileno(), 2)
            try:
                yield path
            finally:
                os.dup2(kept, 2)
                os.close(kept)
