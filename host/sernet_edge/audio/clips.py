"""The clips that a command works on: a folder's recordings, or the synthetic ones."""

from collections.abc import Iterable, Iterator

import numpy as np

from sernet_edge.audio.corpus import load_named_corpus
from sernet_edge.audio.load import read_samples
from sernet_edge.audio.recording import Recording
from sernet_edge.audio.screen import refuse_bad
from sernet_edge.audio.synthetic import Clip, synthetic_clips


class Clips:
    """The first `limit` clips of a `--data` option (`NAME=DIR` or `DIR`), or synthetic ones.

    Recordings are read one by one, so that a corpus need not fit the memory. Raises InputError
    for files that the corpus cannot place; reading raises it for a sound that cannot be used.
    """

    def __init__(self, data: str | None, limit: int | None = None) -> None:
        self._synthetic = synthetic_clips()[:limit] if data is None else []
        self._recordings = _recordings(data)[:limit] if data is not None else ()

    def __len__(self) -> int:
        return len(self._synthetic) + len(self._recordings)

    def __iter__(self) -> Iterator[Clip]:
        yield from self._synthetic
        for recording in self._recordings:
            yield Clip(recording.name, read_samples(recording.path))


def whole_clip(clips: Iterable[Clip], model_samples: int) -> Clip:
    """Return the first of the longest clips as `model_samples` samples, cut or repeated.

    So what it costs can be compared.
    """
    longest = max(clips, key=lambda clip: min(len(clip.samples), model_samples))
    return Clip(longest.name, np.resize(longest.samples, model_samples))


def _recordings(data: str) -> tuple[Recording, ...]:
    corpus = load_named_corpus(data)
    refuse_bad(corpus)
    return corpus.recordings
