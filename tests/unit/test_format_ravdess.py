"""RAVDESS by its original names."""

from pathlib import Path

import pytest
from made_corpora import facts, faults, refusal, touch

from sernet_edge.audio.corpus import LeftOut, load_corpus
from sernet_edge.audio.formats.ravdess import Name, parse


@pytest.mark.parametrize(
    ("number", "label"),
    [
        (1, "neutral"),
        (2, "calm"),
        (3, "happiness"),
        (4, "sadness"),
        (5, "anger"),
        (6, "fear"),
        (7, "disgust"),
        (8, "surprise"),
    ],
)
def test_a_number_is_an_emotion(number: int, label: str) -> None:
    assert parse(f"03-01-0{number}-01-02-01-07") == Name(label, "7", "")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "03-01-06-01-02-01",
        "03-01-09-01-02-01-12",
        "03-01-06-01-02-01-25",
        "03-01-06-01-02-01-00",
        "3-1-6-1-2-1-12",
        "03-01-06-01-02-01-12-1",
    ],
)
def test_other_names_are_not_ravdess(name: str) -> None:
    assert parse(name) is None


def test_actors_have_folders(tmp_path: Path) -> None:
    touch(tmp_path / "Actor_12/03-01-06-01-02-01-12.wav")
    touch(tmp_path / "Actor_02/03-01-01-01-01-01-02.wav", tmp_path / "Actor_02/readme.txt")
    touch(tmp_path / "others/x.wav")
    assert facts(load_corpus(tmp_path)) == [
        ("Actor_02/03-01-01-01-01-01-02", "neutral", "2"),
        ("Actor_12/03-01-06-01-02-01-12", "fear", "12"),
    ]


def test_songs_and_video_are_left_out(tmp_path: Path) -> None:
    for name in ("03-01", "03-02", "01-01", "02-01", "01-02"):
        touch(tmp_path / f"Actor_07/{name}-06-01-02-01-07.wav")
    corpus = load_corpus(tmp_path)
    assert [item.name for item in corpus.recordings] == ["Actor_07/03-01-06-01-02-01-07"]
    assert corpus.left_out == (LeftOut("songs", 2), LeftOut("video", 2))
    assert corpus.bad == ()


def test_songs_alone_are_no_speech(tmp_path: Path) -> None:
    touch(tmp_path / "Actor_07/03-02-06-01-02-01-07.wav")
    assert refusal(tmp_path) == (
        f"{tmp_path} has no recording of the kind that is used, only: songs (1)."
    )


def test_misnamed_and_misplaced_files_are_bad(tmp_path: Path) -> None:
    for name in ("03-01-06-01-02-01-07", "03-01-06-01-02-02-07", "03-01-06-01-01-01-07"):
        touch(tmp_path / f"Actor_07/{name}.wav")
    touch(tmp_path / "Actor_07/copy.wav", tmp_path / "Actor_07/03-01-06-01-02-01-08.wav")
    corpus = load_corpus(tmp_path)
    assert len(corpus.recordings) == 3
    assert faults(corpus) == [
        ("Actor_07/03-01-06-01-02-01-08", "is of actor 8 by its name, and lies in Actor_07"),
        ("Actor_07/copy", "is no name of RAVDESS, such as 03-01-06-01-02-01-12"),
    ]
