"""A list of files in CSV: labels.csv, or any other that is named."""

from pathlib import Path

import pytest
from made_corpora import facts, faults, listed, refusal, touch

from sernet_edge.audio.corpus import Recording, load_corpus

HEAD = "file,emotion,speaker\n"


def test_a_list_gives_labels_and_speakers_in_order(tmp_path: Path) -> None:
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


def test_a_list_need_not_name_speakers(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    corpus = load_corpus(listed(tmp_path, "label,file\nx,a.wav\n"))
    assert facts(corpus) == [("a", "x", None)]
    assert corpus.speakers == ()


def test_emotion_goes_before_label(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    corpus = load_corpus(listed(tmp_path, "file,label,emotion\na.wav,x,fear\n"))
    assert facts(corpus) == [("a", "fear", None)]


def test_a_list_may_lie_anywhere_and_its_files_as_seen_from_there(tmp_path: Path) -> None:
    touch(tmp_path / "sounds/a.wav")
    listed(tmp_path / "lists", "file,label\n../sounds/a.wav,x\n", "mine.csv")
    corpus = load_corpus(tmp_path / "lists" / "mine.csv")
    assert facts(corpus) == [("../sounds/a", "x", None)]
    assert corpus.recordings[0].path.is_file()


@pytest.mark.parametrize(
    "text",
    [
        "\ufefffile,emotion,speaker\r\na.wav,x,1\r\n",
        "File, EMOTION , Speaker\na.wav, x, 1\n",
        "file;emotion;speaker;transcription\r\na.wav;x;1;well, yes\r\n",
        "file\temotion\tspeaker\na.wav\tx\t1\n",
        '"file","emotion","speaker"\n\n"a.wav","x","1",beyond\n',
    ],
)
def test_a_list_as_spreadsheets_write_it_is_read(tmp_path: Path, text: str) -> None:
    touch(tmp_path / "a.wav")
    folder = listed(tmp_path, text)
    assert load_corpus(folder).recordings == (Recording(tmp_path / "a.wav", "a", "x", "1"),)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    listed(tmp_path, "file,class\na.wav,x\n")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'labels.csv'} lacks the column(s) emotion or label; it has file, class.\n"
        "  Its first line must name file and emotion or label, and may name speaker "
        "(more are ignored)."
    )


def test_a_missing_file_column_is_named(tmp_path: Path) -> None:
    assert "lacks the column(s) file; it has path, label." in refusal(
        listed(tmp_path, "path,label\na.wav,x\n")
    )


def test_an_empty_list_has_no_columns(tmp_path: Path) -> None:
    listed(tmp_path, "")
    assert "lacks the column(s) file, emotion or label; it has none." in refusal(tmp_path)


def test_a_list_with_nothing_below_its_columns_is_refused(tmp_path: Path) -> None:
    assert refusal(listed(tmp_path, HEAD)) == (
        f"{tmp_path / 'labels.csv'} lists no recordings: there is nothing below its first line."
    )


@pytest.mark.parametrize("file", ["/elsewhere/a.wav", "."])
def test_listed_files_lie_in_the_corpus(tmp_path: Path, file: str) -> None:
    assert refusal(listed(tmp_path, f"{HEAD}{file},x,1\n")) == (
        f"{tmp_path / 'labels.csv'}, line 2: {file} is not a path inside the corpus.\n"
        "  Write it as seen from the folder of labels.csv, for example audio/a.wav."
    )


def test_listed_files_that_are_not_there_are_bad(tmp_path: Path) -> None:
    listed(tmp_path, f"{HEAD}a.wav,x,1\nb.wav,x,1\nc.wav,x,1\n")
    touch(tmp_path / "b.wav")
    corpus = load_corpus(tmp_path)
    assert facts(corpus) == [("b", "x", "1")]
    assert faults(corpus) == [
        ("a", "is listed, and there is no file a.wav"),
        ("c", "is listed, and there is no file c.wav"),
    ]


@pytest.mark.parametrize("file", ["x" * 9000, "a\0b.wav", "..", "~nobody/a.wav"])
def test_names_that_no_file_can_have_are_bad(tmp_path: Path, file: str) -> None:
    touch(tmp_path / "a.wav")
    corpus = load_corpus(listed(tmp_path, f"{HEAD}a.wav,x,1\n{file},x,1\n"))
    assert facts(corpus) == [("a", "x", "1")]
    assert [reason for _, reason in faults(corpus)] == [f"is listed, and there is no file {file}"]


def test_a_list_without_its_files_is_refused(tmp_path: Path) -> None:
    assert refusal(listed(tmp_path, f"{HEAD}b.wav,x,1\na.wav,x,1\n")) == (
        f"{tmp_path / 'labels.csv'} lists 2 files and none of them is there; the first is b.\n"
        "  Fetch the corpus again, or write the files as seen from the list's folder."
    )


@pytest.mark.parametrize(
    ("line", "name", "reason"),
    [
        ("a.wav,,1", "a", "has no emotion (line 2)"),
        ("a.wav", "a", "has no emotion and no speaker (line 2)"),
        ("a.wav,x,", "a", "has no speaker (line 2)"),
        (",x,1", "line 2 of labels.csv", "has no file (line 2)"),
    ],
)
def test_a_line_that_lacks_a_value_is_bad(
    tmp_path: Path, line: str, name: str, reason: str
) -> None:
    touch(tmp_path / "a.wav")
    assert faults(load_corpus(listed(tmp_path, f"{HEAD}{line}\n"))) == [(name, reason)]


def test_a_file_listed_twice_is_bad(tmp_path: Path) -> None:
    listed(tmp_path, f"{HEAD}a.wav,x,1\na.wav,y,1\n")
    touch(tmp_path / "a.wav")
    corpus = load_corpus(tmp_path)
    assert corpus.recordings == ()
    assert faults(corpus) == [("a", "occurs 2 times, as a.wav (x) and a.wav (y)")]


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00file")
    assert f"{tmp_path / 'labels.csv'} is not readable as CSV: " in refusal(tmp_path)
