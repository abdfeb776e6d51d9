"""Putting a finished folder in its place at once: an earlier build survives any failure."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sernet_cal.errors import InputError

# How often a swap is tried while other builds put their folders in the same place.
_TRIES = 20


@contextmanager
def staged_folder(target: Path, marker: str) -> Iterator[Path]:
    """Yield an empty folder beside `target` that takes its place when the block succeeds.

    `marker`: the file by which an earlier result is known; a folder without it is not replaced.
    Raises InputError when `target` is something else or its parent cannot be written.
    """
    target = target.absolute()
    _refuse_foreign(target, marker)
    stage = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        yield stage
        _swap(stage, target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}.", "Choose another folder:  --out DIR"
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _refuse_foreign(target: Path, marker: str) -> None:
    is_ours = (target / marker).is_file()
    is_free = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if not is_ours and not is_free:
        raise InputError(
            f"{target} is there already and is no build of ours (it has no {marker}).",
            "Choose another folder:  --out DIR",
        )


def _swap(stage: Path, target: Path) -> None:
    """Put `stage` in the place of `target`; of two builds at once, the later one stays."""
    previous = target.with_name(f".{target.name}.{os.getpid()}.old")
    for tries_left in reversed(range(_TRIES)):
        shutil.rmtree(previous, ignore_errors=True)
        with suppress(FileNotFoundError):
            target.replace(previous)
        try:
            stage.replace(target)
            break
        except OSError as error:
            # Another build may have put its folder there in the meantime.
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and tries_left:
                continue
            if previous.exists() and not target.exists():
                previous.replace(target)
            raise
    shutil.rmtree(previous, ignore_errors=True)
