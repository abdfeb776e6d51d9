"""Reads every file of a corpus once, and stops at those that cannot be used or leaves them out."""

import hashlib
from dataclasses import dataclass, replace

from sernet_cal.errors import InputError
from sernet_edge.audio.load import SoundError, read_sound
from sernet_edge.audio.recording import BadFile, Corpus, Recording
from sernet_edge.progress import Show

# So many bad files are named in a message; the rest is a count.
NAMED_FILES = 20
SCREENING = "reading the recordings"


@dataclass(frozen=True)
class Heard:
    """What one usable file has: rate and channels as stored, and its length."""

    rate_hz: int
    channels: int
    seconds: float


@dataclass(frozen=True)
class Survey:
    """A corpus of usable recordings only, the others in its `bad`, and a Heard per recording."""

    corpus: Corpus
    heard: tuple[Heard, ...]


def screen(corpus: Corpus, skip_bad: bool, show: Show) -> Corpus:
    """Return `corpus` with usable recordings only; those left out are in its `bad`.

    Reads every file once. Raises InputError that lists the files that cannot be used, each with
    the reason; with `skip_bad` only when nothing else is left.
    """
    return judge(survey(corpus, show).corpus, skip_bad)


def judge(surveyed: Corpus, skip_bad: bool) -> Corpus:
    """Return a surveyed corpus, unless its bad files stop the run; raises as `screen` does."""
    if not skip_bad:
        refuse_bad(surveyed, "Mend them, or go on without them:  --skip-bad")
    if not surveyed.recordings:
        raise InputError(f"Nothing is left of {surveyed.name}: {_listing(surveyed)}")
    return surveyed


def refuse_bad(
    corpus: Corpus,
    hint: str = "Mend them, or take them out of the corpus; see:  sernet-edge data DIR",
) -> None:
    """Raise InputError that lists the bad files of `corpus`, if it has any."""
    if corpus.bad:
        raise InputError(_listing(corpus), hint)


def skipped(corpus: Corpus) -> str:
    """Return the sentence about the files that `screen` left out, empty if there are none."""
    if not corpus.bad:
        return ""
    return f"Left out by --skip-bad: {_listing(corpus)}"


def survey(corpus: Corpus, show: Show) -> Survey:
    """Return what every file of `corpus` holds, with one step of progress each.

    A recording whose samples are also those of another with another label or speaker is bad: one
    of the two is mislabelled, or would be trained on and tested on.
    """
    total = len(corpus.recordings)
    usable: list[tuple[Recording, Heard, bytes]] = []
    bad = list(corpus.bad)
    for done, recording in enumerate(corpus.recordings):
        show(SCREENING, done, total)
        try:
            sound = read_sound(recording.path)
        except SoundError as error:
            bad.append(BadFile(recording.name, error.reason))
            continue
        heard = Heard(sound.rate_hz, sound.channels, sound.seconds)
        usable.append((recording, heard, hashlib.sha256(sound.samples.tobytes()).digest()))
    show(SCREENING, total, total)
    disputed = _disputed([(recording, digest) for recording, _, digest in usable])
    bad += disputed
    names = {item.name for item in disputed}
    kept = [(recording, heard) for recording, heard, _ in usable if recording.name not in names]
    screened = replace(
        corpus,
        recordings=tuple(recording for recording, _ in kept),
        bad=tuple(sorted(bad, key=lambda item: item.name)),
    )
    return Survey(screened, tuple(heard for _, heard in kept))


def _disputed(read: list[tuple[Recording, bytes]]) -> list[BadFile]:
    first: dict[bytes, Recording] = {}
    bad: dict[str, BadFile] = {}
    for recording, digest in read:
        other = first.setdefault(digest, recording)
        if (recording.label, recording.speaker) != (other.label, other.speaker):
            bad[other.name] = _same_as(other, recording)
            bad[recording.name] = _same_as(recording, other)
    return list(bad.values())


def _same_as(recording: Recording, other: Recording) -> BadFile:
    return BadFile(
        recording.name,
        f"holds the same samples as {other.name}: {_said_of(recording)} here, "
        f"{_said_of(other)} there",
    )


def _said_of(recording: Recording) -> str:
    speaker = "" if recording.speaker is None else f" by speaker {recording.speaker}"
    return f"{recording.label or 'no label'}{speaker}"


def _listing(corpus: Corpus) -> str:
    total = len(corpus.bad) + len(corpus.recordings)
    lines = [f"{item.name} {item.reason}" for item in corpus.bad[:NAMED_FILES]]
    if len(corpus.bad) > NAMED_FILES:
        lines.append(f"and {len(corpus.bad) - NAMED_FILES} more")
    files = "file of" if total == 1 else "files of"
    head = f"{len(corpus.bad)} of {total} {files} {corpus.name} cannot be used:"
    return "\n    ".join([head, *lines])
