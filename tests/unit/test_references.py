"""Both references of a model, and a bundle whose two models do not belong together."""

import dataclasses

import numpy as np
import pytest
from tiny_models import small_sernet

from sernet_cal.errors import ModelError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.model.bundled import resolve_model
from sernet_edge.references import References


def test_integer_and_float_answers_are_close() -> None:
    references = References(resolve_model(None))
    expected = references.expect(synthetic_clips()[0].samples)
    seen = references.probabilities(expected.tensors[-1].reshape(-1))
    assert np.sum(expected.probabilities) == pytest.approx(1.0, abs=1e-5)
    assert np.max(np.abs(seen - expected.probabilities)) < 0.05


def test_models_of_different_classes_are_refused() -> None:
    other = small_sernet(width=40)
    bundle = dataclasses.replace(resolve_model(None), int8=other)
    with pytest.raises(ModelError) as caught:
        References(bundle)
    assert str(caught.value) == (
        f"The float model of emodb-3s has 7 outputs, its int8 model {read_qmodel(other).classes}: "
        "they are not the same network.\n"
        "  Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"
    )
