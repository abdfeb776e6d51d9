"""Folds of the protocols, and the hashes that tell runs apart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus, Recording
from sernet_edge.protocol.fingerprint import corpus_digest, result_fingerprint
from sernet_edge.protocol.folds import Fold, make_folds

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")


def corpus(*pairs: tuple[str, str | None]) -> Corpus:
    items = [Recording(Path(f"{i}.wav"), f"{i:03}", *pair) for i, pair in enumerate(pairs)]
    return Corpus("made", tuple(items), "csv")


# Three speakers with 4, 6 and 12 recordings of two classes.
SPOKEN = corpus(
    *[(label, who) for who, n in (("03", 2), ("8", 3), ("11", 6)) for label in "xy" * n]
)


def names(fold: Fold) -> set[str]:
    return {item.name for item in fold.test}


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    return str(caught.value)


def check_partition(folds: list[Fold]) -> None:
    """Every recording is tested once, and trains in all other folds."""
    everything = {item.name for item in SPOKEN.recordings}
    assert sorted(name for fold in folds for name in names(fold)) == sorted(everything)
    for fold in folds:
        assert {item.name for item in fold.training} == everything - names(fold)


def test_one_speaker_is_left_out_of_each_fold() -> None:
    folds = make_folds(SPOKEN, "loso", seed=1)
    check_partition(folds)
    assert [(fold.name, fold.speakers, len(fold.test)) for fold in folds] == [
        ("03", ["03"], 4),
        ("8", ["8"], 6),
        ("11", ["11"], 12),
    ]
    assert all("03" not in {item.speaker for item in fold.training} for fold in folds[:1])
    assert make_folds(SPOKEN, "loso", seed=2) == folds


def test_groups_of_speakers_are_balanced() -> None:
    folds = make_folds(SPOKEN, "loso", seed=1, group_speakers=2)
    check_partition(folds)
    assert [(fold.name, fold.speakers) for fold in folds] == [
        ("group01", ["11"]),
        ("group02", ["03", "8"]),
    ]
    assert make_folds(SPOKEN, "loso", seed=2, group_speakers=2) == folds


def test_the_published_folds_share_speakers_and_follow_the_seed() -> None:
    folds = make_folds(SPOKEN, "paper", seed=1)
    check_partition(folds)
    assert [fold.name for fold in folds] == [f"fold{number:02}" for number in range(1, 11)]
    for fold in folds:
        assert {item.label for item in fold.test} == {"x", "y"}
    assert make_folds(SPOKEN, "paper", seed=1) == folds
    assert make_folds(SPOKEN, "paper", seed=2) != folds


@pytest.mark.parametrize("odd", ["a/b", "..", "x" * 50, "", "A"])
def test_speakers_whose_names_no_folder_can_have_are_numbered(odd: str) -> None:
    folds = make_folds(corpus(("x", "a"), ("y", odd)), "loso", seed=1)
    assert [fold.name for fold in folds] == ["speaker01", "speaker02"]
    assert {speaker for fold in folds for speaker in fold.speakers} == {"a", odd}


def test_corpora_that_cannot_be_divided() -> None:
    assert refusal(make_folds, corpus(("x", "a"), ("y", None)), "loso", 1) == (
        "1 of 2 recordings of made name no speaker; the first is 001. Speakers cannot be left out."
        "\n  Add a labels.csv with the columns file, emotion and speaker."
    )
    assert refusal(make_folds, corpus(("x", "a"), ("y", "a")), "loso", 1) == (
        "The corpus made has one speaker only, a; at least 2 are needed to leave one out."
    )
    for groups in (1, 4):
        assert refusal(make_folds, SPOKEN, "loso", 1, groups) == (
            f"The 3 speakers of made cannot be divided into {groups} groups.\n"
            "  2 to 3 can be asked for:  --group-speakers N"
        )
    few = corpus(*[("x", "a")] * 12, *[("y", "b")] * 9)
    assert refusal(make_folds, few, "paper", 1) == (
        "The protocol paper needs 10 recordings of every class, one a fold; made has 9 of y.\n"
        "  Leave speakers out instead:  --protocol loso"
    )


def test_the_digest_of_a_corpus_follows_its_content(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode())
    items = [Recording(tmp_path / name, name, "x", "1") for name in "ab"]
    made = Corpus("made", tuple(items), "csv")
    digest = corpus_digest(made)
    moved = tmp_path / "elsewhere"
    moved.write_bytes(b"a")
    same = replace(made, name="other", recordings=(replace(items[0], path=moved), items[1]))
    assert corpus_digest(same) == digest
    for change in ({"name": "c"}, {"label": "y"}, {"speaker": "2"}, {"path": tmp_path / "b"}):
        changed = replace(made, recordings=(replace(items[0], **change), items[1]))
        assert corpus_digest(changed) != digest, change
    assert corpus_digest(replace(made, recordings=tuple(items[::-1]))) == digest


def test_a_recording_that_is_not_there_has_no_digest(tmp_path: Path) -> None:
    absent = Corpus("made", (Recording(tmp_path / "a", "a", "x", "1"),), "csv")
    assert refusal(corpus_digest, absent) == (
        f"The recording {tmp_path / 'a'} is not readable: No such file or directory.\n"
        "  Workers of a cluster need the corpus under the same path as here."
    )


def test_the_fingerprint_follows_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    one = result_fingerprint({"seed": 1, "test": ["a"]})
    assert one == result_fingerprint({"test": ["a"], "seed": 1})
    assert one != result_fingerprint({"seed": 2, "test": ["a"]})
    monkeypatch.setattr("sernet_edge.protocol.fingerprint.RESULT_VERSION", 99)
    assert one != result_fingerprint({"seed": 1, "test": ["a"]})
