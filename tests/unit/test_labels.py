"""Which recordings a model can be asked about, and which speakers it has heard before."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus, Recording
from sernet_edge.evaluate.labels import match_labels
from sernet_edge.evaluate.seen import seen_speakers
from sernet_edge.model.bundled import resolve_model

CLASSES = ("sad", "calm", "angry")


def recordings(*labels: str | None, speakers: str = "") -> tuple[Recording, ...]:
    named = speakers or "s" * len(labels)
    return tuple(
        Recording(Path(f"{i}.wav"), str(i), label, named[i]) for i, label in enumerate(labels)
    )


def test_shared_labels_are_in_the_models_order() -> None:
    match = match_labels(recordings("angry", "sad", "bored", "bored", None), "c", CLASSES, "m")
    assert (match.shared, match.absent, match.unlabelled) == (("sad", "angry"), ("calm",), 1)
    assert [item.name for item in match.recordings] == ["0", "1"]
    assert match.to_json() == {
        "shared_classes": ["sad", "angry"],
        "left_out": {"model_classes": ["calm"], "labels": {"bored": 2}, "unlabelled": 1},
    }
    assert match.sentences() == [
        "Left out, because the model does not know their labels: bored 2.",
        "Left out, because they have no label: 1.",
        "Classes of the model without recordings: calm.",
    ]


def test_nothing_is_said_when_nothing_is_left_out() -> None:
    match = match_labels(recordings(*CLASSES), "c", CLASSES, "m")
    assert (match.shared, match.absent, match.sentences()) == (CLASSES, (), [])


@pytest.mark.parametrize(
    ("labels", "told"),
    [(("glad", "bored"), "the labels bored, glad"), ((None,), "no labels")],
)
def test_no_shared_label_is_an_error(labels: tuple[str | None, ...], told: str) -> None:
    with pytest.raises(InputError) as caught:
        match_labels(recordings(*labels), "made", CLASSES, "tiny")
    assert str(caught.value) == (
        f"made and the model tiny share no label: the recordings have {told}, the model knows "
        "sad, calm, angry.\n"
        "  Give recordings labelled with the model's classes: a labels.csv (file, emotion, "
        "speaker), or one folder per class."
    )


def trained(**training: Any) -> Bundle:
    bundle = dataclasses.replace(resolve_model(None), classes=("x", "y"))
    return dataclasses.replace(bundle, card={"training": training} if training else {})


def corpus(name: str, labels: str = "xyx", speakers: str = "123") -> Corpus:
    return Corpus(name, recordings(*labels, speakers=speakers), "csv")


@pytest.mark.parametrize(
    ("bundle", "heard", "seen"),
    [
        (trained(corpus="made", speakers=["1", "3"]), corpus("Made"), ("1", "3")),
        (trained(corpus="made", speakers=["01", "9"]), corpus("made"), ("1",)),
        (trained(corpus="made", speakers=["1", "3"]), corpus("renamed"), ("1", "3")),
        (trained(corpus="made", speakers=["1", "9"]), corpus("other"), ()),
        (trained(corpus="made", speakers=["1", "3"]), corpus("other", "xyz"), ()),
        (trained(corpus="made", speakers=[]), corpus("made"), ()),
        (trained(corpus="made"), corpus("made"), ()),
        (trained(), corpus("made"), ()),
    ],
)
def test_seen_speakers_are_told_within_one_corpus_only(
    bundle: Bundle, heard: Corpus, seen: tuple[str, ...]
) -> None:
    assert seen_speakers(bundle, heard, heard.recordings) == seen
    assert seen_speakers(bundle, heard, heard.recordings[1:2]) == ()
