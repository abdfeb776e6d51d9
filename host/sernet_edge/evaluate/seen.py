"""Which speakers a model has heard in training: its figures on them prove nothing."""

from collections.abc import Iterable

from sernet_cal.bundle import Bundle
from sernet_edge.audio.corpus import Corpus, Recording


def seen_speakers(
    bundle: Bundle, corpus: Corpus, recordings: Iterable[Recording]
) -> tuple[str, ...]:
    """Return the speakers of `recordings`, out of `corpus`, that `bundle` was trained on.

    Speakers are known by their names, and names mean something within one corpus only: the card
    must name the same corpus, or one with the same labels and at least these speakers.
    """
    training = bundle.card.get("training")
    if not isinstance(training, dict) or not isinstance(training.get("speakers"), list):
        return ()
    trained = {_plain(str(name)) for name in training["speakers"]}
    same_name = str(training.get("corpus", "")).casefold() == corpus.name.casefold()
    same_labels = set(corpus.classes) == set(bundle.classes)
    alike = same_labels and trained <= {_plain(name) for name in corpus.speakers}
    if not (same_name or alike):
        return ()
    asked = {item.speaker for item in recordings}
    return tuple(name for name in corpus.speakers if name in asked and _plain(name) in trained)


def _plain(speaker: str) -> str:
    """Return a speaker's name as compared: EMO-DB's 03 is also written 3."""
    return speaker.lstrip("0") if speaker.isdecimal() else speaker
