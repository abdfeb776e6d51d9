"""Putting a finished folder in its place at once: an earlier build survives any failure."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sernet_cal.errors import InputError


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
    previous = target.with_name(f".{target.name}.{os.getpid()}.old")
    shutil.rmtree(previous, ignore_errors=True)
    if not target.exists():
        stage.replace(target)
        return
    target.replace(previous)
    try:
        stage.replace(target)
    except OSError:
        previous.replace(target)
        raise
    shutil.rmtree(previous, ignore_errors=True)
