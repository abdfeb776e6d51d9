"""IEMOCAP as its authors give it, with the four classes that are usual for it.

Source of the tree and of the lines: the corpus' own README, and Busso et al., IEMOCAP: Interactive
emotional dyadic motion capture database (2008). A line of EmoEvaluation is
`[6.2901 - 8.2357] TAB Ses01F_impro01_F000 TAB neu TAB [2.5000, 2.5000, 2.5000]`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sernet_cal.errors import InputError
from sernet_edge.audio.formats.form import Found, gather, name_in, sounds
from sernet_edge.audio.recording import BadFile, LeftOut, Recording

# Excited counts as happy, as in the literature; labels are named as in the other corpora.
EMOTIONS = {
    "ang": "anger",
    "hap": "happiness",
    "exc": "happiness",
    "neu": "neutral",
    "sad": "sadness",
}
LEFT_OUT = {
    "dis": "disgust",
    "fea": "fear",
    "fru": "frustration",
    "oth": "other emotions",
    "sur": "surprise",
    "xxx": "no agreement on the emotion",
}
RELEASE = "IEMOCAP_full_release"
WAVS = "Session*/sentences/wav/*"
EVALUATIONS = "Session*/dialog/EmoEvaluation"
_TURN = re.compile(r"\[[0-9.]+ - [0-9.]+\]\s+(\S+)\s+(\S+)\s+\[.*\]\s*")
# Session, dialog, speaker's letter: the letter before the dialog is that of the actor with markers.
_UTTERANCE = re.compile(r"(Ses[0-9]{2})[FM]_(impro|script)\w*_([FM])[A-Z0-9]+", re.ASCII)
_PARTS = {"impro": "improvised", "script": "scripted"}


@dataclass(frozen=True)
class Utterance:
    """What the name of an utterance says."""

    session: str
    speaker: str
    part: str


@dataclass(frozen=True)
class _Turn:
    """One line of an evaluation: the utterance's name, and the code of its emotion."""

    name: str
    code: str
    source: str


def find(folder: Path, part: str) -> Found | None:
    """Return the utterances of `part` in IEMOCAP_full_release, or in the folder around it.

    Emotions beyond the four classes are left out. Utterances without a line in EmoEvaluation or
    without a sound file, and lines that cannot be read, are bad.
    """
    root = next((place for place in (folder, folder / RELEASE) if _is_release(place)), None)
    if root is None:
        return None
    dialogs = [place for place in sorted(root.glob(WAVS)) if place.is_dir()]
    paths = {path.stem: path for dialog in dialogs for path in sounds(dialog)}
    turns, unreadable = _turns(root)
    _check_complete(root, paths, turns)
    listed = {turn.name for turn in turns}
    unlisted = [path for name, path in paths.items() if name not in listed and _is_in(name, part)]
    return gather(
        [
            *(_judge(root, turn, paths) for turn in turns if _is_in(turn.name, part)),
            *(BadFile(name_in(root, path), f"has no line in {EVALUATIONS}") for path in unlisted),
            *unreadable,
        ]
    )


def parse(name: str) -> Utterance | None:
    """Return what an utterance's name says, None for no name of IEMOCAP.

    The speaker is the session and the letter of the utterance: `Ses01M` for Ses01F_impro01_M003.
    """
    match = _UTTERANCE.fullmatch(name)
    return Utterance(match[1], match[1] + match[3], _PARTS[match[2]]) if match else None


def _is_in(name: str, part: str) -> bool:
    """Return whether the utterance belongs to `part`; one with a bad name belongs to each."""
    known = parse(name)
    return part == "all" or known is None or known.part == part


def _is_release(folder: Path) -> bool:
    return any(any(folder.glob(pattern)) for pattern in (WAVS, EVALUATIONS))


def _turns(root: Path) -> tuple[list[_Turn], list[BadFile]]:
    """Return the lines of all evaluations, and those that look like one and cannot be read."""
    turns, bad = [], []
    for file in sorted(root.glob(f"{EVALUATIONS}/[!.]*.txt")):
        source = file.relative_to(root).as_posix()
        text = file.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            match = _TURN.fullmatch(line)
            if match:
                turns.append(_Turn(match[1], match[2], source))
            elif line.startswith("["):
                bad.append(BadFile(source, f"has a line {number} that is no utterance: {line}"))
    return turns, bad


def _check_complete(root: Path, paths: dict[str, Path], turns: list[_Turn]) -> None:
    """Raise InputError for a release of which a whole half is missing."""
    for what, found in ((f"sound files in {WAVS}", paths), (f"labels in {EVALUATIONS}", turns)):
        if not found:
            raise InputError(
                f"{root} looks like IEMOCAP and has no {what}.",
                f"Unpack the release again, whole:  --data iemocap={RELEASE}",
            )


def _judge(root: Path, turn: _Turn, paths: dict[str, Path]) -> Recording | BadFile | LeftOut:
    path, known = paths.get(turn.name), parse(turn.name)
    if turn.code in LEFT_OUT:
        return LeftOut(LEFT_OUT[turn.code], 1)
    if path is None:
        return BadFile(turn.name, f"is listed in {turn.source}, and has no sound file")
    name = name_in(root, path)
    if known is None:
        return BadFile(name, "is no name of IEMOCAP, such as Ses01F_impro01_F000")
    if turn.code not in EMOTIONS:
        return BadFile(name, f"has the emotion {turn.code} in {turn.source}, unknown in IEMOCAP")
    label = EMOTIONS[turn.code]
    return Recording(path, name, label, known.speaker, known.session, known.part)
