"""The folder of a cross-validation: `run.json`, and below `folds/` one bundle a fold.

RUN/run.json                        settings, the table of folds, the figures
RUN/folds/seed1-03/                 the bundle of the fold named 03 with seed 1
RUN/folds/seed1-03/answers.npz      what its two models answered to the test recordings
RUN/folds/seed1-03/fold.json        which recordings, which result, and the hashes of the files
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError, require_extra

RUN_NAME = "run.json"
LOCK_NAME = ".lock"
FOLD_NAME = "fold.json"
ANSWERS_NAME = "answers.npz"
RUN_FORMAT = 1


@dataclass(frozen=True)
class RunFold:
    """One fold of a run: its bundle's folder, and the names of the recordings it is tested on."""

    name: str
    seed: int
    folder: Path
    test: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A cross-validation as its folder keeps it; `content` is run.json, `folds` those it lists."""

    path: Path
    content: dict[str, Any]
    folds: tuple[RunFold, ...]


def fold_folder(run: Path, seed: int, name: str) -> Path:
    """Return the folder of the fold `name` with `seed`."""
    return run / "folds" / f"seed{seed}-{name}"


def seal_fold(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Write fold.json, `record` with the hashes of the folder's files, and return that."""
    names = sorted(path.name for path in folder.iterdir() if path.name != FOLD_NAME)
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    sealed = {**record, "sha256": hashes}
    write_json(folder / FOLD_NAME, sealed)
    return sealed


def stored_fold(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return fold.json of `folder` if it has `fingerprint` and all files are as it was written."""
    try:
        record = json.loads((folder / FOLD_NAME).read_text(encoding="utf-8"))
        if record["fingerprint"] != fingerprint:
            return None
        for name, expected in record["sha256"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return dict(record)


def read_run(path: Path) -> Run:
    """Return the run in the folder `path` (or the one that `path`, its run.json, lies in).

    Raises InputError when there is none, or when run.json or a listed fold is damaged.
    """
    folder = path.parent if path.name == RUN_NAME else path
    content = read_run_json(folder)
    if content is None:
        raise InputError(
            f"There is no cross-validation in {folder}: it has no {RUN_NAME}.",
            "Make one:  sernet-edge train --data emodb=DIR --protocol loso --out RUN",
        )
    return Run(folder, content, tuple(_listed(folder, entry) for entry in content["folds"]))


def read_run_json(folder: Path) -> dict[str, Any] | None:
    """Return run.json of `folder`, None where there is none.

    Raises InputError when it is damaged, or of another version.
    """
    path = folder / RUN_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not readable: {error}.", _ANEW) from error
    seen = content.get("format") if isinstance(content, dict) else type(content).__name__
    if seen != RUN_FORMAT:
        raise InputError(
            f"{path} has format {seen}; this version reads format {RUN_FORMAT}.", _ANEW
        )
    return dict(content)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` to `path`, atomically."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep `folder` to this command until the context ends.

    Raises InputError while another command works in it, SernetError where filelock is not
    installed.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise require_extra("filelock", "train", "keep a run to one command") from error
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise InputError(
            f"Another command is working on the run in {folder}.",
            "Wait until it ends, or write another run:  --out DIR",
        ) from error
    try:
        yield
    finally:
        lock.release()


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path`: whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


_ANEW = "Run the cross-validation anew, into another folder:  --out DIR"


def _listed(run: Path, entry: dict[str, Any]) -> RunFold:
    folder = fold_folder(run, entry["seed"], entry["name"])
    try:
        record = json.loads((folder / FOLD_NAME).read_text(encoding="utf-8"))
        test = tuple(str(name) for name in record["test"])
    except OSError as error:
        raise _unreadable(folder, str(error.strerror)) from error
    except KeyError as error:
        raise _unreadable(folder, f"it lacks {error}") from error
    except (ValueError, TypeError) as error:
        raise _unreadable(folder, str(error)) from error
    return RunFold(str(entry["name"]), int(entry["seed"]), folder, test)


def _unreadable(folder: Path, reason: str) -> InputError:
    return InputError(
        f"The fold {folder} is not readable: {reason}.",
        "Run the command again that made it; it goes on with what is missing.",
    )
