"""Which recordings train and calibrate, and which are held out, by speaker."""

from collections.abc import Sequence
from dataclasses import dataclass

from sernet_cal.errors import InputError
from sernet_cal.features import FRAME_LENGTH, SAMPLE_RATE_HZ, clip_samples
from sernet_edge.audio.corpus import Corpus, Recording

LONGEST_CLIP_S = 60.0


@dataclass(frozen=True)
class Split:
    """The recordings of one corpus in two parts with no speaker in both."""

    training: tuple[Recording, ...]
    held_out: tuple[Recording, ...]

    @property
    def training_speakers(self) -> list[str]:
        """The speakers of the training part, in the order of the recordings."""
        return _speakers(self.training)

    @property
    def held_out_speakers(self) -> list[str]:
        """The speakers held out, in the order of the recordings."""
        return _speakers(self.held_out)


def speaker_list(options: Sequence[str]) -> tuple[str, ...]:
    """Return the speakers of repeated and comma-separated `--held-out` options, each once."""
    names = [name.strip() for option in options for name in option.split(",")]
    return tuple(dict.fromkeys(name for name in names if name))


def split_by_speaker(corpus: Corpus, held_out: Sequence[str]) -> Split:
    """Return the recordings of `held_out` apart from all others; 03 means 3 and the reverse.

    Raises InputError for speakers that the corpus does not have.
    """
    if held_out and not corpus.speakers:
        raise InputError(
            f"No speaker of {corpus.name} can be held out: it does not say who speaks.",
            "Add a labels.csv with the columns file, emotion and speaker.",
        )
    own = {_plain(speaker): speaker for speaker in corpus.speakers}
    unknown = [name for name in held_out if _plain(name) not in own]
    if unknown:
        raise InputError(
            f"The corpus {corpus.name} has no speaker {', '.join(unknown)}; it has "
            f"{', '.join(corpus.speakers)}.",
            "Name its own speakers:  --held-out SPEAKER",
        )
    chosen = {own[_plain(name)] for name in held_out}
    apart = tuple(item for item in corpus.recordings if item.speaker in chosen)
    rest = tuple(item for item in corpus.recordings if item.speaker not in chosen)
    return Split(rest, apart)


def check_labels(corpus: Corpus) -> None:
    """Raise InputError unless every recording has a label and there are two classes or more."""
    unlabelled = [item for item in corpus.recordings if item.label is None]
    if unlabelled:
        raise InputError(
            f"{len(unlabelled)} of {len(corpus.recordings)} recordings of {corpus.name} have no "
            f"label; the first is {unlabelled[0].name}.",
            "Add a labels.csv (file, emotion, speaker if known), or make one folder per class.",
        )
    if len(corpus.classes) < 2:
        raise InputError(
            f"The corpus {corpus.name} has one class only, {corpus.classes[0]}; "
            "at least 2 are needed."
        )


def check_clip_seconds(clip_seconds: float) -> None:
    """Raise InputError for a clip length without a whole frame, or beyond 60 s."""
    shortest = FRAME_LENGTH / SAMPLE_RATE_HZ
    if not shortest <= clip_seconds <= LONGEST_CLIP_S or clip_samples(clip_seconds) < FRAME_LENGTH:
        raise InputError(
            f"A clip length of {clip_seconds:g} s cannot be used; "
            f"{shortest:g} to {LONGEST_CLIP_S:g} s can.",
            "The published lengths are:  --clip-seconds 3  and  --clip-seconds 7",
        )


def _speakers(recordings: Sequence[Recording]) -> list[str]:
    return list(dict.fromkeys(item.speaker for item in recordings if item.speaker is not None))


def _plain(speaker: str) -> str:
    """Return a speaker's number without leading zeros, another name as it is."""
    return str(int(speaker)) if speaker.isdecimal() else speaker
