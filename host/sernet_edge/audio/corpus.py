"""Finds the recordings of a corpus, their labels and speakers, in a fixed order."""

import os
from collections import defaultdict
from pathlib import Path

from sernet_cal.errors import InputError
from sernet_edge.audio.formats import FORMATS
from sernet_edge.audio.formats.form import Format, Found
from sernet_edge.audio.formats.listing import LABELS_NAME
from sernet_edge.audio.formats.listing import SUFFIX as LIST_SUFFIX
from sernet_edge.audio.recording import PARTS, BadFile, Corpus, LeftOut, Recording

__all__ = ["BadFile", "Corpus", "LeftOut", "Recording", "load_corpus", "load_named_corpus"]

_GIVE_A_FOLDER = "Give a folder of WAV or FLAC files:  --data emodb=DIR"


def load_corpus(folder: Path, name: str = "", part: str = "all") -> Corpus:
    """Return the corpus in `folder`, or listed in the CSV file `folder`.

    `name` is what it is called (left out: as the folder or the list), `part` which part of it is
    wanted, one of `PARTS`. The formats are tried in the order of `formats.FORMATS`. Files that the
    format cannot place, and names that occur twice, are in the corpus' `bad`; the sound in the
    files is not looked at. Raises InputError for a folder that is missing or has no recordings,
    for a part that the corpus does not have, and for a corpus that is unusable as a whole.
    """
    if not folder.is_dir() and not (folder.is_file() and folder.suffix.lower() == LIST_SUFFIX):
        raise InputError(
            f"There is no folder of recordings at {folder}, nor a list of them in CSV.",
            _GIVE_A_FOLDER,
        )
    form, found = _detect(folder, part)
    _check_part(folder, form, part)
    if not found.recordings and not found.bad:
        raise _nothing(folder, found, part)
    recordings, doubled = _once_each(found.recordings)
    own_name = folder.resolve().name if folder.is_dir() else folder.stem
    return Corpus(
        name=name or own_name,
        recordings=recordings,
        format=form.name,
        bad=tuple(sorted([*found.bad, *doubled], key=lambda item: (item.name, item.reason))),
        left_out=found.left_out,
    )


def load_named_corpus(option: str, part: str = "all") -> Corpus:
    """Return the corpus of a `--data` option, `NAME=DIR` or `DIR`; DIR may be a list, FILE.csv."""
    name, separator, folder = option.partition("=")
    if not separator:
        return load_corpus(Path(option), part=part)
    if not name or not folder:
        raise InputError(
            f"--data {option} names no corpus or no folder.", "Write it as:  --data emodb=DIR"
        )
    # After `NAME=` many shells leave ~ as it is.
    return load_corpus(Path(os.path.expanduser(folder)), name, part)


def _detect(folder: Path, part: str) -> tuple[Format, Found]:
    """Return the first format that knows `folder`, and what it found there."""
    for form in FORMATS:
        found = form.find(folder, part)
        if found is not None:
            return form, found
    raise AssertionError("the last format takes every folder")


def _check_part(folder: Path, form: Format, part: str) -> None:
    if part not in PARTS:
        raise InputError(f"A corpus has no part {part}; it has {', '.join(PARTS)}.")
    if part != "all" and not form.has_parts:
        raise InputError(
            f"{folder} has no {part} part: its format is {form.name}, and only IEMOCAP has parts.",
            "Leave --part out.",
        )


def _nothing(folder: Path, found: Found, part: str) -> InputError:
    """Return the error for a folder without a recording; what it has instead is said."""
    if found.left_out:
        others = ", ".join(f"{item.what} ({item.count})" for item in found.left_out)
        return InputError(f"{folder} has no recording of the kind that is used, only: {others}.")
    if part != "all":
        return InputError(f"{folder} has no recording in its {part} part.", "Leave --part out.")
    lists = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == LIST_SUFFIX)
    hint = f"\nOr name its list:  --data {folder / lists[0]}" if lists else ""
    return InputError(
        f"{folder} holds no recordings: neither {LABELS_NAME} nor WAV or FLAC files, "
        "there or one folder below.",
        _GIVE_A_FOLDER + hint,
    )


def _once_each(found: tuple[Recording, ...]) -> tuple[tuple[Recording, ...], list[BadFile]]:
    """Return the recordings ordered by name, and the names that occur more than once as bad."""
    by_name: dict[str, list[Recording]] = defaultdict(list)
    for recording in found:
        by_name[recording.name].append(recording)
    once = [items[0] for _, items in sorted(by_name.items()) if len(items) == 1]
    doubled = [
        BadFile(name, f"occurs {len(items)} times, as {' and '.join(map(_said_of, items))}")
        for name, items in sorted(by_name.items())
        if len(items) > 1
    ]
    return tuple(once), doubled


def _said_of(recording: Recording) -> str:
    return f"{recording.path.name} ({recording.label or 'no label'})"
