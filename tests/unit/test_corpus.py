"""Finding recordings, labels and speakers."""

import os
from pathlib import Path

import pytest

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Recording, load_corpus, load_named_corpus

REPOSITORY = Path(__file__).resolve().parents[2]
DATASETS = Path(os.environ.get("SERNET_DATASETS", REPOSITORY.parent / "shared" / "datasets"))


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def listed(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_corpus(folder)
    return str(caught.value)


def test_labels_file_gives_labels_and_speakers_in_order(tmp_path: Path) -> None:
    folder = listed(
        tmp_path / "made",
        "file,emotion,speaker,age\naudio/b.flac,anger,10,31\naudio/a.flac,fear,9,40\n",
    )
    touch(folder / "audio/a.flac", folder / "audio/b.flac", folder / "audio/unlisted.flac")
    corpus = load_corpus(folder)
    assert corpus.name == "made"
    assert corpus.recordings == (
        Recording(folder / "audio/a.flac", "audio/a", "fear", "9"),
        Recording(folder / "audio/b.flac", "audio/b", "anger", "10"),
    )
    assert corpus.classes == ("anger", "fear")
    assert corpus.speakers == ("9", "10")


def test_folders_of_classes_give_labels(tmp_path: Path) -> None:
    touch(tmp_path / "sad/2.wav", tmp_path / "happy/1.FLAC", tmp_path / "happy/notes.txt")
    corpus = load_corpus(tmp_path, "mine")
    assert corpus.name == "mine"
    assert [(item.name, item.label, item.speaker) for item in corpus.recordings] == [
        ("happy/1", "happy", None),
        ("sad/2", "sad", None),
    ]
    assert corpus.speakers == ()


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    touch(tmp_path / "b.wav", tmp_path / "a.wav")
    corpus = load_corpus(tmp_path)
    assert [(item.name, item.label) for item in corpus.recordings] == [("a", None), ("b", None)]
    assert corpus.classes == ()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == (
        f"There is no folder of recordings at {tmp_path / 'none'}.\n"
        "  Give a folder of WAV or FLAC files:  --data emodb=DIR"
    )


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"{tmp_path} holds no recordings: neither labels.csv nor WAV or FLAC files, "
        "there or one folder below.\n"
        "  Give a folder of WAV or FLAC files:  --data emodb=DIR"
    )


def test_missing_columns_are_named(tmp_path: Path) -> None:
    listed(tmp_path, "file,label\na.wav,x\n")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'labels.csv'} lacks the column(s) emotion, speaker; it has file, label.\n"
        "  Its first line must name file, emotion, speaker (more are ignored)."
    )


def test_a_labels_file_without_a_line_has_no_columns(tmp_path: Path) -> None:
    listed(tmp_path, "")
    assert "lacks the column(s) file, emotion, speaker; it has none." in refusal(tmp_path)


def test_a_labels_file_with_nothing_below_its_columns_is_refused(tmp_path: Path) -> None:
    folder = listed(tmp_path, "file,emotion,speaker\n")
    assert refusal(folder) == (
        f"{tmp_path / 'labels.csv'} lists no recordings: there is nothing below its first line."
    )


@pytest.mark.parametrize(
    "text", ["\ufefffile,emotion,speaker\r\na.wav,x,1\r\n", "file, emotion, speaker\na.wav, x, 1\n"]
)
def test_a_labels_file_as_spreadsheets_write_it_is_read(tmp_path: Path, text: str) -> None:
    touch(tmp_path / "a.wav")
    folder = listed(tmp_path, text)
    assert load_corpus(folder).recordings == (Recording(tmp_path / "a.wav", "a", "x", "1"),)


@pytest.mark.parametrize("file", ["/elsewhere/a.wav", "."])
def test_listed_files_lie_in_the_corpus(tmp_path: Path, file: str) -> None:
    assert refusal(listed(tmp_path, f"file,emotion,speaker\n{file},x,1\n")) == (
        f"{tmp_path / 'labels.csv'}, line 2: {file} is not a path inside the corpus.\n"
        "  Write it as seen from the folder of labels.csv, for example audio/a.wav."
    )


def test_listed_files_that_are_not_there_are_counted(tmp_path: Path) -> None:
    listed(tmp_path, "file,emotion,speaker\na.wav,x,1\nb.wav,x,1\nc.wav,x,1\n")
    touch(tmp_path / "b.wav")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'labels.csv'} lists 2 of 3 files that are not there; the first is a.wav.\n"
        "  Fetch the corpus again, or take their lines out."
    )


@pytest.mark.parametrize(
    ("line", "lacking"), [("a.wav,,1", "emotion"), ("a.wav", "emotion, speaker"), (",x,1", "file")]
)
def test_empty_values_name_the_line(tmp_path: Path, line: str, lacking: str) -> None:
    listed(tmp_path, f"file,emotion,speaker\n{line}\n")
    assert refusal(tmp_path) == f"{tmp_path / 'labels.csv'}, line 2: no value for {lacking}."


def test_a_file_listed_twice_is_refused(tmp_path: Path) -> None:
    listed(tmp_path, "file,emotion,speaker\na.wav,x,1\na.wav,y,1\n")
    touch(tmp_path / "a.wav")
    assert refusal(tmp_path) == f"{tmp_path / 'labels.csv'} lists a 2 times; once is expected."


def test_a_labels_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00file")
    assert f"{tmp_path / 'labels.csv'} is not readable as CSV: " in refusal(tmp_path)


def test_files_beside_class_folders_are_ambiguous(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav", tmp_path / "sad/b.wav", tmp_path / "sad/c.wav")
    assert refusal(tmp_path) == (
        f"{tmp_path} holds 1 sound files beside sub-folders with 2: are there labels or not?\n"
        "  Put all files into one folder per class, or all into one flat folder."
    )


def test_the_data_option_names_the_corpus(tmp_path: Path) -> None:
    touch(tmp_path / "x=y" / "a.wav")
    assert load_named_corpus(f"mine={tmp_path / 'x=y'}").name == "mine"
    touch(tmp_path / "plain" / "a.wav")
    assert load_named_corpus(str(tmp_path / "plain")).name == "plain"


@pytest.mark.parametrize("option", ["=folder", "emodb="])
def test_a_data_option_without_name_or_folder_is_refused(option: str) -> None:
    with pytest.raises(InputError) as caught:
        load_named_corpus(option)
    assert str(caught.value) == (
        f"--data {option} names no corpus or no folder.\n  Write it as:  --data emodb=DIR"
    )


@pytest.mark.parametrize(
    ("name", "clips", "speakers", "classes"), [("emodb", 535, 10, 7), ("ravdess", 1440, 24, 8)]
)
def test_the_real_corpora_are_complete(name: str, clips: int, speakers: int, classes: int) -> None:
    if not (DATASETS / name).is_dir():
        pytest.skip(f"the corpus {name} is not here (set SERNET_DATASETS)")
    corpus = load_corpus(DATASETS / name)
    assert (len(corpus.recordings), len(corpus.speakers), len(corpus.classes)) == (
        clips,
        speakers,
        classes,
    )
