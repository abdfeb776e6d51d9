"""What the formats share: what they return, and how sound files and telling names are found."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from sernet_edge.audio.recording import BadFile, LeftOut, Recording

SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True)
class Found:
    """What a format found in a folder, in the order of the files or lines there."""

    recordings: tuple[Recording, ...]
    bad: tuple[BadFile, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Format:
    """One form of a corpus.

    `find` takes the folder and the part that is wanted (`all` where a format has no parts), and
    returns None for a folder of another form. It raises InputError for a folder that is of this
    form, and unusable as a whole.
    """

    name: str
    title: str
    find: Callable[[Path, str], Found | None]
    has_parts: bool = False


def gather(outcomes: Iterable[Recording | BadFile | LeftOut]) -> Found:
    """Return what became of every file, each kind by itself, with LeftOut of one kind summed."""
    recordings, bad, left_out = [], [], Counter[str]()
    for outcome in outcomes:
        match outcome:
            case Recording():
                recordings.append(outcome)
            case BadFile():
                bad.append(outcome)
            case LeftOut():
                left_out[outcome.what] += outcome.count
            case _:
                assert_never(outcome)
    others = tuple(LeftOut(what, count) for what, count in sorted(left_out.items()))
    return Found(tuple(recordings), tuple(bad), others)


def sounds(folder: Path) -> list[Path]:
    """Return the WAV and FLAC files right in `folder`, in order, without hidden ones.

    Archives packed on a Mac hold a `._NAME.wav` beside each file, which is no sound.
    """
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def sounds_below(folder: Path) -> list[Path]:
    """Return the sound files one folder below `folder`, in order, without hidden folders."""
    folders = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    return [path for inner in folders if not inner.name.startswith(".") for path in sounds(inner)]


def name_in(folder: Path, path: Path) -> str:
    """Return the name of the recording at `path` in the corpus at `folder`."""
    return path.relative_to(folder).with_suffix("").as_posix()


def mostly(paths: list[Path], is_ours: Callable[[str], object]) -> bool:
    """Return whether `is_ours` holds for the names, without suffix, of more than half of `paths`.

    One misnamed file must not turn a corpus into a folder without labels.
    """
    return 2 * sum(bool(is_ours(path.stem)) for path in paths) > len(paths)
