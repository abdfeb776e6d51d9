"""EMO-DB by its original names."""

from pathlib import Path

import pytest
from made_corpora import facts, faults, touch

from sernet_edge.audio.corpus import load_corpus
from sernet_edge.audio.formats.emodb import parse


@pytest.mark.parametrize(
    ("letter", "label"),
    [
        ("W", "anger"),
        ("L", "boredom"),
        ("E", "disgust"),
        ("A", "fear"),
        ("F", "happiness"),
        ("T", "sadness"),
        ("N", "neutral"),
    ],
)
def test_a_letter_is_an_emotion(letter: str, label: str) -> None:
    assert parse(f"11b09{letter}d") == (label, "11")


@pytest.mark.parametrize(
    "name", ["", "03a01F", "3a01Fa", "03c01Fa", "03a01Xa", "03a01Faa", "03a01FA", "\u06603a01Fa"]
)
def test_other_names_are_not_emodbs(name: str) -> None:
    assert parse(name) is None


def test_the_download_and_its_wav_folder_are_the_same_corpus(tmp_path: Path) -> None:
    touch(*(tmp_path / "wav" / f"{name}.wav" for name in ("16b10Wb", "03a01Fa")))
    touch(tmp_path / "lablaut/03a01Fa.lablaut", tmp_path / "erkennung.txt")
    expected = [("03a01Fa", "happiness", "3"), ("16b10Wb", "anger", "16")]
    assert facts(load_corpus(tmp_path)) == facts(load_corpus(tmp_path / "wav")) == expected


def test_misnamed_files_are_bad(tmp_path: Path) -> None:
    touch(*(tmp_path / "wav" / f"{name}.wav" for name in ("03a01Fa", "03a01Xa", "16b10Wb")))
    corpus = load_corpus(tmp_path)
    assert len(corpus.recordings) == 2
    assert faults(corpus) == [("03a01Xa", "is no name of EMO-DB, such as 03a01Fa")]
