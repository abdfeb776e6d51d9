"""The answers of both models of a bundle: how they are made, merged and stored."""

import dataclasses
import io
from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import pytest

from sernet_cal import float_features
from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError, ModelError, ToolchainError
from sernet_cal.features import paper_front_end
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.evaluate import models
from sernet_edge.evaluate.answers import (
    Answers,
    LabelledClip,
    answer,
    answers_from_npz,
    collect,
    merge,
)
from sernet_edge.evaluate.models import ModelFiles, board_seconds, open_models
from sernet_edge.model.bundled import resolve_model
from sernet_gen.hostlib import HostLibrary, host_library

OWN = 48_000  # samples of the bundled model's 3 s


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return resolve_model(None)


@pytest.fixture(scope="module")
def library(bundle: Bundle) -> Iterator[HostLibrary]:
    with host_library(read_qmodel(bundle.int8), bundle.front_end, ("-O1",)) as made:
        yield made


@pytest.fixture
def one_compilation(library: HostLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "host_library", lambda *_, **__: nullcontext(library))


@pytest.fixture(scope="module")
def clips() -> list[LabelledClip]:
    """A clip below, one near and one above the model's length."""
    made = {clip.name: clip.samples for clip in synthetic_clips()}
    names = ("short-0.3s", "phrase-calm", "phrase-long-3.6s")
    return [
        LabelledClip(name, made[name], number, "aba"[number]) for number, name in enumerate(names)
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
@pytest.mark.parametrize("seconds", [None, 3.0, 0.5])
def test_c_and_tflite_answer_the_same_for_every_length(
    bundle: Bundle,
    clips: list[LabelledClip],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float | None,
) -> None:
    steps: list[int] = []
    by_c = answer(bundle, clips, seconds, steps.append)
    assert steps == [1, 2, 3]
    assert by_c.names == tuple(clip.name for clip in clips)
    assert by_c.speakers == ("a", "b", "a")
    assert len(set(map(tuple, by_c.int8.tolist()))) == 3
    assert (by_c.classes, by_c.expected.tolist()) == (bundle.classes, [0, 1, 2])
    monkeypatch.setattr(models, "host_compiler", without_compiler)
    assert equal(by_c, answer(bundle, clips, seconds, steps.append))


@pytest.mark.usefixtures("one_compilation")
def test_int8_is_the_integer_reference_on_a_cut_clip(
    bundle: Bundle, clips: list[LabelledClip]
) -> None:
    samples, model = clips[2].samples, read_qmodel(bundle.int8)
    front_end = IntegerFrontEnd(bundle.front_end, model.input.scale, model.input.zero_point)
    half = float_features.centre_crop(samples, OWN // 6)
    lengths = {None: (samples, len(samples)), 0.5: (half, OWN // 6)}
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


def test_the_board_takes_whole_clips_unless_it_keeps_them(
    bundle: Bundle, clips: list[LabelledClip], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert board_seconds(bundle) is None
    paper = dataclasses.replace(bundle, front_end=paper_front_end())
    assert board_seconds(paper) == 3.0
    long = clips[2]
    cut = LabelledClip("cut", float_features.centre_crop(long.samples, OWN), 0, None)
    with open_models(ModelFiles.of(paper)) as opened:
        own, whole, shorter = (
            collect(opened, paper.classes, [*clips, cut], seconds, lambda _: None)
            for seconds in (board_seconds(paper), None, 0.5)
        )
    np.testing.assert_array_equal(own.int8[2], own.int8[3])
    assert not np.array_equal(whole.float32[2], whole.float32[3])
    monkeypatch.setattr(models, "host_compiler", without_compiler)
    for by_c, seconds in ((own, 3.0), (whole, None), (shorter, 0.5)):
        assert equal(by_c, answer(paper, [*clips, cut], seconds, lambda _: None))


def test_a_model_with_other_outputs_than_classes_is_refused(bundle: Bundle) -> None:
    wrong = dataclasses.replace(bundle, classes=("x", "y"))
    with pytest.raises(ModelError) as caught:
        answer(wrong, [], None, lambda _: None)
    assert str(caught.value) == (
        "The float model has 7 outputs; its card names 2 classes.\n"
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
    assert (len(answers), answers.int8.shape, answers.float32.shape) == (0, (0, 7), (0, 7))


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
