"""Corpora made up for tests: trees of empty or short sound files in the forms that are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus, load_corpus


def touch(*paths: Path) -> None:
    """Make empty files, with the folders that they need."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def listed(folder: Path, text: str, name: str = "labels.csv") -> Path:
    """Write a list of files into `folder`; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def write_sound(path: Path, seed: int = 0, rate_hz: int = 16_000, channels: int = 1) -> Path:
    """Write a quarter of a second of noise, another one for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(-9000, 9000, (rate_hz // 4, channels))
    soundfile.write(path, values.astype(np.int16), rate_hz)
    return path


def refusal(folder: Path, part: str = "all") -> str:
    """Return the text of the InputError that loading `folder` raises."""
    with pytest.raises(InputError) as caught:
        load_corpus(folder, part=part)
    return str(caught.value)


def facts(corpus: Corpus) -> list[tuple[str, str | None, str | None]]:
    """Return name, label and speaker of every recording."""
    return [(item.name, item.label, item.speaker) for item in corpus.recordings]


def faults(corpus: Corpus) -> list[tuple[str, str]]:
    """Return name and reason of every bad file."""
    return [(item.name, item.reason) for item in corpus.bad]


def iemocap_line(utterance: str, code: str) -> str:
    """Return a line of an evaluation as IEMOCAP has it."""
    return f"[6.2901 - 8.2357]\t{utterance}\t{code}\t[2.5000, 2.5000, 2.5000]"


def make_iemocap(root: Path, utterances: dict[str, str]) -> Path:
    """Make a release of `utterances` (name: code of the emotion) with empty sound files.

    The evaluations have the head, the judges' lines and the blanks of the real ones; beside the
    files lie what a Mac leaves there.
    """
    dialogs: dict[str, list[str]] = {}
    for name in utterances:
        dialogs.setdefault(name.rpartition("_")[0], []).append(name)
    for dialog, names in dialogs.items():
        session = root / f"Session{int(dialog[3:5])}"
        wavs = session / "sentences" / "wav" / dialog
        touch(*(wavs / f"{name}.wav" for name in names), wavs / f"._{names[0]}.wav")
        lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
        for name in names:
            lines += [
                iemocap_line(name, utterances[name]),
                "C-E2:\tNeutral;\t()",
                "A-E3:\tval 3; act 2; dom  2;\t()",
                "",
            ]
        evaluations = session / "dialog" / "EmoEvaluation"
        touch(evaluations / f"._{dialog}.txt", evaluations / "Categorical" / f"{dialog}_e2_cat.txt")
        (evaluations / f"{dialog}.txt").write_text("\n".join(lines), encoding="utf-8")
    return root
