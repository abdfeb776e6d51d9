"""The folds of a protocol: what trains and what is tested, decided by corpus and seed alone."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from sernet_cal.errors import InputError, require_extra
from sernet_edge.audio.corpus import Corpus, Recording

Protocol = Literal["loso", "paper"]
PAPER_FOLDS = 10

# Safe as a folder's name everywhere; others are named by their place in the order.
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,40}")


@dataclass(frozen=True)
class Fold:
    """One training and its test; `name` is unique among the folds and safe as a folder's name."""

    name: str
    training: tuple[Recording, ...]
    test: tuple[Recording, ...]

    @property
    def speakers(self) -> list[str]:
        """The speakers tested, in the order of the recordings."""
        return list(dict.fromkeys(item.speaker for item in self.test if item.speaker is not None))


def make_folds(
    corpus: Corpus, protocol: Protocol, seed: int, group_speakers: int | None = None
) -> list[Fold]:
    """Return the folds of `protocol`; every recording is tested in exactly one of them.

    `loso` leaves one speaker out, or one of `group_speakers` groups of speakers; `paper` shuffles
    all recordings by `seed` into ten folds with the same share of every class, so that speakers
    are in both parts. Raises InputError for a corpus that cannot be divided like that.
    """
    match protocol:
        case "loso":
            return _leave_speakers_out(corpus, group_speakers)
        case "paper":
            return _shuffled(corpus, seed)
        case _:
            assert_never(protocol)


def _leave_speakers_out(corpus: Corpus, group_speakers: int | None) -> list[Fold]:
    _check_speakers(corpus)
    if group_speakers is None:
        names = _folder_names(corpus.speakers)
        chosen = [(name, {speaker}) for name, speaker in zip(names, corpus.speakers, strict=True)]
    else:
        chosen = _groups(corpus, group_speakers)
    return [_fold(corpus, name, speakers) for name, speakers in chosen]


def _fold(corpus: Corpus, name: str, speakers: set[str]) -> Fold:
    rest = tuple(item for item in corpus.recordings if item.speaker not in speakers)
    return Fold(name, rest, tuple(item for item in corpus.recordings if item.speaker in speakers))


def _groups(corpus: Corpus, count: int) -> list[tuple[str, set[str]]]:
    """Return `count` groups of speakers with about the same number of recordings."""
    if not 2 <= count <= len(corpus.speakers):
        raise InputError(
            f"The {len(corpus.speakers)} speakers of {corpus.name} cannot be divided into {count} "
            "groups.",
            f"2 to {len(corpus.speakers)} can be asked for:  --group-speakers N",
        )
    try:
        from sklearn.model_selection import GroupKFold
    except ImportError as error:
        raise require_extra("scikit-learn", "train", "make groups of speakers") from error
    owners = [str(item.speaker) for item in corpus.recordings]
    parts = GroupKFold(count).split(owners, groups=owners)
    return [
        (f"group{number:02}", {owners[index] for index in test})
        for number, (_, test) in enumerate(parts, start=1)
    ]


def _shuffled(corpus: Corpus, seed: int) -> list[Fold]:
    counts = Counter(str(item.label) for item in corpus.recordings)
    label, fewest = min(counts.items(), key=lambda pair: (pair[1], pair[0]))
    if fewest < PAPER_FOLDS:
        raise InputError(
            f"The protocol paper needs {PAPER_FOLDS} recordings of every class, one a fold; "
            f"{corpus.name} has {fewest} of {label}.",
            "Leave speakers out instead:  --protocol loso",
        )
    try:
        from sklearn.model_selection import StratifiedKFold
    except ImportError as error:
        raise require_extra("scikit-learn", "train", "make stratified folds") from error
    labels = [str(item.label) for item in corpus.recordings]
    parts = StratifiedKFold(PAPER_FOLDS, shuffle=True, random_state=seed).split(labels, labels)
    return [
        Fold(f"fold{number:02}", _picked(corpus, training), _picked(corpus, test))
        for number, (training, test) in enumerate(parts, start=1)
    ]


def _picked(corpus: Corpus, indices: Sequence[int]) -> tuple[Recording, ...]:
    return tuple(corpus.recordings[index] for index in indices)


def _check_speakers(corpus: Corpus) -> None:
    unnamed = [item for item in corpus.recordings if item.speaker is None]
    if unnamed:
        raise InputError(
            f"{len(unnamed)} of {len(corpus.recordings)} recordings of {corpus.name} name no "
            f"speaker; the first is {unnamed[0].name}. Speakers cannot be left out.",
            "Add a labels.csv with the columns file, emotion and speaker.",
        )
    if len(corpus.speakers) < 2:
        raise InputError(
            f"The corpus {corpus.name} has one speaker only, {corpus.speakers[0]}; "
            "at least 2 are needed to leave one out."
        )


def _folder_names(speakers: Sequence[str]) -> list[str]:
    plain = all(_PLAIN.fullmatch(speaker) for speaker in speakers)
    if plain and len({speaker.lower() for speaker in speakers}) == len(speakers):
        return list(speakers)
    return [f"speaker{number:02}" for number in range(1, len(speakers) + 1)]
