"""The answers of both models of a bundle: how they are made, merged and stored."""

import dataclasses
import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import make_bundle, random_clip

from sernet_cal import float_features
from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError, ModelError, ToolchainError
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_edge.evaluate import models
from sernet_edge.evaluate.answers import (
    Answers,
    LabelledClip,
    answer,
    answers_from_npz,
    merge,
)
from sernet_edge.evaluate.models import ModelFiles, board_seconds, open_models
from sernet_gen.hostlib import HostLibrary, host_library

OWN = 4800  # samples of the tiny bundle's 0.3 s


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def library(bundle: Bundle) -> Iterator[HostLibrary]:
    with host_library(read_qmodel(bundle.int8), bundle.front_end, ("-O1",)) as made:
        yield made


@pytest.fixture
def one_compilation(library: HostLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "host_library", lambda *_: nullcontext(library))


@pytest.fixture(scope="module")
def clips() -> list[LabelledClip]:
    lengths = {"short": 1100, "own": OWN, "long": 9000}
    return [
        LabelledClip(name, random_clip(seed, length), seed % 3, "ab"[seed % 2])
        for seed, (name, length) in enumerate(lengths.items())
    ]


def without_compiler() -> None:
    raise ToolchainError("none")


def made(names: str, classes: str = "xyz", speakers: str | None = None) -> Answers:
    """Answers with made-up scores: clip i belongs to class i % 3."""
    count = len(names)
    random = np.random.Generator(np.random.PCG64(count))
    return Answers(
        tuple(classes),
        tuple(names),
        tuple(speakers or "s" * count),
        np.arange(count, dtype=np.int64) % len(classes),
        random.random((count, len(classes)), np.float32),
        random.integers(-128, 128, (count, len(classes))).astype(np.int8),
    )


def equal(one: Answers, other: Answers) -> bool:
    fields = [field.name for field in dataclasses.fields(Answers)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)


@pytest.mark.usefixtures("one_compilation")
@pytest.mark.parametrize("seconds", [None, 0.3, 0.5, 0.1])
def test_c_and_tflite_answer_the_same_for_every_length(
    bundle: Bundle,
    clips: list[LabelledClip],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float | None,
) -> None:
    steps: list[int] = []
    by_c = answer(bundle, clips, seconds, steps.append)
    assert steps == [1, 2, 3]
    assert (by_c.names, by_c.speakers) == (("short", "own", "long"), ("a", "b", "a"))
    assert (by_c.classes, by_c.expected.tolist()) == (bundle.classes, [0, 1, 2])
    monkeypatch.setattr(models, "host_compiler", without_compiler)
    assert equal(by_c, answer(bundle, clips, seconds, steps.append))


@pytest.mark.usefixtures("one_compilation")
def test_int8_is_the_integer_reference_on_a_cut_clip(bundle: Bundle) -> None:
    samples, model = random_clip(7, 9000), read_qmodel(bundle.int8)
    front_end = IntegerFrontEnd(bundle.front_end, model.input.scale, model.input.zero_point)
    lengths = {None: (samples, 9000), 0.2: (float_features.centre_crop(samples, 3200), 3200)}
    for seconds, (cut, length) in lengths.items():
        found = answer(bundle, [LabelledClip("one", samples, 0, None)], seconds, lambda _: None)
        expected = run_reference(model, front_end.clip_rows(cut, length))[-1]
        np.testing.assert_array_equal(found.int8[0], expected.reshape(-1))
        assert found.speakers == ("",)


@pytest.mark.usefixtures("one_compilation")
def test_who_computed_int8_is_known(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_models(ModelFiles.of(bundle)) as opened:
        assert opened.engine == "C"
    monkeypatch.setattr(models, "host_compiler", without_compiler)
    with open_models(ModelFiles.of(bundle)) as opened:
        assert opened.engine == "TFLite"


def test_the_board_takes_whole_clips_unless_it_keeps_them(bundle: Bundle, tmp_path: Path) -> None:
    assert board_seconds(bundle) is None
    paper = make_bundle(tmp_path, form="paper")
    assert board_seconds(paper) == 0.3
    clip = LabelledClip("long", random_clip(1, 9000), 0, None)
    cut = LabelledClip("cut", float_features.centre_crop(clip.samples, OWN), 0, None)
    answers = answer(paper, [clip, cut], board_seconds(paper), lambda _: None)
    np.testing.assert_array_equal(answers.int8[0], answers.int8[1])


def test_a_model_with_other_outputs_than_classes_is_refused(bundle: Bundle) -> None:
    wrong = dataclasses.replace(bundle, classes=("x", "y"))
    with pytest.raises(ModelError) as caught:
        answer(wrong, [], None, lambda _: None)
    assert str(caught.value) == (
        "The float model has 4 outputs; its card names 2 classes.\n"
        "  Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"
    )


@pytest.mark.usefixtures("one_compilation")
def test_a_clip_that_is_too_short_is_named(bundle: Bundle) -> None:
    clip = LabelledClip("a/b", np.zeros(1023, np.int16), 0, None)
    with pytest.raises(InputError, match=r"^a/b: The clip is too short: 1023 samples; one frame"):
        answer(bundle, [clip], None, lambda _: None)


@pytest.mark.usefixtures("one_compilation")
def test_no_clips_give_no_answers(bundle: Bundle) -> None:
    answers = answer(bundle, [], None, lambda _: None)
    assert (len(answers), answers.int8.shape, answers.float32.shape) == (0, (0, 4), (0, 4))


def test_stored_answers_come_back_and_have_the_same_bytes() -> None:
    for answers in (made("abcd"), made("")):
        content = answers.to_npz()
        assert content == answers.to_npz()
        assert equal(answers_from_npz(content), answers)


def changed(**arrays: object) -> bytes:
    with np.load(io.BytesIO(made("ab").to_npz())) as stored:
        parts = {**stored, **arrays}
    content = io.BytesIO()
    np.savez(content, **{key: value for key, value in parts.items() if value is not None})
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK no zip", "The answers are damaged: "),
        (b"", "The answers are damaged: "),
        (made("ab").to_npz()[:300], "The answers are damaged: "),
        (changed(int8=None), "The answers are damaged: 'int8"),
        (changed(int8=np.zeros((2, 3))), "The answers are damaged: Cannot cast"),
        (changed(format=np.array(9)), "The answers have format 9; this version reads 1."),
        (
            changed(int8=np.zeros((3, 3), np.int8)),
            "The answers are damaged: 2 clips and 3 classes, but arrays of [2], [2, 3], [3, 3].",
        ),
        (
            changed(expected=np.array([0, 3])),
            "The answers are damaged: a label beyond the 3 classes.",
        ),
    ],
)
def test_damaged_answers_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        answers_from_npz(content)
    assert str(caught.value).startswith(message)


def test_merged_answers_are_ordered_by_name() -> None:
    parts = [made("ca", speakers="pq"), made("b", speakers="r")]
    merged = merge(parts)
    assert (merged.names, merged.speakers) == (("a", "b", "c"), ("q", "r", "p"))
    np.testing.assert_array_equal(merged.int8[2], parts[0].int8[0])
    np.testing.assert_array_equal(merged.float32[1], parts[1].float32[0])
    assert merged.expected.tolist() == [1, 0, 0]
    assert equal(merge([merged]), merged)


def test_answers_about_other_classes_are_not_merged() -> None:
    with pytest.raises(InputError) as caught:
        merge([made("a"), made("b", classes="xy")])
    assert str(caught.value) == "Answers about x, y, z and about x, y cannot be put together."


def test_fewer_classes_leave_the_other_scores_out() -> None:
    answers = made("abcd")
    only = dataclasses.replace(answers, expected=np.array([2, 0, 0, 2])).among(("z", "x"))
    assert (only.classes, only.expected.tolist()) == (("z", "x"), [0, 1, 1, 0])
    np.testing.assert_array_equal(only.int8, answers.int8[:, [2, 0]])
    np.testing.assert_array_equal(only.float_predictions, answers.float32[:, [2, 0]].argmax(axis=1))
    np.testing.assert_array_equal(only.int8_predictions, answers.int8[:, [2, 0]].argmax(axis=1))
    with pytest.raises(InputError, match=r"^The clip b belongs to none of z, x\.$"):
        answers.among(("z", "x"))
