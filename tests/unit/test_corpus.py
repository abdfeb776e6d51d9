"""Finding a corpus: which format a folder has, and what all formats share."""

import os
from pathlib import Path

import pytest
from made_corpora import facts, faults, listed, make_iemocap, refusal, touch

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import load_corpus, load_named_corpus
from sernet_edge.audio.formats import FORMATS

REPOSITORY = Path(__file__).resolve().parents[2]
DATASETS = Path(os.environ.get("SERNET_DATASETS", REPOSITORY.parent / "shared" / "datasets"))
EMODB_NAMES = ("03a01Fa", "16b10Wb")
RAVDESS_NAMES = ("03-01-06-01-02-01-12", "03-01-01-01-01-01-01")


def test_formats_are_tried_in_this_order() -> None:
    assert [form.name for form in FORMATS] == [
        "csv",
        "iemocap",
        "ravdess",
        "emodb",
        "folders",
        "flat",
    ]
    assert [form.name for form in FORMATS if form.has_parts] == ["iemocap"]


@pytest.mark.parametrize(
    ("files", "form"),
    [
        (["sad/1.wav", "glad/1.wav"], "folders"),
        (["wav/1.wav", "wav/2.wav"], "folders"),
        (["1.wav", "2.flac"], "flat"),
        ([f"wav/{name}.wav" for name in EMODB_NAMES], "emodb"),
        ([f"{name}.wav" for name in EMODB_NAMES], "emodb"),
        ([f"Actor_{name[-2:]}/{name}.wav" for name in RAVDESS_NAMES], "ravdess"),
        ([f"{name}.flac" for name in RAVDESS_NAMES], "ravdess"),
        ([f"anger/{name}.wav" for name in EMODB_NAMES], "folders"),
    ],
)
def test_the_tree_tells_the_format(tmp_path: Path, files: list[str], form: str) -> None:
    touch(*(tmp_path / file for file in files))
    corpus = load_corpus(tmp_path)
    assert corpus.format == form
    assert len(corpus.recordings) == 2


def test_a_list_goes_before_every_other_format(tmp_path: Path) -> None:
    make_iemocap(tmp_path, {"Ses01F_impro01_F000": "neu"})
    touch(tmp_path / "wav/03a01Fa.wav")
    listed(tmp_path, "file,label\nwav/03a01Fa.wav,mine\n")
    corpus = load_corpus(tmp_path)
    assert (corpus.format, facts(corpus)) == ("csv", [("wav/03a01Fa", "mine", None)])


def test_one_misnamed_file_does_not_change_the_format_and_half_of_them_do(tmp_path: Path) -> None:
    touch(*(tmp_path / f"{name}.wav" for name in (*EMODB_NAMES, "noise")))
    assert load_corpus(tmp_path).format == "emodb"
    touch(tmp_path / "hum.wav")
    assert load_corpus(tmp_path).format == "flat"


def test_folders_of_classes_give_labels(tmp_path: Path) -> None:
    touch(tmp_path / "sad/2.wav", tmp_path / "happy/1.FLAC", tmp_path / "happy/notes.txt")
    corpus = load_corpus(tmp_path, "mine")
    assert corpus.name == "mine"
    assert facts(corpus) == [("happy/1", "happy", None), ("sad/2", "sad", None)]
    assert corpus.speakers == ()


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    touch(tmp_path / "b.wav", tmp_path / "a.wav")
    corpus = load_corpus(tmp_path)
    assert facts(corpus) == [("a", None, None), ("b", None, None)]
    assert corpus.classes == ()


def test_hidden_files_are_no_recordings(tmp_path: Path) -> None:
    touch(tmp_path / "sad/1.wav", tmp_path / "sad/._1.wav", tmp_path / ".trash/2.wav")
    touch(tmp_path / "._1.wav")
    assert facts(load_corpus(tmp_path)) == [("sad/1", "sad", None)]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == (
        f"There is no folder of recordings at {tmp_path / 'none'}, nor a list of them in CSV.\n"
        "  Give a folder of WAV or FLAC files:  --data emodb=DIR"
    )


def test_a_sound_file_is_no_corpus(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    assert "There is no folder of recordings at " in refusal(tmp_path / "a.wav")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"{tmp_path} holds no recordings: neither labels.csv nor WAV or FLAC files, "
        "there or one folder below.\n"
        "  Give a folder of WAV or FLAC files:  --data emodb=DIR"
    )


def test_a_list_of_another_name_is_pointed_out(tmp_path: Path) -> None:
    touch(tmp_path / "deep/er/a.wav", tmp_path / "all.csv")
    assert refusal(tmp_path).endswith(f"\n  Or name its list:  --data {tmp_path / 'all.csv'}")


def test_files_beside_class_folders_are_ambiguous(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav", tmp_path / "sad/b.wav", tmp_path / "sad/c.wav")
    assert refusal(tmp_path) == (
        f"{tmp_path} holds 1 sound files beside sub-folders with 2: are there labels or not?\n"
        "  Put all files into one folder per class, or all into one flat folder."
    )


@pytest.mark.parametrize("name", ["03a01Fa", "03-01-06-01-02-01-12"])
def test_telling_names_beside_folders_are_ambiguous_too(tmp_path: Path, name: str) -> None:
    touch(tmp_path / f"{name}.wav", tmp_path / "sad/b.wav")
    assert "are there labels or not?" in refusal(tmp_path)


def test_a_name_that_occurs_twice_is_bad(tmp_path: Path) -> None:
    touch(tmp_path / "x/1.wav", tmp_path / "x/1.flac", tmp_path / "x/2.wav")
    corpus = load_corpus(tmp_path)
    assert facts(corpus) == [("x/2", "x", None)]
    assert faults(corpus) == [("x/1", "occurs 2 times, as 1.flac (x) and 1.wav (x)")]


def test_only_iemocap_has_parts(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    assert refusal(tmp_path, part="scripted") == (
        f"{tmp_path} has no scripted part: its format is flat, and only IEMOCAP has parts.\n"
        "  Leave --part out."
    )


def test_an_unknown_part_names_those_there_are(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    assert refusal(tmp_path, part="sung") == (
        "A corpus has no part sung; it has all, improvised, scripted."
    )


def test_the_data_option_names_the_corpus(tmp_path: Path) -> None:
    touch(tmp_path / "x=y" / "a.wav")
    assert load_named_corpus(f"mine={tmp_path / 'x=y'}").name == "mine"
    touch(tmp_path / "plain" / "a.wav")
    assert load_named_corpus(str(tmp_path / "plain")).name == "plain"


def test_the_data_option_may_name_a_list(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    listed(tmp_path, "file,label\na.wav,x\n", "train.CSV")
    assert load_named_corpus(str(tmp_path / "train.CSV")).name == "train"
    assert load_named_corpus(f"mine={tmp_path / 'train.CSV'}").name == "mine"


def test_home_is_known_behind_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    touch(tmp_path / "sounds" / "a.wav")
    assert facts(load_named_corpus("mine=~/sounds")) == [("a", None, None)]


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
    """By their lists, and by their names alone, which say the same."""
    if not (DATASETS / name).is_dir():
        pytest.skip(f"the corpus {name} is not here (set SERNET_DATASETS)")
    by_list, by_names = load_corpus(DATASETS / name), load_corpus(DATASETS / name / "audio")
    for corpus in (by_list, by_names):
        assert (len(corpus.recordings), len(corpus.speakers), len(corpus.classes)) == (
            clips,
            speakers,
            classes,
        )
    assert (by_list.format, by_names.format) == ("csv", name)
    assert facts(by_list) == [(f"audio/{known}", *rest) for known, *rest in facts(by_names)]
