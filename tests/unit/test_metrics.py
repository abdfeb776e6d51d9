"""Accuracies, confusion matrices and intervals over speakers."""

import dataclasses
import sys

import numpy as np
import pytest

from sernet_cal.errors import InputError, SernetError
from sernet_edge.evaluate.answers import Answers
from sernet_edge.evaluate.metrics import score, summarise

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")

EXPECTED = np.array([0, 0, 0, 0, 1, 1])
PREDICTED = np.array([0, 0, 0, 1, 1, 2])


def answers_of(
    expected: np.ndarray, by_float: np.ndarray, by_int8: np.ndarray, speakers: tuple[str, ...]
) -> Answers:
    """Answers whose highest scores are at the given classes, of four: nobody belongs to d."""
    return Answers(
        ("a", "b", "c", "d"),
        tuple(f"clip {i}" for i in range(len(expected))),
        speakers,
        expected.astype(np.int64),
        np.eye(4, dtype=np.float32)[by_float],
        (np.eye(4)[by_int8] * 100).astype(np.int8),
    )


@pytest.fixture
def six() -> Answers:
    return answers_of(EXPECTED, PREDICTED, EXPECTED, ("10", "10", "9", "9", "9", "10"))


def test_scores_are_mean_recall_accuracy_and_macro_f1() -> None:
    scores = score(EXPECTED, PREDICTED)
    assert scores.ua == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert scores.wa == pytest.approx(4 / 6)
    assert scores.f1 == pytest.approx((6 / 7 + 1 / 2) / 2)
    assert scores.to_json() == {"ua": 0.625, "wa": 0.6667, "f1": 0.6786}


def test_the_summary_has_both_models(six: Answers) -> None:
    summary = summarise(six)
    assert (summary.clips, summary.agreement) == (6, pytest.approx(4 / 6))
    assert summary.float32.scores == score(EXPECTED, PREDICTED)
    assert summary.int8.scores == score(EXPECTED, EXPECTED)
    assert summary.float32.confusion.tolist() == [
        [3, 1, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]


def test_classes_without_clips_or_answers_have_no_figure(six: Answers) -> None:
    by_class = [item.to_json() for item in summarise(six).float32.per_class]
    assert by_class == [
        {"class": "a", "recall": 0.75, "precision": 1.0, "clips": 4},
        {"class": "b", "recall": 0.5, "precision": 0.5, "clips": 2},
        {"class": "c", "recall": None, "precision": 0.0, "clips": 0},
        {"class": "d", "recall": None, "precision": None, "clips": 0},
    ]


def test_speakers_are_in_the_order_of_their_numbers(six: Answers) -> None:
    by_speaker = [item.to_json() for item in summarise(six).float32.per_speaker]
    assert by_speaker == [
        {"speaker": "9", "ua": 0.75, "wa": 0.6667, "clips": 3},
        {"speaker": "10", "ua": 0.5, "wa": 0.6667, "clips": 3},
    ]


def test_json_rounds_to_four_places(six: Answers) -> None:
    data = summarise(six, resamples=50).to_json()
    assert list(data) == ["classes", "clips", "float", "int8", "int8_agreement", "bootstrap"]
    assert data["int8_agreement"] == 0.6667
    assert (data["float"]["ua"], data["int8"]["ua"]) == (0.625, 1.0)
    assert data["bootstrap"] == {"over": "speakers", "level": 0.95, "resamples": 50}
    assert data["int8"]["intervals"] == {"ua": [1.0, 1.0], "wa": [1.0, 1.0], "f1": [1.0, 1.0]}


def test_intervals_are_those_of_scores_over_drawn_speakers() -> None:
    """Against the same bootstrap done the slow way, with scikit-learn on the drawn clips."""
    random = np.random.Generator(np.random.PCG64(5))
    expected = np.concatenate([np.arange(3), random.integers(0, 3, 57)])
    predicted = np.where(random.random(60) < 0.3, random.integers(0, 4, 60), expected)
    speakers = tuple("vwxyz"[i % 5] for i in range(60))
    answers = answers_of(expected, predicted, predicted, speakers)
    found = summarise(answers, resamples=200, seed=3).float32.intervals
    drawn = np.random.Generator(np.random.PCG64(3)).multinomial(5, np.full(5, 0.2), size=200)
    values = []
    for counts in drawn:
        where = np.repeat(np.arange(60), [counts["vwxyz".index(name)] for name in speakers])
        scores = score(expected[where], predicted[where])
        values.append((scores.ua, scores.wa, scores.f1))
    ends = np.quantile(np.array(values), [0.025, 0.975], axis=0)
    assert found is not None
    np.testing.assert_allclose([found.ua, found.wa, found.f1], ends.T)


def test_the_seed_decides_the_intervals(six: Answers) -> None:
    first = summarise(six, resamples=20, seed=1).float32.intervals
    assert first == summarise(six, resamples=20, seed=1).float32.intervals
    assert summarise(six, resamples=0).float32.intervals is None


def test_one_or_unknown_speakers_have_no_intervals(six: Answers) -> None:
    one = summarise(dataclasses.replace(six, speakers=("s",) * 6))
    assert one.float32.intervals is None
    assert [item.name for item in one.int8.per_speaker] == ["s"]
    unknown = summarise(dataclasses.replace(six, speakers=("s", "", "t", "t", "s", "s")))
    assert (unknown.float32.intervals, unknown.float32.per_speaker) == (None, ())
    assert unknown.to_json()["float"]["intervals"] is None


def test_no_clips_are_refused(six: Answers) -> None:
    empty = answers_of(EXPECTED[:0], EXPECTED[:0], EXPECTED[:0], ())
    with pytest.raises(InputError, match=r"^There are no clips to compute accuracies of\.$"):
        summarise(empty)


def test_scikit_learn_is_asked_for(six: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(SernetError) as caught:
        summarise(six)
    assert str(caught.value) == (
        "The Python package scikit-learn is needed to compute accuracies, and it is not installed."
        "\n  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )
