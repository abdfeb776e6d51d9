"""What a corpus holds, in figures."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from sernet_edge.audio.recording import Corpus
from sernet_edge.audio.screen import Survey


@dataclass(frozen=True)
class Lengths:
    """Lengths of recordings in seconds; all zero where there is no recording."""

    total: float
    min: float
    median: float
    max: float


@dataclass(frozen=True)
class Description:
    """Counts of the usable recordings of a corpus by what they are; lengths of them all."""

    corpus: Corpus
    classes: dict[str, int]
    speakers: dict[str, int]
    sessions: dict[str, int]
    parts: dict[str, int]
    rates_hz: dict[int, int]
    channels: dict[int, int]
    lengths: Lengths

    def to_json(self) -> dict[str, Any]:
        """Return all as one object; lengths in seconds with 3 places."""
        corpus = self.corpus
        return {
            "name": corpus.name,
            "format": corpus.format,
            "recordings": len(corpus.recordings),
            "classes": self.classes,
            "speakers": self.speakers,
            "sessions": self.sessions,
            "parts": self.parts,
            "rates_hz": {str(rate): count for rate, count in self.rates_hz.items()},
            "channels": {str(number): count for number, count in self.channels.items()},
            "seconds": {name: round(value, 3) for name, value in vars(self.lengths).items()},
            "left_out": {item.what: item.count for item in corpus.left_out},
            "bad": [{"name": item.name, "reason": item.reason} for item in corpus.bad],
        }


def describe(survey: Survey) -> Description:
    """Return the figures of a surveyed corpus; its bad files are in none of the counts."""
    recordings = survey.corpus.recordings
    by_speaker = Counter(item.speaker for item in recordings)
    return Description(
        corpus=survey.corpus,
        classes=_counted(item.label for item in recordings),
        speakers={name: by_speaker[name] for name in survey.corpus.speakers},
        sessions=_counted(item.session for item in recordings),
        parts=_counted(item.part for item in recordings),
        rates_hz=_tally(item.rate_hz for item in survey.heard),
        channels=_tally(item.channels for item in survey.heard),
        lengths=_lengths([item.seconds for item in survey.heard]),
    )


def _counted(values: Iterable[str | None]) -> dict[str, int]:
    """Return how often each value occurs, in alphabetical order, without None."""
    return dict(sorted(Counter(value for value in values if value is not None).items()))


def _tally(values: Iterable[int]) -> dict[int, int]:
    return dict(sorted(Counter(values).items()))


def _lengths(seconds: list[float]) -> Lengths:
    if not seconds:
        return Lengths(0.0, 0.0, 0.0, 0.0)
    return Lengths(sum(seconds), min(seconds), median(seconds), max(seconds))
