"""RAVDESS as its authors give it: 24 folders Actor_NN of names such as 03-01-06-01-02-01-12.

Source of the name's fields: Livingstone & Russo, The Ryerson Audio-Visual Database of Emotional
Speech and Song (2018).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sernet_edge.audio.formats.form import Found, gather, mostly, name_in, sounds, sounds_below
from sernet_edge.audio.recording import BadFile, LeftOut, Recording

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
SOUND_ONLY = "03"
# Modality, channel, emotion, intensity, statement, repetition, actor.
_NAME = re.compile(r"(0[123])-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-([0-9]{2})")
_ACTOR_FOLDER = re.compile(r"Actor_[0-9]{2}")


@dataclass(frozen=True)
class Name:
    """What a name says; `left_out` is what else than speech it is, empty for speech."""

    label: str
    speaker: str
    left_out: str


def find(folder: Path, part: str) -> Found | None:
    """Return the speech in the folders Actor_NN, or in a flat folder if most names are RAVDESS'.

    Songs, and sound with video, are left out. Files with other names, or in another actor's
    folder, are bad.
    """
    paths = _sounds_of_actors(folder)
    if not paths:
        paths = [] if sounds_below(folder) else sounds(folder)
    if not mostly(paths, parse):
        return None
    return gather(_judge(folder, path) for path in paths)


def parse(stem: str) -> Name | None:
    """Return what a name says (speaker `3` for 03), None for no name of RAVDESS."""
    match = _NAME.fullmatch(stem)
    if not match or not 1 <= int(match[7]) <= 24:
        return None
    left_out = "songs" if match[2] == "02" else "" if match[1] == SOUND_ONLY else "video"
    return Name(EMOTIONS[match[3]], str(int(match[7])), left_out)


def _sounds_of_actors(folder: Path) -> list[Path]:
    actors = [path for path in sorted(folder.iterdir()) if _ACTOR_FOLDER.fullmatch(path.name)]
    return [path for actor in actors if actor.is_dir() for path in sounds(actor)]


def _judge(folder: Path, path: Path) -> Recording | BadFile | LeftOut:
    name, known = name_in(folder, path), parse(path.stem)
    if known is None:
        return BadFile(name, "is no name of RAVDESS, such as 03-01-06-01-02-01-12")
    actor = path.parent.name
    if _ACTOR_FOLDER.fullmatch(actor) and int(actor[-2:]) != int(known.speaker):
        return BadFile(name, f"is of actor {known.speaker} by its name, and lies in {actor}")
    if known.left_out:
        return LeftOut(known.left_out, 1)
    return Recording(path, name, known.label, known.speaker)
