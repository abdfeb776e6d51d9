"""The comparison of float and int8 after training, and TensorFlow where it is missing."""

import sys

import pytest

from sernet_cal.errors import SernetError
from sernet_cal.tensorflow_import import import_tensorflow
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.model.bundled import resolve_model
from sernet_edge.train.evaluate import compare


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


def test_tensorflow_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (
        "The Python package tensorflow is needed to train a model, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(SernetError) as caught:
        import_tensorflow("train a model")
    assert str(caught.value) == expected
