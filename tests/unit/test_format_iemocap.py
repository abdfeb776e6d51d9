"""IEMOCAP, on a made-up release of the same shape."""

from pathlib import Path

import pytest
from made_corpora import facts, faults, iemocap_line, make_iemocap, refusal, touch

from sernet_edge.audio.corpus import LeftOut, load_corpus
from sernet_edge.audio.formats.iemocap import Utterance, parse

UTTERANCES = {
    "Ses01F_impro01_F000": "neu",
    "Ses01F_impro01_M000": "ang",
    "Ses01F_script01_1_F000": "exc",
    "Ses01F_script01_1_F001": "hap",
    "Ses05M_script03_2b_M012": "sad",
    "Ses05M_impro02_F003": "fru",
    "Ses05M_impro02_F004": "xxx",
    "Ses05M_impro02_M004": "xxx",
}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_iemocap(tmp_path / "IEMOCAP_full_release", UTTERANCES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ses01F_impro01_F000", Utterance("Ses01", "Ses01F", "improvised")),
        ("Ses01F_impro01_M003", Utterance("Ses01", "Ses01M", "improvised")),
        ("Ses03M_impro05a_F010", Utterance("Ses03", "Ses03F", "improvised")),
        ("Ses05M_script01_1b_M012", Utterance("Ses05", "Ses05M", "scripted")),
        ("Ses02F_script03_2_FXX0", Utterance("Ses02", "Ses02F", "scripted")),
        ("Ses1F_impro01_F000", None),
        ("Ses01F_dance01_F000", None),
        ("Ses01F_impro01_X000", None),
        ("Ses01F_impro01", None),
    ],
)
def test_a_name_says_session_speaker_and_part(name: str, expected: Utterance | None) -> None:
    assert parse(name) == expected


def test_four_classes_with_excited_among_the_happy(release: Path) -> None:
    corpus = load_corpus(release)
    assert corpus.format == "iemocap"
    assert corpus.classes == ("anger", "happiness", "neutral", "sadness")
    assert corpus.speakers == ("Ses01F", "Ses01M", "Ses05M")
    first = "Session1/sentences/wav/Ses01F_"
    assert facts(corpus) == [
        (f"{first}impro01/Ses01F_impro01_F000", "neutral", "Ses01F"),
        (f"{first}impro01/Ses01F_impro01_M000", "anger", "Ses01M"),
        (f"{first}script01_1/Ses01F_script01_1_F000", "happiness", "Ses01F"),
        (f"{first}script01_1/Ses01F_script01_1_F001", "happiness", "Ses01F"),
        (
            "Session5/sentences/wav/Ses05M_script03_2b/Ses05M_script03_2b_M012",
            "sadness",
            "Ses05M",
        ),
    ]
    assert [item.session for item in corpus.recordings] == ["Ses01"] * 4 + ["Ses05"]
    assert corpus.recordings[0].path.is_file()


def test_other_emotions_are_left_out_and_no_fault(release: Path) -> None:
    corpus = load_corpus(release)
    assert corpus.left_out == (
        LeftOut("frustration", 1),
        LeftOut("no agreement on the emotion", 2),
    )
    assert corpus.bad == ()


def test_the_folder_around_the_release_is_the_same_corpus(release: Path) -> None:
    inner, outer = load_corpus(release, "iemocap"), load_corpus(release.parent, "iemocap")
    assert inner == outer


@pytest.mark.parametrize(("part", "count", "others"), [("improvised", 2, 3), ("scripted", 3, 0)])
def test_a_part_by_itself(release: Path, part: str, count: int, others: int) -> None:
    corpus = load_corpus(release, part=part)
    assert {item.part for item in corpus.recordings} == {part}
    assert len(corpus.recordings) == count
    assert sum(item.count for item in corpus.left_out) == others


def test_a_part_that_is_not_there_is_refused(tmp_path: Path) -> None:
    make_iemocap(tmp_path, {"Ses01F_impro01_F000": "neu"})
    assert refusal(tmp_path, part="scripted") == (
        f"{tmp_path} has no recording in its scripted part.\n  Leave --part out."
    )


def test_what_does_not_fit_together_is_bad(release: Path) -> None:
    session = release / "Session1"
    wavs = session / "sentences/wav/Ses01F_impro01"
    (wavs / "Ses01F_impro01_F000.wav").unlink()
    touch(wavs / "Ses01F_impro01_F099.wav", wavs / "Ses01F_impro01_M098.wav", wavs / "hum.wav")
    evaluation = session / "dialog/EmoEvaluation/Ses01F_impro01.txt"
    added = (
        iemocap_line("Ses01F_impro01_M098", "joy"),
        "[1.0 - 2.0] cut",
        iemocap_line("hum", "neu"),
    )
    evaluation.write_text("\n".join([evaluation.read_text(), *added]))
    source = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    folder = "Session1/sentences/wav/Ses01F_impro01"
    assert faults(load_corpus(release)) == [
        ("Ses01F_impro01_F000", f"is listed in {source}, and has no sound file"),
        (source, "has a line 12 that is no utterance: [1.0 - 2.0] cut"),
        (f"{folder}/Ses01F_impro01_F099", "has no line in Session*/dialog/EmoEvaluation"),
        (f"{folder}/Ses01F_impro01_M098", f"has the emotion joy in {source}, unknown in IEMOCAP"),
        (f"{folder}/hum", "is no name of IEMOCAP, such as Ses01F_impro01_F000"),
    ]


def test_an_utterance_in_two_lines_is_bad(release: Path) -> None:
    evaluation = release / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    with evaluation.open("a") as stream:
        stream.write("\n" + iemocap_line("Ses01F_impro01_F000", "ang"))
    [bad] = faults(load_corpus(release))
    assert bad[1] == (
        "occurs 2 times, as Ses01F_impro01_F000.wav (neutral) and Ses01F_impro01_F000.wav (anger)"
    )


def test_an_evaluation_that_is_no_text_harms_only_its_lines(release: Path) -> None:
    evaluation = release / "Session5/dialog/EmoEvaluation/Ses05M_impro02.txt"
    evaluation.write_bytes(b"\xff\xfe" + evaluation.read_bytes())
    assert load_corpus(release).bad == ()


def test_sounds_without_labels_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav")
    assert refusal(tmp_path) == (
        f"{tmp_path} looks like IEMOCAP and has no labels in Session*/dialog/EmoEvaluation.\n"
        "  Unpack the release again, whole:  --data iemocap=IEMOCAP_full_release"
    )


def test_labels_without_sounds_are_refused(tmp_path: Path) -> None:
    evaluation = tmp_path / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    touch(evaluation)
    evaluation.write_text(iemocap_line("Ses01F_impro01_F000", "neu"))
    assert refusal(tmp_path) == (
        f"{tmp_path} looks like IEMOCAP and has no sound files in Session*/sentences/wav/*.\n"
        "  Unpack the release again, whole:  --data iemocap=IEMOCAP_full_release"
    )
