"""Folders without a list: one folder per class, or sound files without labels."""

from pathlib import Path

from sernet_cal.errors import InputError
from sernet_edge.audio.formats.form import Found, name_in, sounds, sounds_below
from sernet_edge.audio.recording import Recording


def find_classes(folder: Path, part: str) -> Found | None:
    """Return the sound files of the folders below, labelled with the folder's name."""
    below = sounds_below(folder)
    if not below:
        return None
    flat = sounds(folder)
    if flat:
        raise InputError(
            f"{folder} holds {len(flat)} sound files beside sub-folders with {len(below)}: "
            "are there labels or not?",
            "Put all files into one folder per class, or all into one flat folder.",
        )
    return Found(
        tuple(Recording(path, name_in(folder, path), path.parent.name, None) for path in below)
    )


def find_flat(folder: Path, part: str) -> Found | None:
    """Return the sound files right in `folder`."""
    return Found(tuple(Recording(path, path.stem, None, None) for path in sounds(folder)))
