"""A list of files in CSV: labels.csv in the folder, or any CSV file that is named itself."""

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.audio.formats.form import Found, gather
from sernet_edge.audio.recording import BadFile, Recording

LABELS_NAME = "labels.csv"
SUFFIX = ".csv"
FILE, SPEAKER = "file", "speaker"
# The first of these that the list has is the label.
LABELS = ("emotion", "label")
# Spreadsheets write the second where the comma is the decimal sign.
SEPARATORS = (",", ";", "\t")

_NOT_THERE = "is listed, and there is no file"


@dataclass(frozen=True)
class _Table:
    """The list's path, the columns to read by their names in the list, and its lines by number."""

    path: Path
    columns: tuple[str, ...]
    lines: tuple[tuple[int, dict[str, str]], ...]


def find(folder: Path, part: str) -> Found | None:
    """Return what labels.csv in `folder` lists, or `folder` itself where it is a CSV file.

    The columns are file (a path as seen from the list's folder), emotion or label, and, if the
    list has it, speaker; more are ignored. A file that is not there, or that lacks a value, is
    bad. Raises InputError for a list that is unusable as a whole.
    """
    path = folder / LABELS_NAME if folder.is_dir() else folder
    if not path.is_file():
        return None
    table = _read(path)
    found = gather(_judge(table, number, line) for number, line in table.lines)
    if not found.recordings and all(item.reason.startswith(_NOT_THERE) for item in found.bad):
        raise InputError(
            f"{path} lists {len(found.bad)} files and none of them is there; "
            f"the first is {found.bad[0].name}.",
            "Fetch the corpus again, or write the files as seen from the list's folder.",
        )
    return found


def _read(path: Path) -> _Table:
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        separator = max(SEPARATORS, key=first.count)
        reader = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True
        )
        names = [_column(name) for name in reader.fieldnames or []]
        lines = tuple((reader.line_num, _stripped(row)) for row in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not readable as CSV: {error}.") from error
    columns = _columns(path, names)
    if not lines:
        raise InputError(f"{path} lists no recordings: there is nothing below its first line.")
    return _Table(path, columns, lines)


def _stripped(row: dict[str | Any, str | Any]) -> dict[str, str]:
    """Return the values by column; values beyond the last column belong to none."""
    return {_column(name): (value or "").strip() for name, value in row.items() if name is not None}


def _column(name: str) -> str:
    return name.strip().lower()


def _columns(path: Path, names: list[str]) -> tuple[str, ...]:
    """Return the names of the file, label and, if there is one, speaker columns."""
    label = next((name for name in LABELS if name in names), None)
    lacking = [] if FILE in names else [FILE]
    if label is None:
        lacking.append(" or ".join(LABELS))
    if label is None or lacking:
        raise InputError(
            f"{path} lacks the column(s) {', '.join(lacking)}; it has "
            f"{', '.join(names) or 'none'}.",
            f"Its first line must name {FILE} and {' or '.join(LABELS)}, and may name {SPEAKER} "
            "(more are ignored).",
        )
    return (FILE, label, SPEAKER) if SPEAKER in names else (FILE, label)


def _judge(table: _Table, number: int, line: dict[str, str]) -> Recording | BadFile:
    file, label, *speaker = (line[column] for column in table.columns)
    relative = Path(file)
    if relative.is_absolute() or (file and not relative.name):
        raise InputError(
            f"{table.path}, line {number}: {file} is not a path inside the corpus.",
            f"Write it as seen from the folder of {table.path.name}, for example audio/a.wav.",
        )
    name = relative.with_suffix("").as_posix() if file else f"line {number} of {table.path.name}"
    lacking = [column for column in table.columns if not line[column]]
    if lacking:
        return BadFile(name, f"has no {' and no '.join(lacking)} (line {number})")
    # Unlike Path.is_file, this is False for names that no file can have, such as endless ones.
    if not os.path.isfile(table.path.parent / relative):
        return BadFile(name, f"{_NOT_THERE} {file}")
    return Recording(table.path.parent / relative, name, label, speaker[0] if speaker else None)
