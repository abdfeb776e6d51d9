"""The clips of a command: synthetic ones, or a folder's recordings, read as they are needed."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet_cal.errors import InputError
from sernet_edge.audio.clips import Clips
from sernet_edge.audio.synthetic import synthetic_clips


def write_wav(path: Path, rate_hz: int = 16_000) -> None:
    samples = np.arange(-1000, 1000, dtype=np.int16)
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")


def test_without_data_they_are_the_synthetic_ones() -> None:
    assert [clip.name for clip in Clips(None)] == [clip.name for clip in synthetic_clips()]
    assert len(Clips(None, limit=3)) == len(list(Clips(None, limit=3))) == 3


@pytest.mark.parametrize("prefix", ["", "mine="])
def test_a_folder_may_carry_a_name(tmp_path: Path, prefix: str) -> None:
    for name in ("b", "a", "c"):
        write_wav(tmp_path / f"{name}.wav")
    clips = Clips(f"{prefix}{tmp_path}", limit=2)
    assert [clip.name for clip in clips] == ["a", "b"]
    assert len(clips) == 2


def test_a_bad_recording_is_named_when_it_is_reached(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav")
    write_wav(tmp_path / "b.wav", rate_hz=1_000)
    reader = iter(Clips(str(tmp_path)))
    assert next(reader).name == "a"
    with pytest.raises(InputError, match=r"b\.wav"):
        next(reader)


def test_files_that_the_corpus_cannot_place_are_named(tmp_path: Path) -> None:
    for name in ("03a01Fa", "16b10Wb", "hum"):
        write_wav(tmp_path / f"{name}.wav")
    with pytest.raises(InputError) as caught:
        Clips(f"mine={tmp_path}")
    assert str(caught.value) == (
        "1 of 3 files of mine cannot be used:\n"
        "    hum is no name of EMO-DB, such as 03a01Fa\n"
        "  Mend them, or take them out of the corpus; see:  sernet-edge data DIR"
    )
