"""Keeps what was computed from a clip, found again by the clip's samples and the settings."""

import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import platformdirs

from sernet_cal.errors import InputError
from sernet_edge.audio.load import Samples

Arrays = dict[str, npt.NDArray[Any]]
VARIABLE = "SERNET_CACHE"
_DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


def default_cache() -> Path | None:
    """Return the folder named by SERNET_CACHE (None if it is empty), else the user's cache."""
    named = os.environ.get(VARIABLE)
    if named is None:
        return Path(platformdirs.user_cache_dir("sernet-edge", appauthor=False))
    return Path(named) if named else None


class FeatureCache:
    """Named arrays per clip, one .npz file each, in `folder`; None keeps nothing.

    Several processes may share a folder: files appear whole or not at all.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, samples: Samples, settings: str, make: Callable[[], Arrays]) -> Arrays:
        """Return what `make` returns for `samples`, int16 [n], from the cache where it is there.

        `settings` is the text of all that `make` depends on beside the samples, with a version of
        its code. A damaged file is made anew. Raises InputError when the folder cannot be written.
        """
        if self._folder is None:
            return make()
        path = self._path(self._folder, samples, settings)
        found = _read(path)
        if found is not None:
            return found
        made = make()
        self._write(path, made)
        return made

    def _path(self, folder: Path, samples: Samples, settings: str) -> Path:
        # The digest of the settings has a fixed length, so that no two keys run into each other.
        key = hashlib.sha256(hashlib.sha256(settings.encode()).digest())
        key.update(np.ascontiguousarray(samples, dtype="<i2").tobytes())
        digest = key.hexdigest()
        return folder / digest[:2] / f"{digest}.npz"

    def _write(self, path: Path, arrays: Arrays) -> None:
        content = io.BytesIO()
        named: dict[str, Any] = dict(arrays)
        np.savez(content, **named)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent) as room:
                part = Path(room) / path.name
                part.write_bytes(content.getvalue())
                part.replace(path)
        except OSError as error:
            raise InputError(
                f"The feature cache {self._folder} cannot be written: {error.strerror or error}.",
                f"Name another folder, or none to do without:  {VARIABLE}=DIR  or  {VARIABLE}=",
            ) from error


def _read(path: Path) -> Arrays | None:
    """Return the arrays in `path`, None where there are none or not all can be read."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except _DAMAGED:
        return None
