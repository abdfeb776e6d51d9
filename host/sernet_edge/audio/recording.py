"""What a corpus consists of, whatever the form it was found in."""

from dataclasses import dataclass
from pathlib import Path

# What `--part` takes; a recording's own `part` is one of the last two.
PARTS = ("all", "improvised", "scripted")


@dataclass(frozen=True)
class Recording:
    """One sound file; `name` is its path inside the corpus without the suffix.

    None stands for what the corpus does not say. `part` is `improvised` or `scripted` (IEMOCAP).
    """

    path: Path
    name: str
    label: str | None
    speaker: str | None
    session: str | None = None
    part: str | None = None


@dataclass(frozen=True)
class BadFile:
    """A file that cannot be used, by the name that its recording would have, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """Recordings that a corpus has beside those that are used, such as `songs`: no fault."""

    what: str
    count: int


@dataclass(frozen=True)
class Corpus:
    """The recordings of one folder, ordered by name, and the files that are none of them.

    `format` is the form in which they were found (a name in `formats.FORMATS`). `bad` files are
    not among the recordings; `screen` stops at them or leaves them out.
    """

    name: str
    recordings: tuple[Recording, ...]
    format: str
    bad: tuple[BadFile, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that occur, in alphabetical order."""
        return tuple(sorted({item.label for item in self.recordings if item.label is not None}))

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers that occur, numbers in numerical order, then names."""
        found = {item.speaker for item in self.recordings if item.speaker is not None}
        return tuple(sorted(found, key=_natural))


def _natural(speaker: str) -> tuple[int, int, str]:
    return (0, int(speaker), speaker) if speaker.isdecimal() else (1, 0, speaker)
