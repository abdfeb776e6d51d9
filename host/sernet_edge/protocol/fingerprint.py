"""Hashes that say whether two trainings would have the same result."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus, Recording

# Raised when a change of this code changes what a fold finds from the same recordings and recipe.
RESULT_VERSION = 1


def corpus_digest(corpus: Corpus) -> str:
    """Return the SHA-256, in hex, of the corpus' recordings in the order of their names.

    Of every recording: its name, label and speaker, and the SHA-256 of its file. Neither the
    corpus' name nor its folder counts. Raises InputError for a file that cannot be read.
    """
    return recordings_digest(corpus.recordings)


def recordings_digest(recordings: Sequence[Recording]) -> str:
    """Return `corpus_digest` of `recordings`."""
    whole = hashlib.sha256()
    for item in sorted(recordings, key=lambda recording: recording.name):
        line = [item.name, item.label, item.speaker, _file_digest(item.path)]
        whole.update(json.dumps(line).encode() + b"\n")
    return whole.hexdigest()


def result_fingerprint(settings: dict[str, Any]) -> str:
    """Return the SHA-256, in hex, of `settings` (JSON values) and of this code's version."""
    text = json.dumps({"version": RESULT_VERSION, **settings}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"The recording {path} is not readable: {error.strerror}.",
            "Workers of a cluster need the corpus under the same path as here.",
        ) from error
