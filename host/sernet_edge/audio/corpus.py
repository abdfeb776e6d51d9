"""Finds the recordings of a corpus, their labels and speakers, in a fixed order."""

import csv
from collections import Counter
from pathlib import Path

from sernet_cal.errors import InputError
from sernet_edge.audio.recording import BadFile, Corpus, LeftOut, Recording

__all__ = ["BadFile", "Corpus", "LeftOut", "Recording", "load_corpus", "load_named_corpus"]

LABELS_NAME = "labels.csv"
COLUMNS = ("file", "emotion", "speaker")
SUFFIXES = (".wav", ".flac")


def load_corpus(folder: Path, name: str = "", part: str = "all") -> Corpus:
    """Return the corpus in `folder`, called `name` (left out: as the folder).

    Three shapes: a folder with `labels.csv` (columns file, emotion, speaker) has labels and
    speakers; sub-folders of sound files give their name as the label; a flat folder of sound files
    has no labels. Raises InputError for a folder that is missing, has no sound files, or whose
    labels.csv lacks columns or lists files that are not there.
    """
    if not folder.is_dir():
        raise InputError(
            f"There is no folder of recordings at {folder}.",
            "Give a folder of WAV or FLAC files:  --data emodb=DIR",
        )
    listing = folder / LABELS_NAME
    listed = listing.is_file()
    found = _from_labels(listing) if listed else _from_folders(folder)
    if not found:
        raise InputError(
            f"{folder} holds no recordings: neither {LABELS_NAME} nor WAV or FLAC files, "
            "there or one folder below.",
            "Give a folder of WAV or FLAC files:  --data emodb=DIR",
        )
    ordered = tuple(sorted(found, key=lambda item: item.name))
    return Corpus(name or folder.resolve().name, ordered, "csv" if listed else "folders")


def load_named_corpus(option: str, part: str = "all") -> Corpus:
    """Return the corpus of a `--data` option, `NAME=DIR` or `DIR`."""
    name, separator, folder = option.partition("=")
    if not separator:
        return load_corpus(Path(option), part=part)
    if not name or not folder:
        raise InputError(
            f"--data {option} names no corpus or no folder.", "Write it as:  --data emodb=DIR"
        )
    return load_corpus(Path(folder), name, part)


def _from_labels(listing: Path) -> list[Recording]:
    try:
        with listing.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            columns = reader.fieldnames or []
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{listing} is not readable as CSV: {error}.") from error
    lacking = [column for column in COLUMNS if column not in columns]
    if lacking:
        raise InputError(
            f"{listing} lacks the column(s) {', '.join(lacking)}; it has "
            f"{', '.join(columns) or 'none'}.",
            f"Its first line must name {', '.join(COLUMNS)} (more are ignored).",
        )
    if not rows:
        raise InputError(f"{listing} lists no recordings: there is nothing below its first line.")
    found = [_listed(listing, number, row) for number, row in enumerate(rows, start=2)]
    _check_listed(listing, found)
    return found


def _listed(listing: Path, number: int, row: dict[str, str | None]) -> Recording:
    values = {column: (row[column] or "").strip() for column in COLUMNS}
    empty = [column for column, value in values.items() if not value]
    if empty:
        raise InputError(f"{listing}, line {number}: no value for {', '.join(empty)}.")
    relative = Path(values["file"])
    if relative.is_absolute() or not relative.name:
        raise InputError(
            f"{listing}, line {number}: {values['file']} is not a path inside the corpus.",
            f"Write it as seen from the folder of {LABELS_NAME}, for example audio/a.wav.",
        )
    name = relative.with_suffix("").as_posix()
    return Recording(listing.parent / relative, name, values["emotion"], values["speaker"])


def _check_listed(listing: Path, found: list[Recording]) -> None:
    absent = [item for item in found if not item.path.is_file()]
    if absent:
        raise InputError(
            f"{listing} lists {len(absent)} of {len(found)} files that are not there; "
            f"the first is {absent[0].path.relative_to(listing.parent).as_posix()}.",
            "Fetch the corpus again, or take their lines out.",
        )
    name, times = Counter(item.name for item in found).most_common(1)[0]
    if times > 1:
        raise InputError(f"{listing} lists {name} {times} times; once is expected.")


def _from_folders(folder: Path) -> list[Recording]:
    flat = [Recording(path, path.stem, None, None) for path in _sounds(folder)]
    below = [
        Recording(path, f"{child.name}/{path.stem}", child.name, None)
        for child in sorted(folder.iterdir())
        if child.is_dir()
        for path in _sounds(child)
    ]
    if flat and below:
        raise InputError(
            f"{folder} holds {len(flat)} sound files beside sub-folders with {len(below)}: "
            "are there labels or not?",
            "Put all files into one folder per class, or all into one flat folder.",
        )
    return flat or below


def _sounds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
