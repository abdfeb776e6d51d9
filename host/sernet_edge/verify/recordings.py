"""Recordings of a board, kept as WAV files with labels: a corpus for training and evaluation."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from sernet_cal.errors import InputError
from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_edge.audio.formats.listing import FILE, LABELS, LABELS_NAME, SPEAKER

Samples = npt.NDArray[np.int16]

_HEAD = (FILE, LABELS[0], SPEAKER)
_NUMBER = re.compile(r"recording-(\d+)\.wav")


def save_recording(folder: Path, samples: Samples, label: str, speaker: str) -> Path:
    """Write `samples`, int16 [n], as the next recording-NNN.wav in `folder` and add it to the
    folder's labels.csv; returns the file.

    Raises InputError for a folder that cannot be written and a list that is not ours.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        listed = _listed(folder / LABELS_NAME)
        numbers = [int(match[1]) for path in folder.iterdir() if (match := _name(path))]
        path = folder / f"recording-{max(numbers, default=0) + 1:03d}.wav"
        soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="PCM_16")
        line = io.StringIO()
        writer = csv.writer(line, lineterminator="\n")
        if not listed:
            writer.writerow(_HEAD)
        writer.writerow((path.name, label, speaker))
        with (folder / LABELS_NAME).open("a", encoding="utf-8", newline="") as file:
            file.write(line.getvalue())
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(
            f"The recording cannot be kept in {folder}: {error}.",
            "Name a folder that may be written:  --record DIR",
        ) from error
    return path


def _name(path: Path) -> re.Match[str] | None:
    return _NUMBER.fullmatch(path.name)


def _listed(path: Path) -> bool:
    """Return whether there is a list already; raises InputError for one with other columns."""
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    head = text.partition("\n")[0].strip()
    if head != ",".join(_HEAD) or not text.endswith("\n"):
        raise InputError(
            f"{path} is no list of recordings of a board: its first line is {head[:80]!r}, not "
            f"{','.join(_HEAD)!r}, or its last one is not complete.",
            "Name another folder:  --record DIR",
        )
    return True
