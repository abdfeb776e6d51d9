"""EMO-DB as its authors give it: a folder `wav` of names such as 03a01Fa.

Source of the name's fields: Burkhardt et al., A Database of German Emotional Speech (2005), and
the corpus' own web page.
"""

import re
from pathlib import Path

from sernet_edge.audio.formats.form import Found, gather, mostly, name_in, sounds, sounds_below
from sernet_edge.audio.recording import BadFile, Recording

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
# Speaker, text, emotion, version.
_NAME = re.compile(r"([0-9]{2})([ab][0-9]{2})([WLEAFTN])([a-z])")


def find(folder: Path, part: str) -> Found | None:
    """Return the recordings of `folder` or of the folder `wav` in it, if most names are EMO-DB's.

    The others are bad: nobody knows who says what in them.
    """
    inner = folder / "wav"
    root = inner if inner.is_dir() else folder
    paths = sounds(root)
    if not mostly(paths, parse) or (root == folder and sounds_below(folder)):
        return None
    return gather(_judge(root, path) for path in paths)


def parse(stem: str) -> tuple[str, str] | None:
    """Return the label and the speaker (`3` for 03) of a name, None for no name of EMO-DB."""
    match = _NAME.fullmatch(stem)
    return (EMOTIONS[match[3]], str(int(match[1]))) if match else None


def _judge(root: Path, path: Path) -> Recording | BadFile:
    name, known = name_in(root, path), parse(path.stem)
    if known is None:
        return BadFile(name, "is no name of EMO-DB, such as 03a01Fa")
    label, speaker = known
    return Recording(path, name, label, speaker)
