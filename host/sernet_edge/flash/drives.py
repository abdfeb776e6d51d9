"""Where drives are mounted: on Linux from the kernel's list, elsewhere where they always are."""

import re
import string
import sys
from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_VOLUMES = Path("/Volumes")
# The kernel writes a blank, tab, newline or backslash in a path as three octal digits.
_OCTAL = re.compile(r"\\([0-7]{3})")


def mounted_folders() -> tuple[Path, ...]:
    """Return the folders where drives are mounted, sorted."""
    if sys.platform == "win32":
        letters = (Path(f"{letter}:/") for letter in string.ascii_uppercase)
        return tuple(letter for letter in letters if letter.exists())
    if _MOUNTS.is_file():
        return read_mounts(_MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"))
    return tuple(sorted(_VOLUMES.iterdir())) if _VOLUMES.is_dir() else ()


def read_mounts(text: str) -> tuple[Path, ...]:
    """Return the folders that a text in the form of /proc/mounts names, sorted."""
    fields = (line.split(" ") for line in text.splitlines())
    names = {_OCTAL.sub(lambda match: chr(int(match[1], 8)), f[1]) for f in fields if len(f) > 1}
    return tuple(sorted(Path(name) for name in names))
