"""Holding out speakers, and what quantize starts from."""

import json
from pathlib import Path

import pytest

from sernet_cal.errors import InputError, ModelError, SernetError
from sernet_cal.features import paper_front_end
from sernet_edge.audio.corpus import Corpus, Recording
from sernet_edge.train.quantize import spread
from sernet_edge.train.source import read_source
from sernet_edge.train.split import (
    check_clip_seconds,
    check_labels,
    speaker_list,
    split_by_speaker,
)


def corpus(*pairs: tuple[str | None, str | None]) -> Corpus:
    items = [Recording(Path(f"{i}.wav"), f"{i}", *pair) for i, pair in enumerate(pairs)]
    return Corpus("made", tuple(items), "csv")


MADE = corpus(("x", "1"), ("y", "2"), ("x", "3"), ("y", "1"))


def refusal(kind: type[SernetError], function: object, *arguments: object) -> str:
    assert callable(function)
    with pytest.raises(kind) as caught:
        function(*arguments)
    return str(caught.value)


def test_speakers_may_be_repeated_or_listed() -> None:
    assert speaker_list(["3", "8, 11", "3"]) == ("3", "8", "11")
    assert speaker_list([]) == ()


def test_no_speaker_is_in_both_parts() -> None:
    split = split_by_speaker(MADE, ["1"])
    assert [item.name for item in split.held_out] == ["0", "3"]
    assert [item.name for item in split.training] == ["1", "2"]
    assert split.training_speakers == ["2", "3"]
    assert split.held_out_speakers == ["1"]


def test_unknown_speakers_are_named_beside_the_known() -> None:
    assert refusal(InputError, split_by_speaker, MADE, ["1", "04"]) == (
        "The corpus made has no speaker 04; it has 1, 2, 3.\n"
        "  Name its own speakers:  --held-out SPEAKER"
    )
    assert refusal(InputError, split_by_speaker, corpus(("x", None)), ["1"]) == (
        "No speaker of made can be held out: it does not say who speaks.\n"
        "  Add a labels.csv with the columns file, emotion and speaker."
    )


def test_leading_zeros_of_a_speaker_do_not_count() -> None:
    assert split_by_speaker(MADE, ["03"]) == split_by_speaker(MADE, ["3"])
    padded = corpus(("x", "01"), ("y", "02"))
    assert split_by_speaker(padded, ["1"]).held_out_speakers == ["01"]


def test_training_needs_labels_of_two_classes() -> None:
    check_labels(MADE)
    assert refusal(InputError, check_labels, corpus(("x", "1"), (None, "2"))) == (
        "1 of 2 recordings of made have no label; the first is 1.\n"
        "  Add a labels.csv (file, emotion, speaker if known), or make one folder per class."
    )
    assert refusal(InputError, check_labels, corpus(("x", "1"))) == (
        "The corpus made has one class only, x; at least 2 are needed."
    )


@pytest.mark.parametrize("seconds", [0.0, 0.0639, -3.0, 61.0, float("nan")])
def test_clip_lengths_have_limits(seconds: float) -> None:
    assert refusal(InputError, check_clip_seconds, seconds) == (
        f"A clip length of {seconds:g} s cannot be used; 0.064 to 60 s can.\n"
        "  The published lengths are:  --clip-seconds 3  and  --clip-seconds 7"
    )


def test_calibration_clips_are_spread() -> None:
    items = MADE.recordings
    assert [item.name for item in spread(items, 2)] == ["0", "3"]
    assert spread(items, 9) == list(items)
    assert refusal(InputError, spread, items, 0) == (
        "At least 1 clip is needed to calibrate on; 0 given."
    )
    assert refusal(InputError, spread, [], 5) == (
        "No recordings are left to calibrate on.\n  Hold out fewer speakers, or give more data."
    )


def test_a_source_is_a_folder_or_a_file_with_its_card(tmp_path: Path) -> None:
    card = {"classes": ["x", "y"], "clip_seconds": 3, "front_end": paper_front_end().to_json()}
    (tmp_path / "model.keras").write_bytes(b"weights")
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    for path in (tmp_path, tmp_path / "model.keras"):
        network = read_source(path).network(None)
        assert (network.keras, network.classes, network.clip_seconds) == (b"weights", ("x", "y"), 3)
    assert read_source(tmp_path).network(1.5).clip_seconds == 1.5
    assert read_source(tmp_path).held_out_speakers == ()
    card |= {"clip_seconds": 7, "training": {"held_out_speakers": ["8"]}}
    (tmp_path / "model.json").write_text(json.dumps(card), encoding="utf-8")
    assert read_source(tmp_path).network(None).clip_seconds == 7
    assert read_source(tmp_path).held_out_speakers == ("8",)


def test_sources_that_cannot_be_used(tmp_path: Path) -> None:
    keras = tmp_path / "model.keras"
    assert refusal(ModelError, read_source, tmp_path) == (
        f"There is no Keras model at {keras}.\n"
        "  Train one:  sernet-edge train --data emodb=DIR --out MODEL"
    )
    other = tmp_path / "model.h5"
    other.write_bytes(b"x")
    assert refusal(ModelError, read_source, other) == (
        f"{other} is not a Keras model: a name ending in .keras is expected.\n"
        "  Save it with Keras 3:  model.save('NAME.keras')"
    )
    keras.write_bytes(b"x")
    assert refusal(ModelError, read_source, keras) == (
        f"There is no card beside {keras}: neither model.json nor card.json.\n"
        "  It says which classes, front_end and clip_seconds the model was trained with."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "The card {} is not readable: "), ("[]", "The card {} holds list, not an object.")],
)
def test_cards_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "model.keras").write_bytes(b"x")
    card = tmp_path / "card.json"
    card.write_text(text, encoding="utf-8")
    assert message.format(card) in refusal(ModelError, read_source, tmp_path)


def test_a_card_without_classes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"x")
    (tmp_path / "card.json").write_text("{}", encoding="utf-8")
    source = read_source(tmp_path)
    assert refusal(ModelError, source.network, None) == (
        f"The card beside {tmp_path / 'model.keras'} lacks 'classes'.\n"
        "  It needs classes, front_end and clip_seconds, as `sernet-edge train` writes them."
    )
