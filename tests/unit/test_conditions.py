"""The conditions of the robustness table: what they do to clips, and what is computed once."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import make_bundle, random_clip

from sernet_cal.errors import SernetError
from sernet_edge.evaluate import conditions
from sernet_edge.evaluate.answers import LabelledClip
from sernet_edge.evaluate.conditions import (
    RECORDED,
    ROBUSTNESS,
    Condition,
    answer_conditions,
    with_gain,
    with_noise,
)
from sernet_edge.evaluate.models import ModelFiles, open_models
from sernet_edge.threads import one_thread

BOARDS = 3.0


class Recorder:
    """Stands for the models: keeps what it is asked, and answers with the class of the length."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float | None]] = []

    def answer(self, samples: np.ndarray, seconds: float | None) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append((int(np.max(np.abs(samples.astype(np.int64)))), seconds))
        scores = np.array([0, 1] if seconds == 1.0 else [1, 0])
        return scores.astype(np.float32), scores.astype(np.int8)


def tone(amplitude: float = 10_000.0, count: int = 16_000) -> np.ndarray:
    return np.round(amplitude * np.sin(0.1 * np.arange(count))).astype(np.int16)


def test_the_table_has_levels_noise_and_lengths() -> None:
    assert [condition.title for condition in ROBUSTNESS] == [
        "level -20 dB",
        "level -10 dB",
        "level +0 dB",
        "level +10 dB",
        "white noise, SNR 20 dB",
        "white noise, SNR 10 dB",
        "white noise, SNR 5 dB",
        *(f"clip length {seconds} s" for seconds in range(1, 8)),
        "whole clip",
    ]
    assert RECORDED.title == "as recorded"


def test_a_gain_saturates_like_a_converter() -> None:
    samples = np.array([-30_000, -100, 0, 7, 100, 30_000], np.int16)
    assert with_gain(samples, 20.0).tolist() == [-32_768, -1000, 0, 70, 1000, 32_767]
    assert with_gain(samples, -20.0).tolist() == [-3000, -10, 0, 1, 10, 3000]


@pytest.mark.parametrize("snr_db", [20.0, 10.0, 5.0])
def test_noise_has_the_power_asked_for_and_is_white(snr_db: float) -> None:
    samples = tone(3000.0)
    noise = with_noise(samples, snr_db).astype(np.float64) - samples
    signal_power = np.mean(samples.astype(np.float64) ** 2)
    assert 10 * np.log10(signal_power / np.mean(noise**2)) == pytest.approx(snr_db, abs=0.2)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    low, high = np.mean(spectrum[: len(spectrum) // 2]), np.mean(spectrum[len(spectrum) // 2 :])
    assert low == pytest.approx(high, rel=0.1)


def test_a_clip_always_gets_the_same_noise() -> None:
    samples = tone()
    noisy = with_noise(samples, 10.0)
    np.testing.assert_array_equal(noisy, with_noise(samples.copy(), 10.0))
    assert noisy[:5].tolist() == [3390, 2511, 4281, 1068, 4760]
    silence = np.zeros(2000, np.int16)
    np.testing.assert_array_equal(with_noise(silence, 5.0), silence)


def test_every_condition_changes_what_it_says() -> None:
    samples = tone()
    assert np.max(Condition("level", -20.0).change(samples)) == 1000
    assert len(set(Condition("noise", 5.0).change(samples)) - set(samples)) > 1000
    for condition in (RECORDED, Condition("level", 0.0), Condition("length", 1.0)):
        assert condition.change(samples) is samples
    assert Condition("length", 1.0).seconds(BOARDS) == 1.0
    assert Condition("length").seconds(BOARDS) is None
    assert Condition("noise", 5.0).seconds(BOARDS) == BOARDS


@pytest.mark.parametrize(("boards", "works"), [(None, 14), (3.0, 14)])
def test_conditions_that_come_to_the_same_are_computed_once(
    boards: float | None, works: int
) -> None:
    models, steps = Recorder(), []
    clips = [LabelledClip(name, tone(), 0, "s") for name in "ba"]
    asked = (RECORDED, *ROBUSTNESS)
    found = answer_conditions(models, ("x", "y"), boards, clips, asked, steps.append)  # type: ignore[arg-type]
    assert (len(models.asked), len(found), steps) == (2 * works, len(asked), [1, 2])
    assert [answers.names for answers in found] == [("a", "b")] * len(asked)
    wrong = [
        condition.title
        for condition, answers in zip(asked, found, strict=True)
        if answers.int8_predictions.tolist() != [0, 0]
    ]
    assert wrong == ["clip length 1 s"]


def test_threads_answer_the_same_in_the_same_order(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, seed=8)
    clips = [LabelledClip(f"{i:02}", random_clip(i, 2000 + 300 * i), 0, "s") for i in range(12)]
    with open_models(ModelFiles.of(bundle)) as models:
        one, many = (
            answer_conditions(models, bundle.classes, None, clips, ROBUSTNESS[:6], print, jobs)
            for jobs in (1, 4)
        )
    assert [answers.to_npz() for answers in one] == [answers.to_npz() for answers in many]
    assert len({answers.to_npz() for answers in one}) > 2
    assert one[0].names == tuple(f"{i:02}" for i in range(12))


@pytest.mark.parametrize(
    ("module", "use"),
    [
        ("joblib", lambda: answer_conditions(Recorder(), ("x",), None, [], [], print)),
        ("threadpoolctl", lambda: one_thread("evaluate models").__enter__()),
    ],
)
def test_packages_are_asked_for(
    module: str, use: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SernetError) as caught:
        use()
    assert str(caught.value) == (
        f"The Python package {module} is needed to evaluate models, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )


def test_rows_name_kind_and_value_for_machines() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
    from sernet_edge.evaluate.metrics import summarise

    clips = [LabelledClip("a", tone(), 0, None)]
    conditions_asked = [Condition("level", -20.0), Condition("length")]
    found = answer_conditions(
        Recorder(),
        ("x", "y"),
        None,
        clips,
        conditions_asked,
        lambda _: None,  # type: ignore[arg-type]
    )
    rows = [
        conditions.ConditionFigures(condition, summarise(answers, 0)).to_json()
        for condition, answers in zip(conditions_asked, found, strict=True)
    ]
    whole = {"ua": 1.0, "wa": 1.0, "f1": 1.0}
    figures = {"float": whole, "int8": whole, "int8_agreement": 1.0}
    assert rows == [
        {"condition": "level", "value": -20.0, **figures},
        {"condition": "length", "value": None, **figures},
    ]
