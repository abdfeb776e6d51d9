"""What the microphone of an emulated board hears: a sound file, or phrases that are made up."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from sernet_cal.errors import InputError
from sernet_cal.features import SAMPLE_RATE_HZ
from sernet_edge.audio.load import read_samples
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.emulator.backend import playing_url
from sernet_gen.board import Board


@dataclass(frozen=True)
class Playing:
    """The URL of a board that hears something; `seconds` of it, None where nobody knows."""

    url: str
    seconds: float | None


@contextmanager
def playing(url: str, board: Board, play: Path | None, is_emulated: bool) -> Iterator[Playing]:
    """Yield where `board` is with its microphone hearing `play`, or phrases without a file.

    Where it is not emulated, or has no microphone, it is at `url`. Raises InputError for a `play`
    that nobody can hear, and SoundError for a file that cannot be used.
    """
    if play is not None and not is_emulated:
        raise InputError(
            "--play is for an emulated microphone; a real one hears the room.",
            "Leave it out, or add:  --emulate",
        )
    if not is_emulated or board.microphone is None:
        yield Playing(url, None)
    elif play is not None:
        yield Playing(playing_url(url, play), len(read_samples(play)) / SAMPLE_RATE_HZ)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "phrases.wav"
            spoken = [clip.samples for clip in synthetic_clips() if clip.name.startswith("phrase")]
            samples = np.concatenate(spoken)
            soundfile.write(path, samples, SAMPLE_RATE_HZ, subtype="PCM_16")
            yield Playing(playing_url(url, path), len(samples) / SAMPLE_RATE_HZ)
