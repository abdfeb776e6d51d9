"""Reading a corpus once: what cannot be used stops the run or is left out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from made_corpora import faults, listed, touch, write_sound

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import BadFile, Corpus, Recording, load_corpus
from sernet_edge.audio.screen import NAMED_FILES, Heard, refuse_bad, screen, skipped, survey


def quiet(what: str, done: int, total: int) -> None:
    pass


def refusal(corpus: Corpus, skip_bad: bool = False) -> str:
    with pytest.raises(InputError) as caught:
        screen(corpus, skip_bad, quiet)
    return str(caught.value)


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Two good recordings, and one of every kind that cannot be used."""
    write_sound(tmp_path / "good1.wav", 1)
    write_sound(tmp_path / "good2.flac", 2, rate_hz=48_000, channels=2)
    touch(tmp_path / "empty.wav")
    (tmp_path / "noise.wav").write_bytes(b"no sound" * 99)
    soundfile.write(tmp_path / "nothing.wav", np.zeros(0, np.int16), 16_000)
    soundfile.write(tmp_path / "short.wav", np.ones(1000, np.int16), 16_000)
    soundfile.write(tmp_path / "silent.wav", np.zeros(4000, np.int16), 16_000)
    soundfile.write(tmp_path / "nan.wav", np.full(4000, np.nan), 16_000, subtype="FLOAT")
    names = sorted(path.name for path in tmp_path.iterdir())
    lines = [f"{name},{'x' if name < 'n' else 'y'}" for name in [*names, "gone.wav"]]
    return listed(tmp_path, "\n".join(["file,label", *lines]))


def test_all_that_cannot_be_used_is_in_one_message(damaged: Path) -> None:
    assert refusal(load_corpus(damaged, "mine")) == (
        "7 of 9 files of mine cannot be used:\n"
        "    empty cannot be read as a sound file: Format not recognised\n"
        "    gone is listed, and there is no file gone.wav\n"
        "    nan holds 4000 values that are not finite numbers (NaN or infinity), "
        "the first is sample 0 of 4000\n"
        "    noise cannot be read as a sound file: Format not recognised\n"
        "    nothing is too short: 0 samples; one frame needs 1024 (64 ms at 16000 Hz)\n"
        "    short is too short: 1000 samples; one frame needs 1024 (64 ms at 16000 Hz)\n"
        "    silent is silent: all its 4000 samples are zero\n"
        "  Mend them, or go on without them:  --skip-bad"
    )


def test_bad_files_are_left_out_on_demand(damaged: Path) -> None:
    corpus = screen(load_corpus(damaged, "mine"), True, quiet)
    assert [item.name for item in corpus.recordings] == ["good1", "good2"]
    assert (corpus.name, corpus.format) == ("mine", "csv")
    assert [name for name, _ in faults(corpus)] == [
        "empty",
        "gone",
        "nan",
        "noise",
        "nothing",
        "short",
        "silent",
    ]
    said = skipped(corpus)
    assert said.startswith(
        "Left out by --skip-bad: 7 of 9 files of mine cannot be used:\n    empty"
    )


def test_a_good_corpus_passes_as_it_is(tmp_path: Path) -> None:
    write_sound(tmp_path / "x/1.wav", 1)
    write_sound(tmp_path / "y/1.wav", 2)
    corpus = load_corpus(tmp_path)
    assert screen(corpus, False, quiet) == corpus
    assert skipped(corpus) == ""


def test_nothing_left_is_refused_even_with_skip_bad(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    corpus = load_corpus(tmp_path, "mine")
    assert refusal(corpus, skip_bad=True) == (
        "Nothing is left of mine: 1 of 1 file of mine cannot be used:\n"
        "    a cannot be read as a sound file: Format not recognised"
    )


def test_many_bad_files_are_counted() -> None:
    bad = tuple(BadFile(f"{number:02}", "is bad") for number in range(NAMED_FILES + 3))
    with pytest.raises(InputError) as caught:
        refuse_bad(Corpus("mine", (), "flat", bad))
    lines = str(caught.value).splitlines()
    assert lines[0] == "23 of 23 files of mine cannot be used:"
    assert lines[20] == "    19 is bad"
    assert lines[21:] == [
        "    and 3 more",
        "  Mend them, or take them out of the corpus; see:  sernet-edge data DIR",
    ]


@pytest.mark.parametrize(
    ("second", "there"),
    [(("fear", "1"), "fear by speaker 1"), (("anger", "2"), "anger by speaker 2")],
)
def test_one_sound_under_two_labels_or_speakers_is_mislabelled(
    tmp_path: Path, second: tuple[str, str], there: str
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_sound(tmp_path / f"{name}.wav", seed)
    first = Recording(tmp_path / "a.wav", "a", "anger", "1")
    other = Recording(tmp_path / "b.wav", "b", *second)
    third = Recording(tmp_path / "c.wav", "c", "anger", "1")
    corpus = screen(Corpus("mine", (first, other, third), "csv"), True, quiet)
    assert corpus.recordings == (third,)
    assert faults(corpus) == [
        ("a", f"holds the same samples as b: anger by speaker 1 here, {there} there"),
        ("b", f"holds the same samples as a: {there} here, anger by speaker 1 there"),
    ]


def test_one_sound_under_two_labels_without_speakers(tmp_path: Path) -> None:
    for name in ("x/1.wav", "y/1.wav", "y/2.wav"):
        write_sound(tmp_path / name, 1)
    assert faults(survey(load_corpus(tmp_path), quiet).corpus) == [
        ("x/1", "holds the same samples as y/2: x here, y there"),
        ("y/1", "holds the same samples as x/1: y here, x there"),
        ("y/2", "holds the same samples as x/1: y here, x there"),
    ]


def test_one_sound_twice_under_one_label_is_no_fault(tmp_path: Path) -> None:
    for name in ("x/1.wav", "x/2.wav"):
        write_sound(tmp_path / name, 1)
    assert survey(load_corpus(tmp_path), quiet).corpus.bad == ()


def test_a_survey_has_what_was_heard_and_shows_every_step(damaged: Path) -> None:
    steps = []
    result = survey(load_corpus(damaged), lambda *step: steps.append(step))
    assert result.heard == (Heard(16_000, 1, 0.25), Heard(48_000, 2, 0.25))
    assert steps == [("reading the recordings", done, 8) for done in range(9)]
