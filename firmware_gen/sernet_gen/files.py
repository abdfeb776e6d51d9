"""The files of a project as bytes by path: copied trees, and the id that names their content."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from sernet_cal.errors import SernetError


def copied_tree(folder: Path, prefix: str, pattern: str = "*.[ch]") -> dict[str, bytes]:
    """Return the files of `folder` that match `pattern`, by their path below `prefix`.

    Raises SernetError when there are none.
    """
    files = {
        f"{prefix}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob(pattern)
        if path.is_file()
    }
    if not files:
        raise SernetError(
            f"The installation is damaged: there is no C code in {folder}.",
            "Install again:  pip install --force-reinstall sernet-edge",
        )
    return files


def content_id(files: Mapping[str, bytes], words: Iterable[str]) -> str:
    """Return the SHA-256 over the sorted hashes of all `files`, and `words` (flags, versions)."""
    lines = [f"{path} {sha256(content)}" for path, content in sorted(files.items())]
    return sha256("\n".join([*lines, *words]).encode())


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
