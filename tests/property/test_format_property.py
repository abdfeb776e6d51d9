"""Whatever a name or a list says, it is understood or refused in words."""

import contextlib
import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from made_corpora import facts, iemocap_line

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import load_corpus
from sernet_edge.audio.formats import emodb, iemocap, ravdess

numbers = st.integers
words = st.text(st.characters(codec="utf-8", exclude_characters="\0/\r\n"), max_size=20)


@given(numbers(0, 99), numbers(0, 99), st.sampled_from(sorted(emodb.EMOTIONS)))
def test_every_name_of_emodb_is_read_back(speaker: int, text: int, letter: str) -> None:
    known = emodb.parse(f"{speaker:02}b{text:02}{letter}c")
    assert known == (emodb.EMOTIONS[letter], str(speaker))


@given(st.sampled_from(sorted(ravdess.EMOTIONS)), numbers(1, 24), *[numbers(1, 2)] * 4)
def test_every_name_of_ravdess_is_read_back(
    emotion: str, actor: int, channel: int, intensity: int, statement: int, repetition: int
) -> None:
    rest = f"{intensity:02}-{statement:02}-{repetition:02}"
    known = ravdess.parse(f"03-{channel:02}-{emotion}-{rest}-{actor:02}")
    assert known == ravdess.Name(
        ravdess.EMOTIONS[emotion], str(actor), "" if channel == 1 else "songs"
    )


@given(
    numbers(1, 5),
    st.sampled_from("FM"),
    st.sampled_from(["impro01", "impro05a", "script01_1", "script03_2b"]),
    st.sampled_from("FM"),
    st.from_regex(r"[0-9]{3}|XX[0-9]", fullmatch=True),
)
def test_every_name_of_iemocap_is_read_back(
    session: int, marked: str, dialog: str, letter: str, number: str
) -> None:
    known = iemocap.parse(f"Ses{session:02}{marked}_{dialog}_{letter}{number}")
    part = "improvised" if dialog.startswith("impro") else "scripted"
    assert known == iemocap.Utterance(f"Ses{session:02}", f"Ses{session:02}{letter}", part)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_a_list_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "labels.csv").write_bytes(b"file,label\nkept.wav,x\n" + content)
        (Path(folder) / "kept.wav").touch()
        # InputError is the only other thing that may happen.
        with contextlib.suppress(InputError):
            corpus = load_corpus(Path(folder))
            assert corpus.recordings or corpus.bad


@given(st.lists(st.tuples(words, words), max_size=5), st.sampled_from(",;\t"))
@settings(deadline=None)
def test_a_list_with_any_words_is_read_back(rows: list[tuple[str, str]], separator: str) -> None:
    """Labels and speakers come back without the blanks around them, or the line is bad."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kept.wav").touch()
        expected = [("kept", "x", "1")]
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator, lineterminator="\n")
        writer.writerow(["file", "label", "speaker"])
        writer.writerow(["kept.wav", "x", "1"])
        for number, (label, speaker) in enumerate(rows):
            (Path(folder) / f"{number}.wav").touch()
            writer.writerow([f"{number}.wav", label, speaker])
            if label.strip() and speaker.strip():
                expected.append((str(number), label.strip(), speaker.strip()))
        (Path(folder) / "labels.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
        corpus = load_corpus(Path(folder))
        assert facts(corpus) == sorted(expected)
        assert len(corpus.bad) == 1 + len(rows) - len(expected)


@given(st.lists(words, max_size=5))
@settings(deadline=None)
def test_any_lines_of_an_evaluation_leave_the_others_as_they_are(lines: list[str]) -> None:
    good = "Ses01F_impro01_F000"
    with tempfile.TemporaryDirectory() as folder:
        session = Path(folder) / "Session1"
        sound = session / "sentences/wav/Ses01F_impro01" / f"{good}.wav"
        evaluation = session / "dialog/EmoEvaluation/Ses01F_impro01.txt"
        for path in (sound, evaluation):
            path.parent.mkdir(parents=True)
            path.touch()
        text = "\n".join([*lines, iemocap_line(good, "neu")])
        evaluation.write_text(text, encoding="utf-8")
        assert [label for _, label, _ in facts(load_corpus(Path(folder)))] == ["neutral"]
