"""Scores, the comparison of float and int8, and the packages that they need."""

import sys

import numpy as np
import pytest

from sernet_cal.errors import SernetError
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.model.bundled import resolve_model
from sernet_edge.train.evaluate import compare, score

EXPECTED = np.array([0, 0, 0, 0, 1, 1])
PREDICTED = np.array([0, 0, 0, 1, 1, 2])


def test_scores_are_mean_recall_accuracy_and_macro_f1() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
    scores = score(EXPECTED, PREDICTED)
    assert scores.ua == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert scores.wa == pytest.approx(4 / 6)
    assert scores.f1 == pytest.approx((6 / 7 + 1 / 2) / 2)
    assert scores.to_json() == {"ua": 0.625, "wa": 0.6667, "f1": 0.6786}


def test_float_and_int8_are_compared_on_the_same_clips() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
    bundle, steps = resolve_model(None), []
    clips = [(clip.samples, 0) for clip in synthetic_clips()[:4]]
    accuracy = compare(
        bundle.front_end, bundle.clip_seconds, bundle.float32, bundle.int8, clips, steps.append
    )
    assert steps == [0, 1, 2, 3, 4]
    assert accuracy.clips == 4
    assert 0.0 <= accuracy.agreement <= 1.0
    assert set(accuracy.to_json()) == {"clips", "float", "int8", "int8_agreement"}


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (
        "The Python package {} is needed to {}, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )
    for module in ("tensorflow", "sklearn.metrics"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SernetError) as caught:
        import_tensorflow("train a model")
    assert str(caught.value) == expected.format("tensorflow", "train a model")
    with pytest.raises(SernetError) as caught:
        score(EXPECTED, PREDICTED)
    assert str(caught.value) == expected.format("scikit-learn", "compute accuracies")
